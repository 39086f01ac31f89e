"""What is read of the monitor's own state, and what is kept of its troubles."""

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from monitor.adapters.database import Database, open_database
from monitor.adapters.journal import Journal
from monitor.adapters.store import SqliteStore
from monitor.adapters.troubles import SqliteTroubles
from monitor.domain.feed import Feed, FeedSource, FeedState
from monitor.domain.ops import Condition, Known, Trouble, is_silent
from monitor.ports import PollResult
from monitor.ports.watching import OpsAlert
from tests.adapters.storage import DAY, HOUR, NOW, URL, item, scored, update


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with open_database(tmp_path / "data" / "monitor.db") as opened:
        yield opened


@pytest.fixture
def troubles(database: Database, tmp_path: Path) -> SqliteTroubles:
    return SqliteTroubles(database, tmp_path / "seeds")


def feeds(database: Database, *sources: FeedSource, at: datetime = NOW) -> list[Feed]:
    store = SqliteStore(database)
    store.sync_feeds(sources, at)
    return sorted(store.due_feeds(at, force=True), key=lambda feed: feed.id)


def poll(database: Database, feed: Feed, at: datetime, *titles: str) -> None:
    SqliteStore(database).record(PollResult(update(feed, polled_at=at), tuple(scored(item(one)) for one in titles)))


def test_an_empty_database_has_nothing_wrong(troubles: SqliteTroubles) -> None:
    """No feed, no model: nothing to judge but the disk."""
    facts = troubles.facts(NOW)
    assert (facts.feeds, facts.last_ok_at, facts.model_at, facts.seeds_at) == ((), None, None, None)
    assert facts.dead_alerts == {}
    assert facts.disk_free is not None
    assert 0 < facts.disk_free <= facts.disk_size


def test_feeds_that_fail_for_long_are_found(database: Database, troubles: SqliteTroubles) -> None:
    """Since their last good answer, or since they were added; removed ones are nobody's trouble."""
    good, bad, gone, never, left = feeds(
        database,
        *(FeedSource(f"{URL}/{n}?key=s3cret", f"Desk {n}") for n in range(3)),
        FeedSource("https://www.never.example/feed?key=s3cret"),
        FeedSource(f"{URL}/left"),
        at=NOW - 9 * DAY,
    )
    poll(database, good, NOW - HOUR)
    store = SqliteStore(database)
    for feed, state in ((bad, FeedState.FAILING), (gone, FeedState.PAUSED), (never, FeedState.FAILING), (left, "")):
        ok = None if feed is never else NOW - 2 * DAY
        store.record(PollResult(update(feed, state=FeedState(state or "failing"), reason="dns", last_ok_at=ok)))
    store.sync_feeds([feed.source for feed in (good, bad, gone, never)], NOW)

    found = {record.name: record for record in troubles.facts(NOW).feeds}
    assert set(found) == {"Desk 1", "Desk 2", "never.example/feed"}
    assert all(record.failing and record.reason == "dns" for record in found.values())
    assert found["Desk 1"].good_at == NOW - 2 * DAY
    assert found["never.example/feed"].good_at == NOW - 9 * DAY
    assert troubles.facts(NOW - 36 * HOUR).feeds[0].name == "never.example/feed"


def test_a_quiet_feed_comes_with_its_rate(database: Database, troubles: SqliteTroubles) -> None:
    """Items of the first poll tell no rate: they may be years of backlog. Silence ends with the last good answer."""
    (feed,) = feeds(database, FeedSource(URL, "Desk"))
    poll(database, feed, NOW, *(f"backlog {n}" for n in range(50)))
    for day in range(1, 21):
        poll(database, feed, NOW + day * DAY, f"{day} one", f"{day} two")
    assert troubles.facts(NOW + 20 * DAY).feeds == ()

    poll(database, feed, NOW + 27 * DAY)
    (record,) = troubles.facts(NOW + 40 * DAY).feeds
    assert (record.failing, record.items, record.good_at) == (False, 40, NOW + 27 * DAY)
    assert (record.known_from, record.last_item_at) == (NOW, NOW + 20 * DAY)
    assert is_silent(record)
    poll(database, feed, NOW + 41 * DAY, "news")
    assert troubles.facts(NOW + 41 * DAY).feeds == ()


