"""The contract of OutboxStore, over SQLite and memory alike."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from monitor.domain.alert import AlertState, Facts, News, Reason
from monitor.domain.delivery import Attempt
from monitor.domain.feed import Feed
from monitor.domain.sending import Fold, Join
from monitor.errors import StorageError
from monitor.ports import PollResult
from tests.adapters.storage import (
    DAY,
    FIGHTERS,
    HOUR,
    NOW,
    TRAFFICKING,
    URL,
    Stores,
    alert,
    hit,
    item,
    opened,
    scored,
    story,
    update,
)

LEASE = timedelta(minutes=5)


@pytest.fixture(params=["sqlite", "memory"])
def stores(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stores]:
    with opened(request.param, tmp_path) as stores:
        yield stores


def attempt(
    alert_id: int, state: AlertState = AlertState.SENT, at: datetime = NOW, due: datetime | None = None
) -> Attempt:
    ok = state is AlertState.SENT
    return Attempt(alert_id, at, ok, None if ok else "the service said no", state, due)


def waiting_ids(stores: Stores, now: datetime = NOW) -> list[int]:
    return [one.alert_id for one in stores.outbox.waiting(now)]


def test_a_waiting_alert_says_whose_it_is_and_the_best_score_of_its_story(stores: Stores) -> None:
    feed = stores.feed()
    one = stores.tell(feed, "Lured", score=0.7)
    (known,) = stores.store.open_stories(NOW)
    stores.store.record(PollResult(update(feed), items=(scored(item("b"), score=0.95, story_id=known.id),)))
    (waiting,) = stores.outbox.waiting(NOW)
    assert (waiting.alert_id, waiting.channel, waiting.reason) == (one, "desk", Reason.FIRST_HIT)
    assert (waiting.created_at, waiting.due_at, waiting.score) == (NOW, NOW, 0.95)


def test_alerts_wait_oldest_first_until_they_are_due(stores: Stores) -> None:
    feed = stores.feed()
    late = stores.tell(feed, "Late", at=NOW + HOUR)
    early = stores.tell(feed, "Early")
    assert waiting_ids(stores, NOW - timedelta(microseconds=1)) == []
    assert waiting_ids(stores) == [early]
    assert waiting_ids(stores, NOW + HOUR) == [early, late]


def test_suppressed_alerts_never_wait(stores: Stores) -> None:
    feed = stores.feed()
    planned = alert(-1, state=AlertState.SUPPRESSED, reason=Reason.OLD_NEWS)
    told = PollResult(
        update(feed), items=(scored(item("a"), story_id=-1),), stories=(story(-1, "Old"),), alerts=(planned,)
    )
    stores.store.record(told)
    assert waiting_ids(stores, NOW + DAY) == []


def test_a_leased_alert_carries_everything_its_message_says(stores: Stores) -> None:
    feed, other = stores.feed(), stores.feed(URL + "/2", "Wire")
    one = stores.tell(feed, "Lured")
    (known,) = stores.store.open_stories(NOW)
    later = scored(item("b", "summary", published_at=None), story_id=known.id)
    changed = story(known.id, "Lured", outlets=("Desk", "Wire"))
    stores.store.record(PollResult(update(other, polled_at=NOW + HOUR), items=(later,), stories=(changed,)))
    (leased,) = stores.outbox.lease([one], NOW, NOW + LEASE)
    assert (leased.id, leased.channel, leased.reason, leased.key) == (one, "desk", "first_hit", "Lured/desk")
    assert (leased.created_at, leased.attempts) == (NOW, 0)
    (notice,) = leased.notices
    assert (notice.story_id, notice.title, notice.outlets) == (known.id, "Lured", 2)
    first, second = notice.tellings
    assert (first.title, first.url, first.outlet) == ("Lured", "https://news.example/Lured", "Desk")
    assert (first.published_at, first.first_seen_at, first.hits) == (NOW, NOW, (hit(),))
    assert (second.title, second.summary, second.outlet) == ("b", "summary", "Wire")
    assert (second.published_at, second.first_seen_at) == (None, NOW + HOUR)


def test_a_notice_of_a_big_story_carries_its_first_its_strongest_and_its_latest_tellings(stores: Stores) -> None:
    """Also where each item has two hits; the score a message shows is the story's, the news is among the latest."""
    feed = stores.feed()
    one = stores.tell(feed, "Lured")
    (known,) = stores.store.open_stories(NOW)
    more = [scored(item(f"item {number}"), score=0.6 + number % 10 / 100, story_id=known.id) for number in range(20)]
    both = (hit(0.55, TRAFFICKING), hit(0.99, FIGHTERS))
    more[5] = replace(more[5], hits=both)
    more[7] = replace(more[7], hits=(hit(0.97),))
    more[18] = replace(more[18], hits=(*both[:1], hit(0.6, FIGHTERS)))
    stores.store.record(PollResult(update(feed), items=tuple(more)))
    (leased,) = stores.outbox.lease([one], NOW, NOW + LEASE)
    titles = [telling.title for telling in leased.notices[0].tellings]
    assert titles == ["Lured", "item 5", "item 7", "item 16", "item 17", "item 18", "item 19"]
    assert [len(telling.hits) for telling in leased.notices[0].tellings] == [1, 2, 1, 1, 1, 2, 1]


