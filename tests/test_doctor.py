"""What `monitor doctor` finds."""

import shutil
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
import yaml

from monitor.adapters.classify import ModelScorer
from monitor.config import Config, load
from monitor.doctor import FAIL, OK, WARN, Finding, examine
from monitor.house import open_house
from tests.servers import FeedServer, feed_server, rss


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def configured(folder: Path, *feeds: str, **settings: object) -> Config:
    path = folder / "config.yaml"
    usual = {"feeds": list(feeds), "database": "monitor.db", "poll": {"allow_private_addresses": True}}
    path.write_text(yaml.safe_dump(usual | settings), encoding="utf-8")
    return load(path, {})


async def found(config: Config) -> dict[str, Finding]:
    return {finding.check: finding for finding in await examine(config, lambda *_: None)}


def good_feed(server: FeedServer) -> str:
    return server.serve("/feed", rss())


def with_model(config: Config, model: Path) -> None:
    shutil.copytree(model, config.models / model.name)
    with open_house(config) as house:
        house.journal.add_model(model.name, model.name, {}, house.clock.now())
        house.journal.activate_model(model.name, house.clock.now())


async def test_a_new_installation_is_not_ill(folder: Path) -> None:
    """No model, no channel and no poll yet are told with the next step, none as a failure."""
    async with feed_server() as server:
        findings = await found(configured(folder, good_feed(server)))
    assert {check: finding.verdict for check, finding in findings.items()} == {
        "config": OK, "database": OK, "model": WARN, "alerts": OK, "channels": WARN, "feeds": OK,
    }  # fmt: skip
    assert "monitor train" in findings["model"].detail
    assert "no poll yet" in findings["database"].detail


async def test_a_model_is_loaded_and_must_know_the_signals(
    folder: Path, tiny_model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that cannot be loaded is a failure; one that misses known reports or does not know a signal a warning."""
    config = configured(folder)
    with_model(config, tiny_model_folder)
    shy = (await found(config))["model"]
    assert (shy.verdict, "known reports found" in shy.detail) == (WARN, True)
    with monkeypatch.context() as patched:
        patched.setattr(ModelScorer, "examine", lambda *_: ())
        assert (await found(config))["model"].verdict == OK
    more = configured(folder, signals={"organ_trade": {"threshold": 0.5}})
    assert "does not know organ_trade; run `monitor train`" in (await found(more))["model"].detail
    next(iter((config.models / tiny_model_folder.name).glob("*.json"))).write_text("{", encoding="utf-8")
    assert (await found(config))["model"].verdict == FAIL


async def test_a_foreign_database_is_a_failure_and_the_rest_is_still_examined(folder: Path) -> None:
    """So that one visit tells everything."""
    with closing(sqlite3.connect(folder / "monitor.db")) as other:
        other.execute("CREATE TABLE theirs (x)")
    async with feed_server() as server:
        findings = await found(configured(folder, good_feed(server)))
    assert (findings["database"].verdict, findings["feeds"].verdict) == (FAIL, OK)
    assert "belongs to another program" in findings["database"].detail


async def test_feeds_that_fail_are_counted_by_reason(folder: Path) -> None:
    """Some are a warning, all of them, or none configured, a failure."""
    async with feed_server() as server:
        gone = [server.url(f"/{number}") for number in range(2)]
        some = await found(configured(folder, good_feed(server), *gone))
        every = await found(configured(folder, *gone))
    none = await found(configured(folder))
    assert some["feeds"] == Finding("feeds", WARN, "2 of 3 fail (2 http_404); see `monitor feeds check`")
    assert (every["feeds"].verdict, none["feeds"].verdict) == (FAIL, FAIL)


async def test_alerts_that_were_given_up_are_a_failure(folder: Path) -> None:
    """And those that wait for long a warning."""
    config = configured(folder)
    with open_house(config) as house:
        now = house.clock.now()
        for state, due in (("dead", now), ("pending", now - timedelta(hours=2))):
            row = ("desk", "first_hit", state, now.isoformat(), due.strftime("%Y-%m-%dT%H:%M:%S.%fZ"), state)
            with closing(sqlite3.connect(config.database)) as database, database:
                database.execute(
                    "INSERT INTO alerts (channel, reason, state, created_at, due_at, key) VALUES (?, ?, ?, ?, ?, ?)",
                    row,
                )
    assert "1 could not be delivered" in (await found(config))["alerts"].detail
    with closing(sqlite3.connect(config.database)) as database, database:
        database.execute("DELETE FROM alerts WHERE state = 'dead'")
    waiting = (await found(config))["alerts"]
    assert (waiting.verdict, waiting.detail[:9]) == (WARN, "1 pending")


async def test_channels_are_named_without_their_addresses(folder: Path) -> None:
    """An address holds a secret."""
    config = configured(folder, alerts={"channels": [{"name": "desk", "url": "json://user:s3cret@hook.example/"}]})
    finding = (await found(config))["channels"]
    assert (finding.verdict, finding.detail[:5]) == (OK, "desk:")
    assert "s3cret" not in finding.detail
