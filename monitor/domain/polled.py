"""Stage 1 of 6: Feed → FeedUpdate: what one poll, however it ended, changes on its feed."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

from monitor.domain import pace, websub
from monitor.domain.feed import Feed, FeedState, FeedUpdate, ParsedFeed, Retrieved, Unchanged, target_of
from monitor.domain.item import Item, NewItems


class Failure(Protocol):
    """An error of a fetch or a parse; `permanent` and `retry_after` are read where it has them."""

    reason: str


def after_items(
    feed: Feed,
    got: Retrieved,
    parsed: ParsedFeed,
    fresh: NewItems[Item],
    *,
    now: datetime,
    jitter: float,
    every: timedelta = pace.DEFAULT,
) -> FeedUpdate:
    """A body that parsed. Only here are its validators and its hash recorded, in the update stored with its items."""
    interval = _interval(feed, every, brought_news=bool(fresh.items))
    wait = _wait(feed, interval, [parsed.ttl, got.fresh_for], now, jitter)
    moved_to, moved_polls = _moved(feed, got.moved_to)
    return replace(
        _carried(replace(feed, skip_hours=parsed.skip_hours), now, interval, wait),
        state=FeedState.OK,
        reason="new_items" if fresh.items else "no_new_items" if parsed.items else "no_items",
        last_ok_at=now,
        failures=0.0,
        etag=got.etag,
        last_modified=got.last_modified,
        body_hash=got.body_hash or None,
        unchanged_polls=0,
        moved_to=moved_to,
        moved_polls=moved_polls,
        identity=fresh.identity,
        primed=True,
        announced=got.announced or parsed.announced,
        title=parsed.title or None,
    )


def after_unchanged(
    feed: Feed, got: Retrieved | Unchanged, *, now: datetime, jitter: float, every: timedelta = pace.DEFAULT
) -> FeedUpdate:
    """A 304, or the body of last time again.

    The same body is one that parsed, and makes a failing feed good again; a 304 does not, as nothing was seen.
    """
    interval = _interval(feed, every, brought_news=False)
    wait = _wait(feed, interval, [got.fresh_for], now, jitter)
    moved_to, moved_polls = _moved(feed, got.moved_to)
    update = _carried(feed, now, interval, wait)
    update = replace(update, unchanged_polls=feed.unchanged_polls + 1, moved_to=moved_to, moved_polls=moved_polls)
    if isinstance(got, Retrieved) and feed.primed:
        update = replace(update, etag=got.etag, last_modified=got.last_modified)
    elif feed.state is not FeedState.OK:
        return update
    return replace(update, state=FeedState.OK, reason="unchanged", last_ok_at=now, failures=0.0)


def after_failure(
    feed: Feed,
    error: Failure,
    *,
    now: datetime,
    jitter: float,
    blameless: bool = False,
    every: timedelta = pace.DEFAULT,
) -> FeedUpdate:
    """A fetch or a parse that failed: slowed down by how bad and how often, never given up.

    410 pauses the feed: it is asked once a month, as feeds do come back. A failure at the target of a redirect
    sends the next request back to the configured URL.

    With `blameless` our own network failed (see `pace.systemic_failure`): the feed keeps its state and is asked soon.
    """
    interval = feed.source.every or feed.interval or every
    if blameless:
        update = _carried(feed, now, interval, pace.SHORTEST)
        return replace(update, reason="own_network", error=str(error))
    gone = error.reason == "http_410"
    permanent: bool = getattr(error, "permanent", False)
    failures, asked = feed.failures + pace.weight(error.reason), getattr(error, "retry_after", None)
    wait = pace.after_failing(interval, failures, jitter, retry_after=asked, permanent=permanent)
    return replace(
        _carried(feed, now, interval, pace.MONTH if gone else wait),
        state=FeedState.PAUSED if gone else FeedState.FAILING,
        reason=error.reason,
        failures=failures,
        moved_polls=0,
        error=str(error),
    )


def _carried(feed: Feed, now: datetime, interval: timedelta, wait: timedelta) -> FeedUpdate:
    """What is known of a feed, carried over; each outcome of a poll replaces what it changes."""
    return FeedUpdate(
        feed_id=feed.id,
        state=feed.state,
        reason=feed.reason,
        polled_at=now,
        next_poll_at=pace.awake(now + wait, () if feed.source.every else feed.skip_hours),
        interval=interval,
        last_ok_at=feed.last_ok_at,
        failures=feed.failures,
        etag=feed.etag,
        last_modified=feed.last_modified,
        body_hash=feed.body_hash,
        unchanged_polls=feed.unchanged_polls,
        moved_to=feed.moved_to,
        moved_polls=feed.moved_polls,
        identity=feed.identity,
        primed=feed.primed,
        skip_hours=feed.skip_hours,
        announced=feed.announced,
    )


def _wait(feed: Feed, interval: timedelta, hints: list[timedelta | None], now: datetime, jitter: float) -> timedelta:
    slowed = websub.trust(feed.subscription, now).slow
    return pace.until_next(interval, hints, jitter, fixed=feed.source.every is not None, slowed=slowed)


def _interval(feed: Feed, every: timedelta, *, brought_news: bool) -> timedelta:
    return feed.source.every or pace.adapted(feed.interval or every, brought_news=brought_news)


def _moved(feed: Feed, target: str | None) -> tuple[str | None, int]:
    if target is None:  # asked where it moved to, or it moved back
        return (feed.moved_to, feed.moved_polls) if target_of(feed) != feed.source.url else (None, 0)
    return target, feed.moved_polls + 1 if target == feed.moved_to else 1