def test_a_leased_alert_is_nobody_elses_until_the_lease_ends(stores: Stores) -> None:
    """A worker that died in the middle of sending leaves a lease behind; its alert is sent after all."""
    one = stores.tell(stores.feed(), "Lured")
    assert len(stores.outbox.lease([one], NOW, NOW + LEASE)) == 1
    assert stores.outbox.lease([one], NOW, NOW + LEASE) == []
    assert waiting_ids(stores, NOW + LEASE - timedelta(microseconds=1)) == []
    assert waiting_ids(stores, NOW + LEASE) == [one]
    assert [again.id for again in stores.outbox.lease([one], NOW + LEASE, NOW + 2 * LEASE)] == [one]


def test_leases_come_oldest_first_and_only_for_what_was_asked(stores: Stores) -> None:
    feed = stores.feed()
    first, second, _ = (stores.tell(feed, title) for title in ("a", "b", "c"))
    assert [one.id for one in stores.outbox.lease([second, first, 999], NOW, NOW + LEASE)] == [first, second]
    assert stores.outbox.lease([], NOW, NOW + LEASE) == []


def test_a_sent_alert_is_done_and_counted_for_its_channel(stores: Stores) -> None:
    feed = stores.feed()
    one, other = stores.tell(feed, "a"), stores.tell(feed, "b", channel="mail")
    stores.outbox.lease([one, other], NOW, NOW + LEASE)
    stores.outbox.finish(attempt(one))
    stores.outbox.finish(attempt(other, AlertState.PENDING, due=NOW + HOUR))
    assert waiting_ids(stores, NOW + HOUR) == [other]
    assert stores.outbox.sent_since(NOW) == {"desk": 1}
    assert stores.outbox.sent_since(NOW + timedelta(microseconds=1)) == {}


def test_a_failed_attempt_is_tried_again_when_it_is_due_and_counted(stores: Stores) -> None:
    one = stores.tell(stores.feed(), "a")
    stores.outbox.lease([one], NOW, NOW + LEASE)
    stores.outbox.finish(attempt(one, AlertState.PENDING, due=NOW + HOUR))
    assert waiting_ids(stores, NOW + HOUR - timedelta(microseconds=1)) == []
    (leased,) = stores.outbox.lease([one], NOW + HOUR, NOW + HOUR + LEASE)
    assert leased.attempts == 1


def test_the_end_of_an_attempt_ends_the_lease(stores: Stores) -> None:
    one = stores.tell(stores.feed(), "a")
    stores.outbox.lease([one], NOW, NOW + LEASE)
    stores.outbox.finish(attempt(one, AlertState.PENDING, due=NOW + LEASE / 2))
    assert waiting_ids(stores, NOW + LEASE / 2) == [one]


