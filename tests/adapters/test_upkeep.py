"""Backup, pruning and the facts of health."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.adapters.columns import to_time
from monitor.adapters.database import Database, open_database
from monitor.adapters.journal import Journal
from monitor.adapters.outbox import SqliteOutbox
from monitor.adapters.records import Records
from monitor.adapters.store import SqliteStore
from monitor.adapters.upkeep import LISTED_FOR, Pruned, Upkeep
from monitor.domain.alert import AlertState
from monitor.domain.delivery import Attempt
from monitor.domain.feed import Feed, FeedState
from monitor.domain.sending import Fold
from monitor.errors import InputError, StorageError
from monitor.ports import PollResult
from tests.adapters.storage import DAY, HOUR, NOW, TRAFFICKING, URL, Stores, item, scored, update

MONTHS = 180 * DAY
LATER = NOW + 2 * MONTHS


@pytest.fixture
def stores(database: Database) -> Stores:
    return Stores(SqliteStore(database), SqliteOutbox(database))


@pytest.fixture
def upkeep(database: Database) -> Upkeep:
    return Upkeep(database)


def listed(stores: Stores, feed: Feed, *names: str, days: float = 0) -> None:
    """A poll in which the feed lists these; new ones are stored."""
    known = stores.store.known_keys(feed.id, [f"guid:{name}" for name in names])
    fresh = tuple(scored(item(name)) for name in names if f"guid:{name}" not in known)
    keys = sum((item(name).identity.keys() for name in names), ())
    stores.store.record(PollResult(update(feed, polled_at=NOW + days * DAY), items=fresh, seen=keys))


def stored(database: Database) -> set[str]:
    return {row["title"] for row in database.rows("SELECT title FROM items")}


def sent(stores: Stores, alert_id: int) -> None:
    stores.outbox.finish(Attempt(alert_id, NOW, True, None, AlertState.SENT, None))


def test_items_past_their_retention_go_with_their_words_once_their_feed_dropped_them(
    stores: Stores, database: Database, upkeep: Upkeep
) -> None:
    feed = stores.feed()
    listed(stores, feed, "old", "listed")
    listed(stores, feed, "listed", "young", days=200)
    assert upkeep.prune(items=MONTHS, hits=None, now=NOW + 201 * DAY).items == 1
    assert stored(database) == {"listed", "young"}
    database.execute("INSERT INTO items_fts (items_fts, rank) VALUES ('integrity-check', 1)")
    assert database.value("SELECT count(*) FROM scores") == 2


def test_without_retention_nothing_is_forgotten(stores: Stores, upkeep: Upkeep) -> None:
    feed = stores.feed()
    listed(stores, feed, "old")
    listed(stores, feed, "new", days=300)
    stores.tell(feed, "Lured")
    assert upkeep.prune(items=None, hits=None, now=LATER) == Pruned()


def test_items_with_hits_or_verdicts_stay(stores: Stores, database: Database, upkeep: Upkeep) -> None:
    feed = stores.feed()
    stores.tell(feed, "hit")
    listed(stores, feed, "judged", "plain")
    (judged,) = database.rows("SELECT id FROM items WHERE title = 'judged'")
    Journal(database).label(judged["id"], TRAFFICKING, verdict=False, now=NOW)
    listed(stores, feed, "other", days=359)
    assert upkeep.prune(items=MONTHS, hits=None, now=LATER).items == 1
    assert stored(database) == {"hit", "judged", "other"}


def test_hits_past_their_retention_go_with_stories_alerts_and_then_items(
    stores: Stores, database: Database, upkeep: Upkeep
) -> None:
    feed = stores.feed()
    old = [stores.tell(feed, title) for title in ("a", "b", "c")]
    (digest,) = stores.outbox.fold([Fold("desk", tuple(old[:2]), "digest")], NOW)
    sent(stores, digest)
    sent(stores, old[2])
    stores.tell(feed, "young", at=LATER - DAY)
    listed(stores, feed, "young", days=360)
    pruned = upkeep.prune(items=MONTHS, hits=MONTHS, now=LATER)
    assert (pruned.hits, pruned.stories, pruned.items) == (3, 3, 3)
    assert stored(database) == {"young"}
    counts = {table: database.value(f"SELECT count(*) FROM {table}") for table in ("hits", "alerts", "deliveries")}
    assert counts == {"hits": 1, "alerts": 1, "deliveries": 0}


def test_hits_an_alert_still_has_to_tell_stay(stores: Stores, upkeep: Upkeep) -> None:
    feed = stores.feed()
    stores.tell(feed, "alone")
    stores.outbox.fold([Fold("desk", (stores.tell(feed, "a"), stores.tell(feed, "b")), "digest")], NOW)
    assert upkeep.prune(items=MONTHS, hits=MONTHS, now=LATER).hits == 0
    ids = [one.alert_id for one in stores.outbox.waiting(LATER)]
    notices = [alert.notices for alert in stores.outbox.lease(ids, LATER, LATER + HOUR)]
    assert [len(one) for one in notices] == [1, 2]


def test_a_judged_hit_stays(stores: Stores, database: Database, upkeep: Upkeep) -> None:
    sent(stores, stores.tell(stores.feed(), "judged"))
    Journal(database).label(1, TRAFFICKING, verdict=True, now=NOW)
    assert upkeep.prune(items=MONTHS, hits=MONTHS, now=LATER) == Pruned()


def test_a_feed_that_answers_unchanged_for_months_still_lists_what_it_listed(stores: Stores, upkeep: Upkeep) -> None:
    """Else everything would come back as new, and be alerted again, with its next real answer."""
    feed = stores.feed()
    listed(stores, feed, "evergreen")
    stores.store.record(PollResult(update(feed, polled_at=LATER - HOUR)))
    assert upkeep.prune(items=DAY, hits=DAY, now=LATER) == Pruned()
    assert stores.store.known_keys(feed.id, ["guid:evergreen"])


def test_items_of_a_removed_feed_go_but_it_knows_them_when_it_comes_back(
    stores: Stores, database: Database, upkeep: Upkeep
) -> None:
    feed = stores.feed()
    listed(stores, feed, "old")
    stores.store.sync_feeds([], NOW)
    assert upkeep.prune(items=MONTHS, hits=None, now=LATER).items == 1
    assert stored(database) == set()
    assert stores.store.known_keys(feed.id, ["guid:old"])


def test_a_dropped_entry_is_known_for_a_while_and_for_as_long_as_it_is_stored(stores: Stores, upkeep: Upkeep) -> None:
    feed = stores.feed()
    listed(stores, feed, "dropped", "other")
    listed(stores, feed, "other", days=LISTED_FOR / DAY)
    upkeep.prune(items=DAY, hits=None, now=NOW + 32 * DAY)
    assert stores.store.known_keys(feed.id, ["guid:dropped"])
    listed(stores, feed, "other", days=LISTED_FOR / DAY + 1)
    assert upkeep.prune(items=MONTHS, hits=None, now=NOW + 32 * DAY).seen == 0
    assert upkeep.prune(items=DAY, hits=None, now=NOW + 32 * DAY).seen == 3
    assert not stores.store.known_keys(feed.id, ["guid:dropped"])


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    listings=st.lists(st.sets(st.sampled_from("abcdef"), min_size=1), min_size=1, max_size=8),
    gaps=st.lists(st.sampled_from([0.1, 0.6, 0.9, 1, 7, 29, 30, 31, 100]), min_size=8, max_size=8),
    retention=st.integers(1, 200),
)
def test_pruning_never_forgets_what_the_feed_lists_or_the_database_holds(
    stores: Stores, database: Database, upkeep: Upkeep, listings: list[set[str]], gaps: list[float], retention: int
) -> None:
    for table in ("seen", "items", "feeds"):
        database.execute(f"DELETE FROM {table}")
    feed, day = stores.feed(), 0.0
    for names, gap in zip(listings, gaps, strict=False):
        listed(stores, feed, *sorted(names), days=day)
        day += gap
        upkeep.prune(items=retention * DAY, hits=None, now=NOW + day * DAY)
        kept = names | stored(database)
        assert stores.store.known_keys(feed.id, {f"guid:{name}" for name in kept}) == {f"guid:{name}" for name in kept}


def test_that_an_entry_is_listed_still_is_noted_once_a_day(stores: Stores, database: Database) -> None:
    """Most of what a poll brings is known; noting it each time would write more than all that is new."""
    feed = stores.feed()
    noted = []
    for days in (0, 0.4, 0.9, 1.1, 1.5, 3):
        listed(stores, feed, "evergreen", days=days)
        noted.append(to_time(database.value("SELECT min(last_listed_at) FROM seen")) - NOW)
    assert noted == [days * DAY for days in (0, 0, 0, 1.1, 1.1, 3)]


def test_old_runs_are_forgotten(database: Database, upkeep: Upkeep) -> None:
    journal = Journal(database)
    journal.start_run(NOW)
    latest = journal.start_run(LATER)
    assert upkeep.prune(items=None, hits=None, now=LATER) == Pruned(runs=1)
    last = journal.last_run()
    assert last is not None
    assert last.id == latest


def test_a_big_prune_is_done_in_steps_and_to_the_end(stores: Stores, database: Database, upkeep: Upkeep) -> None:
    feed = stores.feed()
    listed(stores, feed, *(str(number) for number in range(4500)))
    listed(stores, feed, "new", days=359)
    assert upkeep.prune(items=MONTHS, hits=None, now=LATER).items == 4500
    assert stored(database) == {"new"}


def test_a_backup_is_a_whole_database_in_one_file(stores: Stores, upkeep: Upkeep, tmp_path: Path) -> None:
    stores.tell(stores.feed(), "Lured")
    target = tmp_path / "backups" / "copy.db"
    upkeep.backup(target)
    assert [entry.name for entry in target.parent.iterdir()] == [target.name]
    with closing(sqlite3.connect(target)) as plain:
        assert plain.execute("PRAGMA journal_mode").fetchone() == ("delete",)  # readable from read-only media too
    with open_database(target, create=False) as copy:
        copy.check()
        assert [row["title"] for row in Records(copy).hits()] == ["Lured"]


def test_a_backup_replaces_another_file_only_when_told_to(upkeep: Upkeep, tmp_path: Path) -> None:
    target = tmp_path / "copy.db"
    target.write_text("precious")
    with pytest.raises(InputError, match="exists already"):
        upkeep.backup(target)
    assert target.read_text() == "precious"
    upkeep.backup(target, overwrite=True)
    open_database(target, create=False).close()


@pytest.mark.parametrize("overwrite", [True, False])
def test_a_backup_never_replaces_the_database_itself(database: Database, upkeep: Upkeep, *, overwrite: bool) -> None:
    link = database.path.with_name("link.db")
    link.symlink_to(database.path)
    with pytest.raises(InputError, match="the database itself"):
        upkeep.backup(link, overwrite=overwrite)


def test_a_backup_that_cannot_be_written_is_one_clear_line(upkeep: Upkeep, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="cannot be written"):
        upkeep.backup(tmp_path / "file" / "copy.db")
    with pytest.raises(StorageError, match="cannot be written"):
        upkeep.backup(tmp_path / ("x" * 300))


def test_health_of_an_empty_database_is_nothing_yet(upkeep: Upkeep) -> None:
    health = upkeep.health(NOW)
    assert (health.last_polled_at, health.last_ok_at, health.feeds, health.alerts, health.items) == (
        None,
        None,
        {},
        {},
        0,
    )
    assert health.waiting_since is None
    assert health.database_bytes > 0


def test_health_tells_when_feeds_answered_and_what_waits(stores: Stores, upkeep: Upkeep) -> None:
    feed, other = stores.feed(), stores.feed(URL + "/2")
    one, _ = stores.tell(feed, "a"), stores.tell(feed, "b")
    stores.outbox.finish(Attempt(one, NOW, False, "no", AlertState.DEAD, None))
    failing = update(other, polled_at=NOW + HOUR, state=FeedState.FAILING, last_ok_at=None)
    stores.store.record(PollResult(failing))
    health = upkeep.health(NOW + DAY)
    assert (health.last_polled_at, health.last_ok_at) == (NOW + HOUR, NOW)
    assert (health.feeds, health.alerts) == ({"ok": 1, "failing": 1}, {"dead": 1, "pending": 1})
    assert (health.waiting_since, health.items) == (NOW, 2)
    assert upkeep.health(NOW - HOUR).waiting_since is None


def test_the_moments_of_the_last_days_are_known_by_polls_and_by_items(
    stores: Stores, database: Database, upkeep: Upkeep
) -> None:
    """Polls that bring nothing count, and so do archives, which need no poll; of what is longer ago the last does."""
    assert upkeep.moments(NOW) == []
    journal = Journal(database)
    for days in (40, 20, 6.5, 3.1, 3):
        journal.start_run(NOW - days * DAY)
    journal.start_run(NOW + DAY)
    last = NOW - 3 * DAY
    assert set(upkeep.moments(NOW)) == {NOW - days * DAY for days in (20, 6.5, 3.1)} | {last}
    feed = stores.feed()
    listed(stores, feed, "long ago", days=-10)
    listed(stores, feed, "today")
    assert set(upkeep.moments(NOW)) == {NOW - days * DAY for days in (20, 10, 6.5, 3.1)} | {last, NOW}
