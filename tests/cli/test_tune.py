"""`monitor tune`, on a database filled through the store."""

import json
import shutil
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from monitor.adapters import stream
from monitor.adapters.database import open_database
from monitor.adapters.journal import Journal
from monitor.adapters.store import SqliteStore
from monitor.config import load
from monitor.domain.hit import Hit
from monitor.domain.score import Score
from monitor.domain.story import Story
from monitor.ports import PollResult, ScoredItem
from tests.adapters.storage import Stores, item, update
from tests.cli.conftest import HOSTILE, SIGNALS, Monitor

FIGHTERS, TRAFFICKING = SIGNALS
CONFIG = """\
# The desk's monitor.
database: monitor.db   # on the small disk
signals:
  # tuned in May
  foreign_fighter_recruitment: {threshold: 0.50}
  human_trafficking:
    threshold: 0.50   # too shy?
"""
DAY = timedelta(days=1)
REPORT = {"recall_at": {"1": 0.6, "2": 0.7, "5": 0.8, "10": 0.9}}


@pytest.fixture
def config(tmp_path: Path, tiny_model_folder: Path) -> Path:
    path = tmp_path / "config.yaml"
    path.write_text(CONFIG, encoding="utf-8")
    shutil.copytree(tiny_model_folder, tmp_path / "data" / "models" / "m1")
    return path


def fill(config: Path, scores: Sequence[float], *, days: float = 20, late: Sequence[timedelta] = ()) -> None:
    """Store an item a score, each about an event of its own, spread over the last days."""
    with open_database(config.parent / "monitor.db") as database:
        store = SqliteStore(database)
        feed = Stores(store, None).feed()  # type: ignore[arg-type]
        start = datetime.now(UTC) - DAY * days
        for number, score in enumerate(scores):
            at = start + DAY * days * number / max(len(scores) - 1, 1)
            title = HOSTILE if number == 0 else f"event{number} place{number} people{number} court{number}"
            entry = item(title, published_at=at - (late[number] if late else timedelta(0)))
            hits = (Hit(TRAFFICKING, score, 0.5, "m1"),) if score >= 0.5 else ()
            story = Story(-1, title, at, at, ("Desk",), ())
            told = ScoredItem(entry, (Score(TRAFFICKING, score, "m1"),), hits, -1 if hits else None)
            store.record(PollResult(update(feed, polled_at=at), items=(told,), stories=(story,) if hits else ()))
        journal = Journal(database)
        journal.add_model("m1", "m1", {"reports": {TRAFFICKING: REPORT}}, start)
        journal.activate_model("m1", start)