def test_an_alert_that_is_known_is_not_planned_again_once_it_is_sent(stores: Stores) -> None:
    feed = stores.feed()
    stores.outbox.finish(attempt(stores.tell(feed, "Lured")))
    (known,) = stores.store.open_stories(NOW)
    stores.store.record(PollResult(update(feed), alerts=(alert(known.id, key="Lured/desk"),)))
    assert waiting_ids(stores) == []


def test_an_alert_of_a_story_without_hits_scores_nothing(stores: Stores) -> None:
    bare = replace(scored(item("a"), story_id=-1), hits=())
    told = PollResult(update(stores.feed()), items=(bare,), stories=(story(-1, "Bare"),), alerts=(alert(-1),))
    stores.store.record(told)
    assert [one.score for one in stores.outbox.waiting(NOW)] == [0]


def test_a_dead_alert_waits_no_more_but_its_story_counts_as_told(stores: Stores) -> None:
    one = stores.tell(stores.feed(), "a")
    stores.outbox.finish(attempt(one, AlertState.DEAD))
    (known,) = stores.store.open_stories(NOW)
    assert waiting_ids(stores, NOW + DAY) == []
    assert set(stores.store.histories([known.id])[known.id].told) == {"desk"}


def test_a_failure_that_comes_in_late_does_not_undo_a_success(stores: Stores) -> None:
    """Two workers, one alert: the lease ended while the first was still sending."""
    one = stores.tell(stores.feed(), "a")
    stores.outbox.finish(attempt(one))
    stores.outbox.finish(attempt(one, AlertState.PENDING, due=NOW))
    assert waiting_ids(stores, NOW + DAY) == []
    assert stores.outbox.sent_since(NOW) == {"desk": 1}


def test_a_late_success_counts_for_an_alert_given_up(stores: Stores) -> None:
    one = stores.tell(stores.feed(), "a")
    stores.outbox.finish(attempt(one, AlertState.DEAD))
    stores.outbox.finish(attempt(one))
    assert stores.outbox.sent_since(NOW) == {"desk": 1}
    assert stores.outbox.requeue_dead(NOW) == 0


def test_requeued_alerts_start_anew_in_the_channel_asked_for(stores: Stores) -> None:
    feed = stores.feed()
    one, other = stores.tell(feed, "a"), stores.tell(feed, "b", channel="mail")
    stores.outbox.finish(attempt(one, AlertState.DEAD))
    stores.outbox.finish(attempt(other, AlertState.DEAD))
    assert stores.outbox.requeue_dead(NOW + DAY, "mail") == 1
    assert waiting_ids(stores, NOW + DAY) == [other]
    assert stores.outbox.requeue_dead(NOW + DAY) == 1
    assert [leased.attempts for leased in stores.outbox.lease([one, other], NOW + DAY, NOW + 2 * DAY)] == [0, 0]


def test_the_outcome_of_an_unknown_alert_is_refused(stores: Stores) -> None:
    with pytest.raises(StorageError):
        stores.outbox.finish(attempt(77))


def test_a_digest_replaces_its_alerts_and_tells_the_highest_score_first(stores: Stores) -> None:
    feed = stores.feed()
    low, high, alone = stores.tell(feed, "Low", score=0.6), stores.tell(feed, "High"), stores.tell(feed, "Alone")
    (digest,) = stores.outbox.fold([Fold("desk", (high, low), "digest/1")], NOW + HOUR)
    assert waiting_ids(stores) == [alone]
    assert waiting_ids(stores, NOW + HOUR) == [alone, digest]
    (waiting,) = [one for one in stores.outbox.waiting(NOW + HOUR) if one.alert_id == digest]
    assert (waiting.reason, waiting.created_at, waiting.score) == (Reason.DIGEST, NOW + HOUR, 0.9)
    (leased,) = stores.outbox.lease([digest], NOW + HOUR, NOW + HOUR + LEASE)
    assert [notice.title for notice in leased.notices] == ["High", "Low"]
    assert (leased.reason, leased.key) == ("digest", "digest/1")


