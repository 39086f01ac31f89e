"""The contract of PollStore, over SQLite and memory alike."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from monitor.domain.alert import AlertState
from monitor.domain.feed import FeedSource, FeedState
from monitor.domain.fulltext import Look, Spent
from monitor.domain.item import IdentityKind
from monitor.domain.story import Member
from monitor.domain.websub import Announcement, Delivered
from monitor.errors import StorageError
from monitor.ports import PollResult
from tests.adapters.storage import DAY, HOUR, NOW, URL, Stores, alert, item, opened, scored, story, update


@pytest.fixture(params=["sqlite", "memory"])
def stores(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stores]:
    with opened(request.param, tmp_path) as stores:
        yield stores


def test_a_new_feed_is_due_at_once_with_everything_the_config_says(stores: Stores) -> None:
    source = FeedSource(
        URL, "Desk", ("africa", "asia"), timedelta(minutes=7), "gray", "agent/1", {"Authorization": "Bearer x"}
    )
    stores.store.sync_feeds([source], NOW)
    (feed,) = stores.store.due_feeds(NOW)
    assert feed.source == source
    assert (feed.state, feed.reason, feed.next_poll_at, feed.primed) == (FeedState.NEW, "new", NOW, False)


def test_a_url_declared_twice_is_one_feed_and_the_first_counts(stores: Stores) -> None:
    stores.store.sync_feeds([FeedSource(URL, "First"), FeedSource(URL, "Second")], NOW)
    assert [feed.name for feed in stores.store.due_feeds(NOW)] == ["First"]


def test_syncing_the_same_feeds_again_changes_nothing(stores: Stores) -> None:
    sources = [FeedSource(URL, "Desk"), FeedSource(URL + "/2")]
    stores.store.sync_feeds(sources, NOW)
    before = stores.store.due_feeds(NOW, force=True)
    stores.store.sync_feeds(sources, NOW + HOUR)
    assert stores.store.due_feeds(NOW, force=True) == before


def test_a_feed_that_left_the_config_is_not_polled_and_comes_back_knowing_its_items(stores: Stores) -> None:
    feed = stores.feed()
    stores.store.record(PollResult(update(feed), items=(scored(item("a")),), seen=("guid:a",)))
    stores.store.sync_feeds([], NOW)
    assert stores.store.due_feeds(NOW + DAY, force=True) == []
    stores.store.sync_feeds([feed.source], NOW)
    (back,) = stores.store.due_feeds(NOW)
    assert (back.id, back.state, back.reason, back.primed) == (feed.id, FeedState.OK, "back", True)
    assert stores.store.known_keys(feed.id, ["guid:a", "guid:b"]) == {"guid:a"}


def test_a_poll_that_ends_after_its_feed_left_the_config_does_not_bring_it_back(stores: Stores) -> None:
    feed = stores.feed()
    stores.store.sync_feeds([], NOW)
    stores.store.record(PollResult(update(feed)))
    assert stores.store.due_feeds(NOW + DAY, force=True) == []


def test_a_shorter_interval_in_the_config_takes_effect_before_the_long_one_has_passed(stores: Stores) -> None:
    feed = stores.feed()
    stores.store.record(PollResult(update(feed, next_poll_at=NOW + DAY)))
    stores.store.sync_feeds([replace(feed.source, every=HOUR)], NOW)
    assert [one.next_poll_at for one in stores.store.due_feeds(NOW + HOUR)] == [NOW + HOUR]


def test_reading_the_config_again_does_not_hurry_a_feed_that_is_slowed_down(stores: Stores) -> None:
    source = FeedSource(URL, every=HOUR)
    stores.store.sync_feeds([source], NOW)
    (feed,) = stores.store.due_feeds(NOW)
    stores.store.record(PollResult(update(feed, state=FeedState.FAILING, next_poll_at=NOW + DAY)))
    stores.store.sync_feeds([source], NOW)
    assert [one.next_poll_at for one in stores.store.due_feeds(NOW, force=True)] == [NOW + DAY]


def test_a_configured_name_stays_whatever_the_feed_calls_itself(stores: Stores) -> None:
    stores.store.record(PollResult(update(stores.feed(name="Desk"), title="The Daily")))
    assert [one.name for one in stores.store.due_feeds(NOW, force=True)] == ["Desk"]


def test_due_feeds_come_longest_waiting_first_and_not_before_their_time(stores: Stores) -> None:
    first, second = stores.feed(), stores.feed(URL + "/2")
    stores.store.record(PollResult(update(first, next_poll_at=NOW + 2 * HOUR)))
    stores.store.record(PollResult(update(second, next_poll_at=NOW + HOUR)))
    assert stores.store.due_feeds(NOW + HOUR - timedelta(microseconds=1)) == []
    assert [feed.id for feed in stores.store.due_feeds(NOW + HOUR)] == [second.id]
    assert [feed.id for feed in stores.store.due_feeds(NOW + 2 * HOUR)] == [second.id, first.id]


def test_a_clock_that_was_set_back_silences_no_feed(stores: Stores) -> None:
    """Polls made by a clock that was a year ahead would be waited for until then."""
    feed = stores.feed()
    stores.store.record(PollResult(update(feed, polled_at=NOW + 365 * DAY, next_poll_at=NOW + 366 * DAY)))
    assert [one.id for one in stores.store.due_feeds(NOW)] == [feed.id]
    stores.store.record(PollResult(update(feed, polled_at=NOW, next_poll_at=NOW + HOUR)))
    assert stores.store.due_feeds(NOW) == []


def test_a_paused_feed_is_asked_again_when_its_pause_is_over_or_by_force(stores: Stores) -> None:
    feed = stores.feed()
    stores.store.record(PollResult(update(feed, state=FeedState.PAUSED, reason="http_410", next_poll_at=NOW + DAY)))
    assert stores.store.due_feeds(NOW + HOUR) == []
    assert [one.id for one in stores.store.due_feeds(NOW + DAY)] == [feed.id]
    assert [one.id for one in stores.store.due_feeds(NOW, force=True)] == [feed.id]


def test_a_poll_leaves_the_feed_as_its_update_says(stores: Stores) -> None:
    feed = stores.feed()
    changes = {
        "state": FeedState.FAILING,
        "reason": "http_500",
        "failures": 1.5,
        "etag": '"abc"',
        "last_modified": "Mon, 23 Nov 2026 08:00:00 GMT",
        "body_hash": "beef",
        "unchanged_polls": 3,
        "moved_to": URL + "/new",
        "moved_polls": 2,
        "identity": IdentityKind.LINK,
        "primed": True,
        "interval": timedelta(seconds=90.5),
        "last_ok_at": None,
    }
    told = update(feed, **changes)
    stores.store.record(PollResult(told))
    (stored,) = stores.store.due_feeds(told.next_poll_at)
    assert {name: getattr(stored, name) for name in changes} == changes
    assert stored.last_polled_at == told.polled_at


def test_a_feed_without_a_configured_name_goes_by_its_own_title(stores: Stores) -> None:
    feed = stores.feed(name="")
    assert feed.name == URL
    stores.store.record(PollResult(update(feed, title="The Daily")))
    assert [one.name for one in stores.store.due_feeds(NOW, force=True)] == ["The Daily"]
    stores.store.sync_feeds([FeedSource(URL)], NOW)
    assert [one.name for one in stores.store.due_feeds(NOW, force=True)] == ["The Daily"]


def test_known_keys_are_those_of_that_feed_alone_whatever_their_number(stores: Stores) -> None:
    feed, other = stores.feed(), stores.feed(URL + "/2")
    keys = [f"guid:{number}" for number in range(5000)]
    stores.store.record(PollResult(update(feed), seen=tuple(keys)))
    assert stores.store.known_keys(feed.id, [*keys, "guid:new", "link:x'\"\0"]) == set(keys)
    assert stores.store.known_keys(other.id, keys) == set()
    assert stores.store.known_keys(feed.id, []) == set()


def test_a_new_story_is_stored_with_an_id_and_told_to_its_channels(stores: Stores) -> None:
    feed = stores.feed()
    new = (story(-1, "Lured to the front"), story(-2, "Held in a compound"))
    stores.store.record(
        PollResult(
            update(feed),
            items=(scored(item("a"), story_id=-2), scored(item("b"), story_id=-1)),
            stories=new,
            alerts=(
                alert(-2, key="1"),
                alert(-2, channel="mail", key="2", state=AlertState.SUPPRESSED),
                alert(-1, channel="mail", key="3"),
            ),
        )
    )
    stored = stores.store.open_stories(NOW)
    ids = {one.title: one.id for one in stored}
    assert [replace(one, id=0) for one in stored] == [replace(one, id=0) for one in new]
    assert all(story_id > 0 for story_id in ids.values())
    histories = stores.store.histories(ids.values())
    told = {(story_id, channel) for story_id, history in histories.items() for channel in history.told}
    assert told == {(ids["Held in a compound"], "desk"), (ids["Lured to the front"], "mail")}
    assert stores.store.histories([]) == {}


def test_a_story_told_again_is_changed_in_place(stores: Stores) -> None:
    feed = stores.feed()
    stores.tell(feed, "Lured")
    (known,) = stores.store.open_stories(NOW)
    changed = replace(known, last_seen_at=NOW + DAY, outlets=("Desk", "Wire"))
    follow_up = scored(item("b"), story_id=known.id)
    stores.store.record(PollResult(update(feed), items=(follow_up,), stories=(changed,)))
    assert stores.store.open_stories(NOW + DAY) == [changed]


def test_stories_not_told_since_are_closed(stores: Stores) -> None:
    feed = stores.feed()
    stores.tell(feed, "Old", at=NOW - DAY)
    stores.tell(feed, "New")
    assert [one.title for one in stores.store.open_stories(NOW - HOUR)] == ["New"]
    assert [one.title for one in stores.store.open_stories(NOW - DAY)] == ["Old", "New"]


def test_recording_the_same_poll_again_adds_nothing(stores: Stores) -> None:
    feed = stores.feed()
    result = PollResult(
        update(feed),
        items=(scored(item("a"), story_id=-1), scored(item("b"))),
        seen=("guid:a", "guid:b"),
        stories=(story(-1, "Lured"),),
        alerts=(alert(-1),),
    )
    stores.store.record(result)
    stories, waiting = stores.store.open_stories(NOW), stores.outbox.waiting(NOW)
    stores.store.record(result)
    assert stores.store.open_stories(NOW) == stories
    assert stores.outbox.waiting(NOW) == waiting
    assert len(stories) == len(waiting) == 1


def test_an_alert_with_a_known_key_is_not_planned_twice(stores: Stores) -> None:
    feed = stores.feed()
    stores.tell(feed, "Lured")
    (known,) = stores.store.open_stories(NOW)
    stores.store.record(PollResult(update(feed), alerts=(alert(known.id, key="Lured/desk"),)))
    assert len(stores.outbox.waiting(NOW)) == 1


def test_the_pages_of_gray_feeds_are_counted_with_all_items(stores: Stores) -> None:
    """What a window's share is reckoned by: every item, and those pages that were asked for in gray mode."""
    gray, always = FeedSource(URL, "Desk", fulltext="gray"), FeedSource(f"{URL}/2", "Other", fulltext="always")
    stores.store.sync_feeds([gray, always], NOW)
    for feed in stores.store.due_feeds(NOW):
        looks = (None, Look.CLEAR_MISS, Look.RAISED, Look.FETCH_FAILED)
        items = tuple(replace(scored(item(f"{feed.id} {look}"), score=0.3), look=look) for look in looks)
        stores.store.record(PollResult(update(feed), items))
        stores.store.record(PollResult(update(feed, polled_at=NOW - DAY), (scored(item(f"{feed.id} old")),)))
    assert stores.store.fulltext_spent(NOW - HOUR) == Spent(items=8, pages=2)
    assert stores.store.fulltext_spent(NOW - DAY) == Spent(items=10, pages=2)
    assert stores.store.fulltext_spent(NOW + HOUR) == Spent()


