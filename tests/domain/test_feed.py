"""When a feed is asked, for what, and what is thought of it afterwards."""

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain import pace
from monitor.domain.feed import (
    FULL_EVERY,
    MOVED_AFTER,
    Feed,
    FeedSource,
    FeedState,
    FeedUpdate,
    ParsedFeed,
    Retrieved,
    Unchanged,
    request_for,
)
from monitor.domain.item import IdentityKind, Item, NewItems, identity_of
from monitor.domain.polled import after_failure, after_items, after_unchanged
from monitor.errors import FetchError, ParseError

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
EVERY = timedelta(minutes=15)
URL = "https://example.org/feed"
ITEM = Item("1", "", "Title", "", "en", NOW, identity_of("1", "", "Title", NOW))
SOME = NewItems((ITEM,), (), IdentityKind.GUID)
NONE: NewItems[Item] = NewItems((), (), IdentityKind.GUID)

NEW = Feed(1, FeedSource(URL), NOW)
GOOD = replace(
    NEW, state=FeedState.OK, reason="new_items", last_ok_at=NOW - EVERY, interval=EVERY, etag='"1"',
    last_modified="Mon, 23 Nov 2026 08:00:00 GMT", body_hash="abc", primed=True,
)  # fmt: skip
BODY = Retrieved(b"<rss/>", URL, etag='"2"', last_modified=None, body_hash="def")


def polled(feed: Feed, update: FeedUpdate) -> Feed:
    """The feed as it stands after an update."""
    shared = {one.name for one in fields(Feed)} & {one.name for one in fields(FeedUpdate)}
    return replace(feed, last_polled_at=update.polled_at, **{name: getattr(update, name) for name in shared})


def items(
    feed: Feed, got: Retrieved = BODY, fresh: NewItems[Item] = SOME, *, ttl: timedelta | None = None
) -> FeedUpdate:
    return after_items(feed, got, ParsedFeed((ITEM,), "Name", ttl=ttl), fresh, now=NOW, jitter=0.5, every=EVERY)


def unchanged(feed: Feed, got: Retrieved | Unchanged | None = None) -> FeedUpdate:
    return after_unchanged(feed, got or Unchanged(), now=NOW, jitter=0.5, every=EVERY)


def failed(feed: Feed, reason: str, *, permanent: bool = False, retry_after: timedelta | None = None) -> FeedUpdate:
    error = FetchError(f"it said {reason}", reason=reason, permanent=permanent, retry_after=retry_after)
    return after_failure(feed, error, now=NOW, jitter=0.5)


def wait(update: FeedUpdate) -> timedelta:
    return update.next_poll_at - NOW


def test_a_good_feed_is_asked_whether_it_changed() -> None:
    request = request_for(GOOD, NOW)
    assert (request.url, request.etag, request.last_modified) == (URL, '"1"', "Mon, 23 Nov 2026 08:00:00 GMT")


@pytest.mark.parametrize(
    "feed",
    [
        replace(GOOD, state=FeedState.FAILING),
        replace(GOOD, state=FeedState.PAUSED),
        replace(GOOD, unchanged_polls=FULL_EVERY - 1),
        replace(GOOD, last_ok_at=NOW - timedelta(days=8)),
        replace(GOOD, last_ok_at=None),
    ],
)
def test_a_feed_is_asked_in_full(feed: Feed) -> None:
    """After a failure, now and then, and after a long time: a 304 can be wrong."""
    request = request_for(feed, NOW)
    assert (request.etag, request.last_modified) == (None, None)


def test_a_request_carries_what_the_config_says() -> None:
    source = FeedSource(URL, user_agent="desk/1", headers={"X-Key": "1"})
    request = request_for(replace(NEW, source=source), NOW)
    assert (request.user_agent, request.headers) == ("desk/1", {"X-Key": "1"})


