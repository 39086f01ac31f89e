"""Hubs: what is asked when, what is answered, and when a hub is trusted to replace polls."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain import websub
from monitor.domain.websub import Announcement, Decision, Refusal, State, Step, Subscription

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NEWS = Announcement("https://hub.example/", "https://news.example/feed")
FEED = "https://news.example/feed"
NEW = websub.begun(7, NEWS, "path", NOW)
ASKED = websub.asked(NEW, Decision(Step.SUBSCRIBE, "asked"), NOW)


def yes(subscription: Subscription, at: datetime = NOW, lease: str = "86400") -> Subscription:
    """The hub confirms."""
    after = websub.confirmed(subscription, mode="subscribe", topic=NEWS.topic, lease=lease, now=at)
    assert isinstance(after, Subscription)
    return after


def step(subscription: Subscription, at: datetime = NOW, announced: Announcement | None = NEWS) -> tuple[str, str]:
    decision = websub.next_step(subscription, announced, at, feed_url=FEED)
    return decision.step, decision.reason


ACTIVE = yes(ASKED)


def test_a_subscription_is_asked_for_confirmed_and_renewed_before_its_lease_ends() -> None:
    """Asked at once, left alone while it holds, asked again at three quarters of the lease."""
    assert step(NEW) == ("subscribe", "asked")
    assert step(ASKED) == ("rest", "asked")
    assert (ACTIVE.state, ACTIVE.expires_at) == (State.ACTIVE, NOW + DAY)
    assert step(ACTIVE, NOW + 17 * HOUR) == ("rest", "confirmed")
    assert step(ACTIVE, NOW + 18 * HOUR) == ("subscribe", "renewal")
    renewing = websub.asked(ACTIVE, Decision(Step.SUBSCRIBE, "renewal"), NOW + 18 * HOUR)
    assert (renewing.state, renewing.listens(NOW + 18 * HOUR)) == (State.RENEWING, True)
    assert yes(renewing, NOW + 18 * HOUR).expires_at == NOW + 42 * HOUR


def test_a_hub_that_does_not_confirm_is_asked_again_later_each_time() -> None:
    """Ten minutes to confirm; then waits that double up to a day."""
    assert step(ASKED, NOW + websub.VERIFY_WITHIN) == ("fail", "not_verified")
    one, waits, at = ASKED, [], NOW
    for _ in range(12):
        one = websub.failed(one, "not_verified", now=at, jitter=0.0)
        assert one.state is State.WAITING
        waits.append(one.due_at - at)
        at = one.due_at
        assert step(one, at) == ("subscribe", "asked")
    assert waits[:3] == [timedelta(minutes=10), timedelta(minutes=20), timedelta(minutes=40)]
    assert waits[-1] == DAY


def test_a_failed_renewal_leaves_the_lease_and_its_end_begins_anew() -> None:
    """What was confirmed holds to its end, and is asked for again meanwhile; afterwards the hub is not listened to."""
    renewing = websub.asked(ACTIVE, Decision(Step.SUBSCRIBE, "renewal"), NOW + 18 * HOUR)
    after = websub.failed(renewing, "hub_http_503", now=NOW + 18 * HOUR, jitter=0.0)
    assert (after.state, after.expires_at, after.reason) == (State.ACTIVE, NOW + DAY, "hub_http_503")
    assert step(after, after.due_at) == ("subscribe", "renewal")
    assert not after.listens(NOW + DAY)
    assert step(after, NOW + DAY) == ("subscribe", "lease_ended")
    assert websub.asked(after, Decision(Step.SUBSCRIBE, "lease_ended"), NOW + DAY).state is State.ASKED


@pytest.mark.parametrize(
    ("known", "said", "reason"),
    [
        (ASKED, {"topic": "https://other.example/feed"}, "other_topic"),
        (ASKED, {"mode": "unsubscribe"}, "not_asked"),
        (ASKED, {"mode": ""}, "not_asked"),
        (ASKED, {"now": NOW + websub.VERIFY_WITHIN + timedelta(seconds=1)}, "not_asked"),
        (NEW, {}, "not_asked"),
        (ASKED, {"lease": ""}, "bad_lease"),
        (ASKED, {"lease": "-5"}, "bad_lease"),
        (ASKED, {"lease": "٣"}, "bad_lease"),
    ],
)
def test_a_hubs_question_is_answered_only_for_what_was_asked(
    known: Subscription, said: dict[str, object], reason: str
) -> None:
    """Another topic, another mode, too late, never asked, or a lease that is no number."""
    given = {"mode": "subscribe", "topic": NEWS.topic, "lease": "600", "now": NOW} | said
    assert websub.confirmed(known, **given) == Refusal(reason)  # type: ignore[arg-type]


def test_a_question_asked_twice_is_answered_twice() -> None:
    """The first answer may have been lost on its way."""
    assert yes(ACTIVE, NOW + timedelta(minutes=1)).state is State.ACTIVE


def test_a_feed_that_moved_or_went_is_left_by_its_hub() -> None:
    """Asked to end it, a few times; then the lease ends by itself."""
    assert step(ACTIVE, announced=Announcement("https://other.example/", NEWS.topic)) == ("unsubscribe", "moved")
    assert step(ACTIVE, announced=None) == ("unsubscribe", "no_hub")
    gone = websub.next_step(ACTIVE, NEWS, NOW, feed_url=FEED, removed=True)
    assert (gone.step, gone.reason) == ("unsubscribe", "feed_removed")
    leaving = websub.asked(ACTIVE, gone, NOW)
    assert websub.confirmed(leaving, mode="subscribe", topic=NEWS.topic, lease="60", now=NOW) == Refusal("not_asked")
    assert websub.confirmed(leaving, mode="unsubscribe", topic=NEWS.topic, lease="", now=NOW) is None
    tries = 1
    while step(leaving, leaving.due_at) == ("unsubscribe", "feed_removed"):
        leaving = websub.asked(leaving, Decision(Step.UNSUBSCRIBE, "feed_removed"), leaving.due_at)
        leaving = websub.failed(leaving, "hub_connect", now=leaving.due_at, jitter=0.0)
        tries += 1
    assert (step(leaving, leaving.due_at), tries) == (("forget", "hub_silent"), websub.LEAVING_TRIES)


def test_a_denied_subscription_waits_for_hours_and_says_why() -> None:
    """At any time, in the hub's own words, cut and made plain; words about another topic are not heard."""
    told = websub.denied(ACTIVE, topic=NEWS.topic, told="no\x1b[31m  such\nfeed" + "x" * 500, now=NOW, jitter=0.0)
    assert told is not None
    assert (told.state, told.reason, told.due_at) == (State.WAITING, "denied", NOW + websub.DENIED_RETRY)
    assert told.error is not None
    assert told.error.startswith("no [31m such feedx")
    assert len(told.error) == 200
    assert websub.denied(ACTIVE, topic="https://other.example/", told="", now=NOW, jitter=0.0) is None