def test_a_poll_of_an_unknown_feed_is_refused(stores: Stores) -> None:
    feed = replace(stores.feed(), id=77)
    with pytest.raises(StorageError):
        stores.store.record(PollResult(update(feed), items=(scored(item("a")),)))


def test_open_stories_are_found_by_the_keys_of_their_members(stores: Stores) -> None:
    """Only those that share a key; a story that moved on is found by its new words and time, and once."""
    feed = stores.feed()
    stores.tell(feed, "Known")
    (known,) = stores.store.open_stories(NOW)
    key = known.members[0].keys[0]
    assert stores.store.open_stories(NOW, {key, 5}) == [known]
    assert stores.store.open_stories(NOW, {5}) == []
    assert stores.store.open_stories(NOW + DAY, {key}) == []

    later = Member(NOW + DAY, ((5, 1.0),))
    changed = replace(known, last_seen_at=NOW + DAY, members=(*known.members, later))
    stores.store.record(PollResult(update(feed, polled_at=NOW + DAY), stories=(changed,)))
    assert stores.store.open_stories(NOW + DAY, {key, 5}) == [changed]
    assert stores.store.open_stories(NOW + DAY, {key}) == [changed]


def test_a_push_brings_items_and_leaves_the_feed_as_it_was(stores: Stores) -> None:
    """What its own server is to be asked for, and when, comes from polls alone."""
    feed = stores.feed()
    stores.store.record(PollResult(update(feed, announced=Announcement("https://hub.example/", URL))))
    before = stores.store.feed(feed.id)
    pushed = scored(item("pushed"), story_id=-1)
    told = PollResult(Delivered(feed.id, "path", NOW + HOUR), (pushed,), pushed.item.identity.keys(), (story(-1, "p"),))
    stores.store.record(told)
    assert before is not None
    assert before.announced == Announcement("https://hub.example/", URL)
    assert stores.store.feed(feed.id) == before
    assert stores.store.known_keys(feed.id, pushed.item.identity.keys()) == set(pushed.item.identity.keys())


def test_a_removed_or_unknown_feed_is_not_there(stores: Stores) -> None:
    feed = stores.feed()
    stores.store.sync_feeds([], NOW)
    assert (stores.store.feed(feed.id), stores.store.feed(99)) == (None, None)
