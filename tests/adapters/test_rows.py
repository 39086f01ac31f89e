"""Whatever the domain says comes back from the database as it was."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.adapters.columns import to_text, to_time
from monitor.adapters.database import Database
from monitor.adapters.outbox import SqliteOutbox
from monitor.adapters.records import Records
from monitor.adapters.store import SqliteStore
from monitor.domain.feed import FeedSource, FeedState, FeedUpdate
from monitor.domain.hit import Hit
from monitor.domain.item import Identity, IdentityKind, Item
from monitor.domain.score import Score, Term
from monitor.domain.story import Member, Story
from monitor.ports import PollResult, ScoredItem
from tests.adapters.storage import NOW, URL, alert, item, scored, story, update

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TEXT = st.text(max_size=30)
NAME = st.text(min_size=1, max_size=30)
TIME = st.timedeltas(timedelta(0), timedelta(days=300_000)).map(lambda age: EPOCH + age)
SPAN = st.timedeltas(timedelta(seconds=1), timedelta(days=31))
SHARE = st.floats(0, 1)
TERM = st.builds(Term, TEXT, st.floats(-100, 100))
HIT = st.builds(Hit, NAME, SHARE, SHARE, NAME, st.lists(TERM, max_size=4).map(tuple))
ITEM = st.builds(
    Item, TEXT, TEXT, TEXT, TEXT, st.none() | st.just("en"), st.none() | TIME, st.builds(Identity, NAME, NAME, NAME)
)
WEIGHTED = st.tuples(st.integers(0, 2**63 - 1), st.floats(0, 1))
MEMBER = st.builds(Member, TIME, st.lists(WEIGHTED, max_size=5).map(tuple))
STORY = st.builds(
    Story, st.just(-1), TEXT, TIME, TIME, st.lists(TEXT, max_size=3).map(tuple), st.lists(MEMBER, max_size=3).map(tuple)
)
SOURCE = st.builds(
    FeedSource,
    st.just(URL),
    NAME.filter(lambda name: name != URL),
    st.lists(TEXT, max_size=3).map(tuple),
    st.none() | SPAN,
    st.sampled_from(["off", "gray", "always"]),
    st.none() | NAME,
    st.dictionaries(NAME, TEXT, max_size=2),
)
UPDATE = st.builds(
    FeedUpdate,
    feed_id=st.just(1),
    state=st.sampled_from([FeedState.OK, FeedState.FAILING, FeedState.PAUSED]),
    reason=NAME,
    polled_at=TIME,
    next_poll_at=TIME,
    interval=SPAN,
    last_ok_at=st.none() | TIME,
    failures=st.floats(0, 1000),
    etag=st.none() | TEXT,
    last_modified=st.none() | TEXT,
    body_hash=st.none() | st.just("beef"),
    unchanged_polls=st.integers(0, 1000),
    moved_to=st.none() | TEXT,
    moved_polls=st.integers(0, 9),
    identity=st.sampled_from(IdentityKind),
    primed=st.booleans(),
)
quickly = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def fresh(database: Database) -> tuple[SqliteStore, SqliteOutbox]:
    """The database emptied, but for one feed with the id 1."""
    for table in ("alerts", "hits", "stories", "seen", "items", "feeds"):
        database.execute(f"DELETE FROM {table}")
    store = SqliteStore(database)
    store.sync_feeds([FeedSource(URL, "Desk")], NOW)
    return store, SqliteOutbox(database)


@given(time=TIME, other=TIME)
def test_times_come_back_exactly_and_sort_as_text(time: datetime, other: datetime) -> None:
    assert to_time(to_text(time)) == time
    assert (to_text(time) < to_text(other)) == (time < other)


def test_times_of_other_zones_are_stored_in_utc() -> None:
    nepal = timezone(timedelta(hours=5, minutes=45))
    assert to_text(datetime(2026, 11, 23, 14, 25, tzinfo=nepal)) == "2026-11-23T08:40:00.000000Z"


def test_a_time_without_a_zone_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        to_text(NOW.replace(tzinfo=None))


@quickly
@given(source=SOURCE, poll=UPDATE)
def test_a_feed_comes_back_as_configured_and_as_polled(
    database: Database, source: FeedSource, poll: FeedUpdate
) -> None:
    store, _ = fresh(database)
    store.sync_feeds([source], NOW)
    store.record(PollResult(poll))
    (feed,) = store.due_feeds(NOW, force=True)
    assert feed.source == source
    assert feed.last_polled_at == poll.polled_at
    same = {name for name in FeedUpdate.__slots__ if name not in {"feed_id", "polled_at", "title", "error"}}
    assert {name: getattr(feed, name) for name in same} == {name: getattr(poll, name) for name in same}


@quickly
@given(entry=ITEM, hits=st.lists(HIT, min_size=1, max_size=3, unique_by=lambda hit: hit.signal), value=SHARE)
def test_an_item_and_its_hits_come_back_in_the_alert(
    database: Database, entry: Item, hits: list[Hit], value: float
) -> None:
    store, outbox = fresh(database)
    score = Score("signal", value, "m1")
    told = PollResult(
        update(store.due_feeds(NOW)[0]),
        items=(ScoredItem(entry, (score,), tuple(hits), -1, ("CU", "RU")),),
        stories=(story(-1, entry.title),),
        alerts=(alert(-1),),
    )
    store.record(told)
    (leased,) = outbox.lease([one.alert_id for one in outbox.waiting(NOW)], NOW, NOW)
    ((telling,),) = [notice.tellings for notice in leased.notices]
    kept = (telling.title, telling.summary, telling.url, telling.published_at)
    assert kept == (entry.title, entry.summary, entry.url, entry.published_at)
    assert set(telling.hits) == set(hits)
    assert telling.countries == ("CU", "RU")
    (row,) = Records(database).items()
    assert (row["guid"], row["lang"], row["scores"]) == (entry.guid, entry.lang, {"signal": value})


@quickly
@given(told=STORY)
def test_a_story_comes_back_as_it_was_told(database: Database, told: Story) -> None:
    store, _ = fresh(database)
    entry = scored(item("a"), story_id=-1)
    store.record(PollResult(update(store.due_feeds(NOW)[0]), items=(entry,), stories=(told,)))
    (known,) = store.open_stories(told.last_seen_at)
    assert replace(known, id=-1) == told


def test_half_characters_in_a_feed_do_not_cost_the_poll(database: Database) -> None:
    """A feed can spell a lone surrogate; UTF-8, and so SQLite, cannot."""
    store, _ = fresh(database)
    bad = replace(item("half \ud800", "a \udfff character"), identity=Identity(None, None, "title:1"))
    entry = ScoredItem(bad, (), (Hit("s", 0.9, 0.5, "m1", (Term("\ud800", 1.0),)),), -1)
    poll = update(store.due_feeds(NOW)[0], etag='"\udc80"', error="\udc80", title="\ud800")
    store.record(PollResult(poll, items=(entry,), seen=("guid:1",), stories=(story(-1, "\ud800", outlets=["\ud800"]),)))
    assert [row["title"] for row in Records(database).hits()] == ["half ?"]


def test_request_headers_are_nowhere_in_the_file(database: Database) -> None:
    """They carry tokens; the database is copied, mailed and opened by others."""
    store = SqliteStore(database)
    store.sync_feeds([FeedSource(URL, headers={"Authorization": "Bearer hush-hush"})], NOW)
    database.close()
    assert b"hush-hush" not in database.path.read_bytes()