def test_several_digests_are_stored_each_for_its_channel(stores: Stores) -> None:
    feed = stores.feed()
    one, other = stores.tell(feed, "a"), stores.tell(feed, "b", channel="mail")
    digests = stores.outbox.fold([Fold("desk", (one,), "digest/1"), Fold("mail", (other,), "digest/2")], NOW)
    assert list(digests.values()) == ["desk", "mail"]
    leased = stores.outbox.lease(list(digests), NOW, NOW + LEASE)
    assert {alert.id: alert.channel for alert in leased} == digests


def test_stories_told_in_a_digest_count_as_told(stores: Stores) -> None:
    feed = stores.feed()
    stores.outbox.fold([Fold("desk", (stores.tell(feed, "a"), stores.tell(feed, "b")), "digest/1")], NOW)
    ids = {one.id for one in stores.store.open_stories(NOW)}
    assert [set(history.told) for history in stores.store.histories(ids).values()] == [{"desk"}, {"desk"}]


def test_a_digest_folded_again_brings_its_stories_along(stores: Stores) -> None:
    feed = stores.feed()
    (first,) = stores.outbox.fold([Fold("desk", (stores.tell(feed, "a"), stores.tell(feed, "b")), "digest/1")], NOW)
    (second,) = stores.outbox.fold([Fold("desk", (first, stores.tell(feed, "c")), "digest/2")], NOW)
    assert waiting_ids(stores) == [second]
    (leased,) = stores.outbox.lease([second], NOW, NOW + LEASE)
    assert {notice.title for notice in leased.notices} == {"a", "b", "c"}


def test_an_alert_is_never_lost_in_a_digest_that_has_left_already(stores: Stores) -> None:
    feed = stores.feed()
    one, two = stores.tell(feed, "a"), stores.tell(feed, "b")
    (digest,) = stores.outbox.fold([Fold("desk", (one,), "digest/1")], NOW)
    stores.outbox.finish(attempt(digest))
    assert stores.outbox.fold([Fold("desk", (two,), "digest/1")], NOW) == {}
    assert waiting_ids(stores) == [two]


def test_the_same_digest_is_stored_once(stores: Stores) -> None:
    feed = stores.feed()
    fold = Fold("desk", (stores.tell(feed, "a"), stores.tell(feed, "b")), "digest/1")
    (digest,) = stores.outbox.fold([fold], NOW)
    assert stores.outbox.fold([fold], NOW) == {digest: "desk"}
    assert stores.outbox.fold([Fold("desk", (digest,), "digest/1")], NOW) == {digest: "desk"}
    assert waiting_ids(stores) == [digest]


def test_a_digest_takes_no_alert_that_is_leased_done_or_of_another_channel(stores: Stores) -> None:
    feed = stores.feed()
    leased, done, foreign = stores.tell(feed, "a"), stores.tell(feed, "b"), stores.tell(feed, "c", channel="mail")
    stores.outbox.lease([leased], NOW, NOW + LEASE)
    stores.outbox.finish(attempt(done))
    assert stores.outbox.fold([Fold("desk", (leased, done, foreign, 999), "digest/1")], NOW) == {}
    assert waiting_ids(stores, NOW + LEASE) == [leased, foreign]


THIRD, NEPAL = News(Reason.THIRD_OUTLET, "3"), News(Reason.NEW_COUNTRY, "NP")


def tell_again(stores: Stores, feed: Feed, *news: News, at: datetime = NOW, key: str = "again") -> int:
    """Store an update about the only story; the alert's id."""
    (known,) = stores.store.open_stories(NOW)
    told = Facts(3, frozenset({"NP"}), 0.9)
    planned = alert(known.id, reason=news[0].reason, news=news, told=told, at=at, key=key)
    stores.store.record(PollResult(update(feed, polled_at=at), alerts=(planned,)))
    return max(waiting_ids(stores, at))


def test_an_update_says_its_news(stores: Stores) -> None:
    feed = stores.feed()
    stores.outbox.finish(attempt(stores.tell(feed, "Lured")))
    one = tell_again(stores, feed, NEPAL, THIRD)
    (leased,) = stores.outbox.lease([one], NOW, NOW + LEASE)
    assert (leased.reason, leased.notices[0].news) == ("new_country", (NEPAL, THIRD))