def test_the_secret_of_a_feed_read_over_tls_is_not_told_to_a_hub_without() -> None:
    """It would make the hub the weakest link; a feed without TLS has nothing to lose by it."""
    plain = Announcement("http://hub.example/", FEED)
    one = websub.begun(7, plain, "path", NOW)
    assert websub.next_step(one, plain, NOW, feed_url=FEED) == Decision(Step.FAIL, "hub_without_tls")
    assert websub.next_step(one, plain, NOW, feed_url="http://news.example/").step is Step.SUBSCRIBE


def test_only_a_hub_that_brings_the_news_slows_polls() -> None:
    """Confirmed is not enough; a poll that found what it had not brought ends the trust, its next push restores it."""
    assert websub.trust(None, NOW) == websub.Trust(False, "no_hub")
    assert websub.trust(NEW, NOW) == websub.Trust(False, "announced")
    assert websub.trust(ACTIVE, NOW) == websub.Trust(False, "nothing_pushed_yet")
    pushed = replace(ACTIVE, pushed_at=NOW)
    assert websub.trust(pushed, NOW) == websub.Trust(True, "pushing")
    assert websub.trust(pushed, NOW + DAY) == websub.Trust(False, "confirmed")
    missed = replace(pushed, missed_at=NOW + HOUR)
    assert websub.trust(missed, NOW + HOUR) == websub.Trust(False, "missed_news")
    assert websub.trust(replace(missed, pushed_at=NOW + 2 * HOUR), NOW + 2 * HOUR).slow


times = st.timedeltas(timedelta(0), timedelta(days=40))
events = st.lists(
    st.tuples(st.sampled_from(["tend", "yes", "no", "fail", "push", "miss"]), times, st.integers(0, 10**13)),
    max_size=25,
)


@given(events, st.floats(0, 0.999))
def test_whatever_a_hub_does_it_is_asked_again_and_trusted_only_within_its_lease(
    happened: list[tuple[str, timedelta, int]], jitter: float
) -> None:
    """In any order: something is due within a month, a lease is never longer than a month, trust never without one."""
    one, now = NEW, NOW
    for what, later, lease in happened:
        now += later
        if what == "tend":
            decision = websub.next_step(one, NEWS, now, feed_url=FEED)
            if decision.step is Step.SUBSCRIBE:
                one = websub.asked(one, decision, now)
            elif decision.step is Step.FAIL:
                one = websub.failed(one, decision.reason, now=now, jitter=jitter)
        elif what == "yes":
            answer = websub.confirmed(one, mode="subscribe", topic=NEWS.topic, lease=str(lease), now=now)
            one = answer if isinstance(answer, Subscription) else one
        elif what == "no":
            one = websub.denied(one, topic=NEWS.topic, told="", now=now, jitter=jitter) or one
        elif what == "fail":
            one = websub.failed(one, "hub_timeout", now=now, jitter=jitter, wait=timedelta(seconds=lease % 10**6))
        else:
            one = replace(one, pushed_at=now) if what == "push" else replace(one, missed_at=now)
        assert one.due_at - now <= timedelta(days=30)
        assert one.expires_at is None or one.expires_at - now <= websub.LONGEST_LEASE
        assert one.reason
        if websub.trust(one, now).slow:
            assert one.expires_at is not None
            assert now < one.expires_at
            assert one.pushed_at is not None
        assert websub.next_step(one, NEWS, max(one.due_at, now), feed_url=FEED).step is not Step.REST