def test_items_turn_a_feed_green_and_prime_it() -> None:
    """Only now are validators and hash recorded."""
    update = items(replace(NEW, state=FeedState.FAILING, failures=3.5, unchanged_polls=4))
    assert (update.state, update.reason, update.failures, update.primed) == (FeedState.OK, "new_items", 0.0, True)
    assert (update.etag, update.last_modified, update.body_hash) == ('"2"', None, "def")
    assert (update.last_ok_at, update.unchanged_polls, update.title) == (NOW, 0, "Name")


def test_the_reason_says_what_came() -> None:
    assert items(GOOD, fresh=NONE).reason == "no_new_items"
    empty = after_items(GOOD, BODY, ParsedFeed(()), NONE, now=NOW, jitter=0.5)
    assert (empty.state, empty.reason) == (FeedState.OK, "no_items")


def test_an_identity_once_degraded_is_kept() -> None:
    update = items(GOOD, fresh=NewItems((), (), IdentityKind.LINK))
    assert update.identity == IdentityKind.LINK
    assert unchanged(polled(GOOD, update)).identity == IdentityKind.LINK


def test_an_unchanged_feed_is_good() -> None:
    update = unchanged(GOOD)
    assert (update.state, update.reason, update.unchanged_polls) == (FeedState.OK, "unchanged", 1)
    assert (update.etag, update.body_hash, update.last_ok_at) == ('"1"', "abc", NOW)


def test_a_304_does_not_turn_a_failing_feed_green() -> None:
    """Nothing was seen of the body that failed."""
    broken = polled(GOOD, after_failure(GOOD, ParseError("a page", reason="html"), now=NOW, jitter=0.5))
    update = unchanged(broken)
    assert (update.state, update.reason, update.failures) == (FeedState.FAILING, "html", 1.0)
    assert update.last_ok_at == GOOD.last_ok_at


def test_the_last_good_body_turns_it_green_again() -> None:
    broken = polled(GOOD, failed(GOOD, "timeout"))
    update = unchanged(broken, replace(BODY, body_hash="abc"))
    assert (update.state, update.failures, update.etag) == (FeedState.OK, 0.0, '"2"')


def test_a_failure_records_nothing_of_the_body() -> None:
    update = failed(GOOD, "timeout")
    assert (update.state, update.reason, update.error) == (FeedState.FAILING, "timeout", "it said timeout")
    assert (update.etag, update.body_hash, update.last_ok_at) == ('"1"', "abc", GOOD.last_ok_at)


@pytest.mark.parametrize(
    ("reason", "weight"),
    [("dns", 0.25), ("timeout", 0.5), ("http_404", 0.5), ("http_429", 0.5), ("http_503", 0.5), ("http_403", 1.0),
     ("html", 1.0), ("too_large", 1.0)],
)  # fmt: skip
def test_failures_weigh_differently(reason: str, weight: float) -> None:
    assert failed(GOOD, reason).failures == weight


def test_back_off_is_linear_and_ends_at_a_month() -> None:
    """A feed is slowed, never given up."""
    feed, waits = GOOD, []
    for _ in range(6):
        update = failed(feed, "html")
        feed = polled(feed, update)
        waits.append(wait(update))
    assert waits == [timedelta(minutes=30 * step) for step in range(1, 7)]
    assert wait(failed(replace(GOOD, failures=1e6), "html")) == pace.MONTH


def test_retry_after_is_honoured_up_to_a_day() -> None:
    assert wait(failed(GOOD, "http_429", retry_after=timedelta(hours=3))) == timedelta(hours=3)
    assert wait(failed(GOOD, "http_429", retry_after=timedelta(days=9))) == timedelta(days=1)
    assert wait(failed(GOOD, "http_429", retry_after=timedelta(seconds=1))) == EVERY


def test_gone_pauses_and_is_asked_again_in_a_month() -> None:
    """Feeds do come back."""
    update = failed(GOOD, "http_410", permanent=True)
    assert (update.state, wait(update)) == (FeedState.PAUSED, pace.MONTH)
    assert items(polled(GOOD, update)).state == FeedState.OK