def records(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def tuned(monitor: Monitor, config: Path, *arguments: object) -> dict[float, dict[str, Any]]:
    """The records of `tune --json` by threshold."""
    result = monitor("tune", "--signal", TRAFFICKING, *arguments, "--json", "-c", config)
    assert result.code == 0, result.err
    return {record["threshold"]: record for record in records(result.out)}


def test_each_threshold_tells_what_it_would_have_meant(monitor: Monitor, config: Path) -> None:
    """Alerts a day, the stories it raises or drops, how sure; one record a threshold, one of them suggested."""
    fill(config, [n / 20 for n in range(1, 20)])
    found = tuned(monitor, config, "--per-day", 0.25)
    assert (found[0.5]["alerts"], found[0.5]["in_force"]) == (10, True)
    assert found[0.5]["per_day"] == pytest.approx(0.5)
    assert (found[0.3]["raised"], found[0.3]["stories"][0]["score"]) == (4, 0.45)
    assert (found[0.9]["dropped"], found[0.9]["precision"]["source"]) == (8, "scores")
    assert found[0.5]["recall"]["value"] > found[0.9]["recall"]["value"]
    (suggested,) = (record for record in found.values() if record["suggested"])
    assert (suggested["threshold"], suggested["alerts"], suggested["advice"]) == (0.71, 5, "wanted")
    assert found[0.3].keys() >= {"signal", "since", "until", "days", "items"}


def test_people_see_a_table_and_the_stories(monitor: Monitor, config: Path) -> None:
    """With what the figures rest on; a title cannot steer the terminal."""
    fill(config, [0.6, 0.1, *[0.9] * 3])
    result = monitor("tune", "--signal", TRAFFICKING, "--per-day", 0.15, "-c", config)
    assert result.code == 0
    assert "suggested: 0.61, for 0.15 alerts a day" in result.out
    assert "precision: expected from the scores" in result.out
    assert "recall 0.60 at 1, 0.70 at 2, 0.80 at 5, 0.90 at 10 false/10k" in result.out
    (dropped,) = (line for line in result.out.splitlines() if "Traffickers[/]" in line)
    assert dropped.split()[0] == "0.600"
    assert "stories it would have dropped: 1; the highest 1:" in result.out
    assert "\u202e" not in result.out


def test_verdicts_are_used_where_there_are_enough(monitor: Monitor, config: Path) -> None:
    """Precision with its interval, from what the desk said."""
    fill(config, [0.8] * 12)
    for row in records(monitor("hits", "--json", "-c", config).out)[:11]:
        verdict = "no" if row["item_id"] % 2 else "yes"
        assert monitor("label", row["item_id"], TRAFFICKING, verdict, "-c", config).code == 0
    precision = tuned(monitor, config)[0.5]["precision"]
    assert precision["source"] == "verdicts"
    assert precision["low"] < precision["value"] < precision["high"]


def test_the_suggestion_is_written_and_the_comments_stay(monitor: Monitor, config: Path) -> None:
    """Only the number changes; old and new are told."""
    fill(config, [n / 20 for n in range(1, 20)])
    result = monitor("tune", "--signal", TRAFFICKING, "--per-day", 0.25, "--apply", "-c", config)
    assert result.out.splitlines()[-1] == f"{TRAFFICKING}: threshold 0.5 → 0.71 in {config}"
    assert config.read_text(encoding="utf-8") == CONFIG.replace("0.50   # too", "0.71   # too")
    again = monitor("tune", "--signal", TRAFFICKING, "--per-day", 0.25, "--apply", "-c", config)
    assert again.out.splitlines()[-1] == f"{TRAFFICKING}: threshold stays 0.71"


def test_apply_needs_to_know_which_signal(monitor: Monitor, config: Path) -> None:
    """Nothing is written for all at once by accident."""
    fill(config, [0.9] * 9)
    result = monitor("tune", "--apply", "-c", config)
    assert (result.code, result.out) == (2, "")
    assert "name each with --signal" in result.errors[0]


@pytest.mark.parametrize("per_day", [50, 0.01])
def test_apply_writes_nothing_where_nothing_fits(per_day: float, monitor: Monitor, config: Path) -> None:
    """A threshold that only drowns people, or none at all, is not written; neither is the first of two."""
    fill(config, [1.0] * 9)
    both = ("--signal", TRAFFICKING, "--signal", FIGHTERS)
    for signals in (both, both[:2]):
        result = monitor("tune", *signals, "--apply", "--per-day", per_day, "-c", config)
        assert result.code == 2
        assert "nothing written" in result.errors[0]
        assert config.read_text(encoding="utf-8") == CONFIG


def test_what_nothing_brings_is_not_suggested(monitor: Monitor, config: Path) -> None:
    """More alerts than there are stories: no threshold is marked, and it is said how many there would be."""
    fill(config, [0.9] * 10)
    assert not any(record["suggested"] for record in tuned(monitor, config, "--per-day", 5).values())
    result = monitor("tune", "--signal", TRAFFICKING, "--per-day", 5, "-c", config)
    assert "no threshold brings as many: even at 0.02 it is 0.50 alerts a day" in result.out


def test_a_drawing_loads_nothing(monitor: Monitor, config: Path, tmp_path: Path) -> None:
    """It is SVG with a line per figure, and asks no web site for a script."""
    fill(config, [n / 20 for n in range(1, 20)])
    assert monitor("tune", "--plot", tmp_path / "tune.svg", "-c", config).code == 0
    text = (tmp_path / "tune.svg").read_text(encoding="utf-8")
    root = ET.fromstring(text)
    assert root.tag.endswith("svg")
    assert f"{TRAFFICKING}: alerts a day" in text
    assert not any("href" in name for node in root.iter() for name in node.attrib)
    assert not any("src" in node.attrib for node in root.iter())
    assert ".js" not in text


def test_a_drawing_that_cannot_be_written_is_told(monitor: Monitor, config: Path, tmp_path: Path) -> None:
    """The message names the file; so it is with nothing to draw."""
    assert "nothing to draw" in _failed(monitor, config, tmp_path / "tune.svg")
    fill(config, [0.9] * 9)
    assert "none/tune.svg: cannot be written" in _failed(monitor, config, tmp_path / "none" / "tune.svg")


def _failed(monitor: Monitor, config: Path, path: Path) -> str:
    if not (config.parent / "monitor.db").exists():
        open_database(config.parent / "monitor.db").close()
    result = monitor("tune", "--plot", path, "-c", config)
    assert result.code == 2
    return result.errors[0]


def test_without_scores_it_says_so(monitor: Monitor, config: Path) -> None:
    """An empty database, and a signal that no item was scored for."""
    open_database(config.parent / "monitor.db").close()
    result = monitor("tune", "-c", config)
    assert (result.code, result.out) == (0, "")
    assert [line.split(": ")[1][:9] for line in result.err.splitlines() if line.startswith(SIGNALS)] == [
        "no scores"
    ] * 2


def test_a_short_period_is_warned_of(monitor: Monitor, config: Path) -> None:
    """One day of data gives figures, called rough."""
    fill(config, [0.9, 0.8, 0.7], days=0.5)
    result = monitor("tune", "--signal", TRAFFICKING, "--json", "-c", config)
    assert f"warning: {TRAFFICKING}: only 1.0 days of news; the figures are rough" in result.err
    assert {record["threshold"]: record["per_day"] for record in records(result.out)}[0.5] == 3.0


def test_the_period_ends_with_the_last_item(monitor: Monitor, config: Path) -> None:
    """By default thirty days back from there; --since says otherwise."""
    fill(config, [0.9] * 11, days=100)
    assert tuned(monitor, config)[0.5]["alerts"] == 4
    assert tuned(monitor, config, "--since", "1000d")[0.5]["alerts"] == 11


def test_an_archive_counts_by_publication(monitor: Monitor, config: Path) -> None:
    """Read long after it was written, it would else be old news that raises nothing."""
    fill(config, [0.9] * 11, days=0.001, late=[DAY * 400] * 11)
    result = monitor("tune", "--signal", TRAFFICKING, "--json", "-c", config)
    assert "the time of publication counts" in result.err
    assert records(result.out)[-1]["until"] < (datetime.now(UTC) - DAY * 399).isoformat()
    assert {record["threshold"]: record["alerts"] for record in records(result.out)}[0.5] == 11


def test_old_news_counts_no_more_than_in_service(monitor: Monitor, config: Path) -> None:
    """What was published more than three days before it was met raises nothing."""
    fill(config, [0.9] * 11, late=[DAY * (number % 5) for number in range(11)])
    assert tuned(monitor, config)[0.5]["alerts"] == 9


def test_memory_is_bounded(monitor: Monitor, config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where too many score high, the floor is raised, and it is said."""
    monkeypatch.setattr(stream, "MOST", 5)
    fill(config, [n / 20 for n in range(1, 20)])
    result = monitor("tune", "--signal", TRAFFICKING, "--json", "-c", config)
    assert "score 0.7 or more; what is below was not looked at" in result.err
    assert min(record["threshold"] for record in records(result.out) if not record["in_force"]) >= 0.7


@pytest.mark.parametrize(
    "arguments", [["--signal", "human_traficking"], ["--per-day", "0"], ["--per-day", "nan"], ["--since", "soon"]],
    ids=" ".join,
)  # fmt: skip
def test_wrong_usage_is_refused(arguments: list[str], monitor: Monitor, config: Path) -> None:
    """Unknown signals, numbers and times; exit 2."""
    fill(config, [0.9] * 3)
    assert monitor("tune", *arguments, "-c", config).code == 2


def test_a_config_that_cannot_be_written_is_told(monitor: Monitor, config: Path) -> None:
    """The figures are shown, the file named, nothing changed."""
    config = config.with_name(f"{'long' * 63}.y")  # no room in the name for the copy that is written first
    config.write_text(CONFIG, encoding="utf-8")
    fill(config, [n / 20 for n in range(1, 20)])
    result = monitor("tune", "--signal", TRAFFICKING, "--per-day", 0.25, "--apply", "-c", config)
    assert result.code == 2
    assert "suggested: 0.71" in result.out
    assert "cannot be written" in result.errors[0]
    assert load(config, {}).thresholds()[TRAFFICKING] == 0.5
