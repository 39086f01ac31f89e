"""`monitor canary`: the way from a feed to every channel, end to end, and nothing left behind."""

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from classifiers.artifact import save_model
from classifiers.seed import load_seeds
from classifiers.train import train
from monitor.adapters.database import open_database
from tests.cli.conftest import Monitor, Result, write_config
from tests.sinks import Answer, Webhook

if TYPE_CHECKING:
    from classifiers.background import Background

BEFORE = ["database", "model", "fetch", "parse", "score", "store"]


@pytest.fixture
def hooks() -> Iterator[tuple[Webhook, Webhook]]:
    with Webhook() as one, Webhook() as two:
        yield one, two


def configured(folder: Path, *hooks: Webhook, **settings: Any) -> Path:
    channels = [{"name": f"hook{n}", "url": f"json://{hook.address}"} for n, hook in enumerate(hooks)]
    return write_config(folder, alerts={"channels": channels}, **settings)


def steps(result: Result) -> dict[str, dict[str, Any]]:
    return {step["step"]: step for step in map(json.loads, result.out.splitlines())}


def counts(database: Path) -> dict[str, int]:
    with closing(sqlite3.connect(database)) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in tables}


@pytest.mark.usefixtures("model")
def test_every_channel_gets_a_message_that_says_it_is_a_test(
    monitor: Monitor, tmp_path: Path, hooks: tuple[Webhook, Webhook]
) -> None:
    """Each step is timed; whatever a channel wants to hear, and when, it hears the canary now."""
    config = configured(tmp_path, *hooks)
    text = config.read_text().replace(
        "name: hook1", "name: hook1\n    when: daily 03:00\n    min_score: 1.0\n    ops: only"
    )
    config.write_text(text)
    result = monitor("canary", "--json", "--config", config)
    assert result.code == 0, result.out
    told = steps(result)
    assert list(told) == [*BEFORE, "channel hook0", "channel hook1"]
    assert all(step["ok"] and step["seconds"] >= 0 for step in told.values())
    for hook in hooks:
        (request,) = hook.requests
        assert "TEST, no event" in request.json()["title"]
        assert "nothing has happened" in request.json()["message"]


@pytest.mark.usefixtures("model")
def test_nothing_is_left_behind(monitor: Monitor, tmp_path: Path, hooks: tuple[Webhook, Webhook]) -> None:
    """No item, hit, story, alert or run in the database, no file beside it; ids in the message name nothing real."""
    config = configured(tmp_path, *hooks)
    open_database(tmp_path / "data" / "monitor.db").close()
    before, files = counts(tmp_path / "data" / "monitor.db"), sorted((tmp_path / "data").iterdir())
    assert monitor("canary", "--channel", "hook0", "--config", config).code == 0
    assert hooks[1].requests == []
    before["models"] += 1  # the one that came with the container, taken over
    assert counts(tmp_path / "data" / "monitor.db") == before
    assert (before["items"], before["hits"], before["stories"], before["alerts"], before["runs"]) == (0, 0, 0, 0, 0)
    assert sorted((tmp_path / "data").iterdir()) == [*files[:0], tmp_path / "data" / "models", *files]
    assert "monitor label 1000000000001 " in hooks[0].requests[-1].json()["message"]
    refused = monitor("label", "1000000000001", "human_trafficking", "yes", "--config", config)
    assert refused.code == 2


@pytest.mark.usefixtures("model")
def test_a_broken_channel_is_named_and_keeps_nothing_from_the_others(
    monitor: Monitor, tmp_path: Path, hooks: tuple[Webhook, Webhook]
) -> None:
    """Exit 1 with the reason; `--channel` leaves the others in peace."""
    hooks[0].always = Answer(status=500)
    config = configured(tmp_path, *hooks)
    result = monitor("canary", "--json", "--config", config)
    told = steps(result)
    assert result.code == 1
    assert not told["channel hook0"]["ok"]
    assert "HTTP 500" in told["channel hook0"]["detail"]
    assert told["channel hook1"]["ok"]
    assert monitor("canary", "--channel", "nobody", "--config", config).code == 2


def test_what_was_not_reached_is_told(monitor: Monitor, tmp_path: Path, hooks: tuple[Webhook, Webhook]) -> None:
    """Without a model nothing is scored, and nothing is sent."""
    result = monitor("canary", "--json", "--config", configured(tmp_path, hooks[0]))
    told = steps(result)
    assert result.code == 1
    assert [name for name, step in told.items() if step["ok"]] == ["database"]
    assert "monitor train" in told["model"]["detail"]
    assert told["channel hook0"]["detail"] == "not reached"
    assert hooks[0].requests == []


@pytest.mark.usefixtures("model")
def test_a_threshold_nothing_reaches_is_found_out(
    monitor: Monitor, tmp_path: Path, hooks: tuple[Webhook, Webhook]
) -> None:
    """A canary that raises no hit has shown that no report would."""
    signals = {name: {"threshold": 0.9999999999} for name in ("foreign_fighter_recruitment", "human_trafficking")}
    result = monitor("canary", "--json", "--config", configured(tmp_path, hooks[0], signals=signals))
    told = steps(result)
    assert result.code == 1
    assert "no hit" in told["score"]["detail"]
    assert told["channel hook0"]["detail"] == "not reached"


def test_a_signal_of_ones_own_is_tried_with_one_of_its_seeds(
    monitor: Monitor,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    hooks: tuple[Webhook, Webhook],
    tiny_seeds: Path,
    tiny_background: "Background",
) -> None:
    """Where the shipped signals are not watched, the report is one of the user's own examples."""
    seeds = tmp_path / "seeds"
    for own, shipped in (("cyber_scams", "human_trafficking"), ("background", "background")):
        shutil.copytree(tiny_seeds / shipped, seeds / own)
    for text in seeds.glob("*/*.txt"):
        text.write_text(text.read_text().replace("human_trafficking", "cyber_scams"))
    model = train(load_seeds(seeds), tiny_background).model
    save_model(model, tmp_path / model.id)
    monkeypatch.setenv("MONITOR_SHIPPED_MODEL", str(tmp_path / model.id))
    config = configured(tmp_path, hooks[0], signals={"cyber_scams": {"threshold": 0.02}})
    result = monitor("canary", "--json", "--config", config)
    assert result.code == 0, result.out
    assert "cyber_scams" in steps(result)["score"]["detail"]
    assert "TEST, no event" in hooks[0].requests[0].json()["title"]