def test_what_asking_again_cannot_help_is_asked_seldom() -> None:
    assert wait(failed(GOOD, "forbidden_address", permanent=True)) == pace.LONGEST


def test_when_our_own_network_fails_no_feed_is_to_blame() -> None:
    update = after_failure(GOOD, FetchError("no", reason="dns"), now=NOW, jitter=0.5, blameless=True)
    assert (update.state, update.failures, update.reason) == (FeedState.OK, 0.0, "own_network")
    assert wait(update) == pace.SHORTEST


@pytest.mark.parametrize(
    ("reasons", "answered", "ours"),
    [
        (["dns"] * 4, 0, True),
        (["dns", "timeout", "connect", "tls"], 0, True),
        (["dns"] * 4, 1, False),
        (["dns"] * 3, 0, False),
        (["dns"] * 9 + ["http_404"], 0, False),
        ([], 0, False),
    ],
)
def test_four_failing_at_once_and_none_answering_is_our_network(reasons: list[str], answered: int, ours: bool) -> None:
    """An HTTP error is an answer."""
    assert pace.systemic_failure(reasons, answered=answered) is ours


def test_a_permanent_redirect_is_taken_once_it_held() -> None:
    """And given up when the new place fails."""
    moved, feed = replace(BODY, moved_to="https://new.example.org/feed"), GOOD
    for _ in range(MOVED_AFTER):
        assert request_for(feed, NOW).url == URL
        feed = polled(feed, items(feed, moved))
    assert request_for(feed, NOW).url == "https://new.example.org/feed"
    settled = polled(feed, items(feed, BODY))
    assert request_for(settled, NOW).url == "https://new.example.org/feed"
    assert request_for(polled(settled, failed(settled, "http_404")), NOW).url == URL


def test_a_redirect_that_does_not_hold_is_forgotten() -> None:
    moved = replace(BODY, moved_to="https://new.example.org/feed")
    feed = polled(GOOD, items(GOOD, moved))
    assert (feed.moved_to, feed.moved_polls) == ("https://new.example.org/feed", 1)
    other = polled(feed, unchanged(feed, Unchanged(moved_to="https://other.example.org/")))
    assert (other.moved_to, other.moved_polls) == ("https://other.example.org/", 1)
    back = polled(feed, items(feed, BODY))
    assert (back.moved_to, back.moved_polls) == (None, 0)


def test_a_feed_with_headers_of_its_own_is_asked_where_the_config_says() -> None:
    """A key is not sent where a redirect points."""
    source = FeedSource(URL, headers={"X-Key": "1"})
    moved = replace(GOOD, source=source, moved_to="https://new.example.org/", moved_polls=9)
    assert request_for(moved, NOW).url == URL


def test_intervals_follow_what_a_feed_publishes() -> None:
    """Shorter after news, longer without, within bounds."""
    assert items(GOOD).interval < EVERY < unchanged(GOOD).interval
    assert items(replace(GOOD, interval=pace.SHORTEST)).interval == pace.SHORTEST
    assert unchanged(replace(GOOD, interval=pace.LONGEST)).interval == pace.LONGEST
    assert unchanged(replace(GOOD, interval=None)).interval == EVERY * 1.2


def test_a_feed_may_ask_for_patience_up_to_an_hour() -> None:
    assert wait(items(GOOD, ttl=timedelta(minutes=40))) == timedelta(minutes=40)
    assert wait(items(GOOD, replace(BODY, fresh_for=timedelta(days=1)))) == pace.HINT_LIMIT
    assert wait(items(GOOD, ttl=timedelta(minutes=1))) == wait(items(GOOD))


def test_an_interval_of_the_config_is_kept() -> None:
    """Neither news nor hints change it."""
    fixed = replace(GOOD, source=FeedSource(URL, every=timedelta(minutes=2)))
    assert wait(items(fixed, ttl=timedelta(hours=1))) == timedelta(minutes=2)
    assert unchanged(fixed).interval == timedelta(minutes=2)