def test_a_rate_is_that_of_recent_weeks(database: Database, troubles: SqliteTroubles) -> None:
    """A feed that was lively a year ago is not called silent for that."""
    (feed,) = feeds(database, FeedSource(URL, "Desk"))
    poll(database, feed, NOW, "first")
    poll(database, feed, NOW + DAY, *(f"lively {n}" for n in range(100)))
    poll(database, feed, NOW + 300 * DAY, "late")
    poll(database, feed, NOW + 330 * DAY)
    (record,) = troubles.facts(NOW + 330 * DAY).feeds
    assert (record.items, record.known_from) == (1, NOW + 240 * DAY)


def test_polls_are_judged_by_the_best_feed_and_the_shortest_interval(
    database: Database, troubles: SqliteTroubles
) -> None:
    """The configured interval where there is one."""
    one, two = feeds(database, FeedSource(URL), FeedSource(f"{URL}/2", every=timedelta(minutes=5)))
    assert troubles.facts(NOW).last_ok_at == NOW  # added then
    poll(database, one, NOW + HOUR)
    poll(database, two, NOW + 2 * HOUR)
    facts = troubles.facts(NOW + 3 * HOUR)
    assert (facts.last_ok_at, facts.shortest) == (NOW + 2 * HOUR, timedelta(minutes=5))


def test_the_model_and_its_seeds_have_their_times(database: Database, troubles: SqliteTroubles, tmp_path: Path) -> None:
    """Of the user's own seeds, where there are any."""
    journal = Journal(database)
    journal.add_model("m1", "m1", {}, NOW)
    journal.activate_model("m1", NOW + HOUR)
    assert (troubles.facts(NOW).model_at, troubles.facts(NOW).seeds_at) == (NOW, None)
    for number, signal in enumerate(("a", "b")):
        path = tmp_path / "seeds" / signal / "one.txt"
        path.parent.mkdir(parents=True)
        path.write_text("text")
        os.utime(path, (NOW.timestamp() + number, NOW.timestamp() + number))
    assert troubles.facts(NOW).seeds_at == NOW + timedelta(seconds=1)


def test_what_is_known_and_told_survives(database: Database, troubles: SqliteTroubles) -> None:
    """Troubles come back as they were stored; alerts wait in the outbox, once, and date the last word."""
    known = [
        Known(Trouble(Condition.DISK_FULL, "", "full"), NOW, NOW + HOUR),
        Known(Trouble(Condition.FEED_FAILING, "7", "Desk \ud800: dns"), NOW + HOUR, None, None),
        Known(Trouble(Condition.FEED_FAILING, "8", "Desk"), NOW + HOUR, NOW + HOUR, NOW + 2 * HOUR),
    ]
    alert = OpsAlert("desk", "[Monitor] Trouble", ("one", "two"), "ops/feed_failing/1/desk")
    for _ in range(2):
        troubles.record(known, [alert], NOW + HOUR)
    again = SqliteTroubles(database, Path("seeds"))
    assert again.known() == [
        known[0],
        replace(known[1], trouble=Trouble(Condition.FEED_FAILING, "7", "Desk ?: dns")),
        known[2],
    ]
    assert again.last_told() == {Condition.FEED_FAILING: NOW + HOUR}
    rows = database.rows("SELECT channel, reason, state, story_id, memo FROM alerts")
    assert rows == [
        {
            "channel": "desk",
            "reason": "ops",
            "state": "pending",
            "story_id": None,
            "memo": '["[Monitor] Trouble","one","two"]',
        }
    ]
    again.record([], [], NOW)
    assert again.known() == []


def test_dead_alerts_are_counted_by_channel(database: Database, troubles: SqliteTroubles) -> None:
    """Those that wait or were sent are not."""
    alerts = [OpsAlert(channel, "s", (), f"ops/disk_full/{n}/{channel}") for n, channel in enumerate("aab")]
    troubles.record([], alerts, NOW)
    database.execute("UPDATE alerts SET state = 'dead' WHERE key <> 'ops/disk_full/1/a'")
    assert troubles.facts(NOW).dead_alerts == {"a": 1, "b": 1}