def test_an_alert_that_waits_brings_the_others_of_its_story_along(stores: Stores) -> None:
    """A first alert may be due later than the update, after a failed attempt; they are planned together."""
    feed = stores.feed()
    first = stores.tell(feed, "Lured")
    stores.outbox.finish(attempt(first, AlertState.PENDING, due=NOW + HOUR))
    second = tell_again(stores, feed, THIRD)
    stores.tell(feed, "Another")
    waiting = {one.alert_id: one for one in stores.outbox.waiting(NOW)}
    assert {first, second} < set(waiting)
    assert waiting[first].story_id == waiting[second].story_id is not None


def test_an_update_joined_to_the_first_alert_is_told_by_it_and_is_no_update(stores: Stores) -> None:
    feed = stores.feed()
    first = stores.tell(feed, "Lured")
    second = tell_again(stores, feed, THIRD)
    stores.outbox.join([Join(first, (second,))], NOW)
    assert waiting_ids(stores) == [first]
    (leased,) = stores.outbox.lease([first], NOW, NOW + LEASE)
    assert [notice.news for notice in leased.notices] == [()]


def test_updates_joined_tell_the_news_of_both(stores: Stores) -> None:
    feed = stores.feed()
    stores.outbox.finish(attempt(stores.tell(feed, "Lured")))
    one, other = tell_again(stores, feed, THIRD), tell_again(stores, feed, NEPAL, key="other")
    stores.outbox.join([Join(one, (other,))], NOW)
    (leased,) = stores.outbox.lease([one], NOW, NOW + LEASE)
    assert [notice.news for notice in leased.notices] == [(NEPAL, THIRD)]


def test_what_was_joined_goes_along_into_a_digest(stores: Stores) -> None:
    feed = stores.feed()
    first = stores.tell(feed, "Lured")
    second = tell_again(stores, feed, THIRD)
    stores.outbox.join([Join(first, (second,))], NOW)
    other = stores.tell(feed, "Another")
    (digest,) = stores.outbox.fold([Fold("desk", (first, other), "digest/1")], NOW)
    (leased,) = stores.outbox.lease([digest], NOW, NOW + LEASE)
    assert sorted(notice.title for notice in leased.notices) == ["Another", "Lured"]


def test_an_update_is_not_joined_to_what_is_on_its_way_or_another_story(stores: Stores) -> None:
    """The message on its way does not say the news: the update waits, and leaves by itself."""
    feed = stores.feed()
    first = stores.tell(feed, "Lured")
    second = tell_again(stores, feed, THIRD)
    other = stores.tell(feed, "Another")
    stores.outbox.join([Join(other, (second,)), Join(second, (other,))], NOW)
    stores.outbox.lease([first], NOW, NOW + LEASE)
    stores.outbox.join([Join(first, (second,))], NOW)
    assert waiting_ids(stores) == [second, other]
    stores.outbox.join([Join(second, (first,))], NOW)
    stores.outbox.finish(attempt(first))
    assert waiting_ids(stores) == [second, other]


def test_what_a_channel_was_told_adds_up_over_its_alerts(stores: Stores) -> None:
    feed = stores.feed()
    stores.tell(feed, "Lured", score=0.95)
    (known,) = stores.store.open_stories(NOW)
    tell_again(stores, feed, THIRD)
    suppressed = alert(known.id, key="no", state=AlertState.SUPPRESSED, reason=Reason.ALREADY_TOLD)
    later = scored(item("b"), score=0.7, story_id=known.id, countries=("NP", "RU"))
    stores.store.record(PollResult(update(feed), items=(later,), alerts=(suppressed,)))
    history = stores.store.histories([known.id])[known.id]
    assert history.scores == {TRAFFICKING: 0.95}
    assert history.countries == frozenset({"NP", "RU"})
    assert history.told == {"desk": Facts(3, frozenset({"NP"}), 0.9)}