feeds = st.builds(
    lambda state, failures, interval, polls, moved: replace(
        GOOD, state=state, failures=failures, interval=interval, unchanged_polls=polls, moved_polls=moved,
        moved_to="https://new.example.org/" if moved else None,
    ),
    st.sampled_from([FeedState.NEW, FeedState.OK, FeedState.FAILING, FeedState.PAUSED]),
    st.floats(0, 1e6),
    st.none() | st.timedeltas(pace.SHORTEST, pace.LONGEST),
    st.integers(0, 1000),
    st.integers(0, 5),
)  # fmt: skip
reasons = st.sampled_from(["dns", "timeout", "http_404", "http_410", "http_500", "html", "forbidden_address"])
jitters = st.floats(0, 1, exclude_max=True)
hints = st.none() | st.timedeltas(timedelta(0), timedelta(days=400))


def test_a_feed_is_not_asked_in_the_hours_it_skips() -> None:
    """RSS skipHours, in UTC: the poll waits for the next full hour; a configured interval comes first."""
    skipped = frozenset({(NOW + timedelta(minutes=5)).hour, (NOW + timedelta(hours=1)).hour} | {NOW.hour})
    parsed = ParsedFeed((ITEM,), skip_hours=skipped)
    first = after_items(GOOD, BODY, parsed, SOME, now=NOW, jitter=0.5, every=EVERY)
    assert (first.next_poll_at.hour in skipped, first.next_poll_at.minute) == (False, 0)
    again = after_unchanged(polled(GOOD, first), Unchanged(), now=NOW, jitter=0.5, every=EVERY)
    assert again.next_poll_at.hour not in skipped
    fixed = replace(GOOD, source=replace(GOOD.source, every=timedelta(minutes=2)))
    assert after_items(fixed, BODY, parsed, SOME, now=NOW, jitter=0.5).next_poll_at == NOW + timedelta(minutes=2)


def test_a_feed_that_skips_all_hours_is_asked_all_the_same() -> None:
    """It would never be asked again."""
    parsed = ParsedFeed((ITEM,), skip_hours=frozenset(range(24)))
    update = after_items(GOOD, BODY, parsed, SOME, now=NOW, jitter=0.5, every=EVERY)
    assert update.next_poll_at == items(GOOD).next_poll_at


@given(feeds, reasons, jitters, hints, st.booleans(), st.booleans())
def test_the_next_poll_is_never_sooner_than_minutes_nor_later_than_a_month(
    feed: Feed, reason: str, jitter: float, hint: timedelta | None, permanent: bool, ours: bool
) -> None:
    """Whatever happened, and whatever the server asked for."""
    error = FetchError("no", reason=reason, permanent=permanent, retry_after=hint)
    got = replace(BODY, fresh_for=hint)
    for update in (
        after_items(feed, got, ParsedFeed((ITEM,), ttl=hint), SOME, now=NOW, jitter=jitter, every=EVERY),
        after_unchanged(feed, Unchanged(hint), now=NOW, jitter=jitter, every=EVERY),
        after_failure(feed, error, now=NOW, jitter=jitter, blameless=ours),
    ):
        assert pace.SHORTEST <= update.next_poll_at - NOW <= pace.MONTH
        assert pace.SHORTEST <= update.interval <= pace.LONGEST


@given(feeds, reasons, st.lists(reasons, max_size=8))
def test_more_failures_never_mean_sooner(feed: Feed, reason: str, more: list[str]) -> None:
    """The weight only grows, and with it the wait."""
    worse = feed
    for one in more:
        worse = polled(worse, failed(worse, one))
    assert worse.failures >= feed.failures
    assert wait(failed(worse, reason)) >= wait(failed(feed, reason))


def test_a_feed_without_a_name_is_logged_without_its_query() -> None:
    """A key in the address stays out of the log."""
    secret = Feed(7, FeedSource("https://news.example/feed?key=s3cret"), NOW)
    assert secret.label == "7 (https://news.example/feed)"
    assert Feed(8, FeedSource("https://news.example/feed?key=s3cret", "Desk"), NOW).label == "8 (Desk)"
