"""Stage 1 of 6: Feed → fetched and parsed, and when to poll it next."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from monitor.domain import pace
from monitor.domain.item import IdentityKind, Item, NewItems

MOVED_AFTER = 3
"""Polls in a row a permanent redirect must hold before its target is asked directly."""

FULL_EVERY = 20
"""Every so many unchanged polls in a row, the feed is asked without validators: some servers answer 304 for ever."""

FULL_AFTER = timedelta(days=7)
"""A last good answer older than this is not worth a conditional request."""


class FeedState(StrEnum):
    """What the monitor thinks of a feed; stored in `feeds.state`."""

    NEW = "new"  # never polled with success
    OK = "ok"
    FAILING = "failing"  # slowed down, still asked
    PAUSED = "paused"  # said 410 Gone, or paused by a person
    REMOVED = "removed"  # no longer in the config; its items stay


@dataclass(frozen=True, slots=True)
class FeedSource:
    """A feed as the config declares it; the URL is its identity."""

    url: str
    name: str = ""
    tags: tuple[str, ...] = ()
    every: timedelta | None = None
    fulltext: str = "off"
    user_agent: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)  # may hold a secret


@dataclass(frozen=True, slots=True)
class Feed:
    """A source together with what polling it has taught."""

    id: int
    source: FeedSource
    next_poll_at: datetime
    state: FeedState = FeedState.NEW
    reason: str = "new"
    last_ok_at: datetime | None = None
    last_polled_at: datetime | None = None
    interval: timedelta | None = None
    failures: float = 0.0  # weighted: hard 1, soft 0.5, DNS 0.25
    etag: str | None = None
    last_modified: str | None = None
    body_hash: str | None = None
    unchanged_polls: int = 0  # in a row, by 304 or the same body
    moved_to: str | None = None  # target of a permanent redirect, taken once it held
    moved_polls: int = 0  # how often in a row
    identity: IdentityKind = IdentityKind.GUID
    primed: bool = False  # its backlog has been stored once
    skip_hours: frozenset[int] = frozenset()  # UTC, in which it wants not to be asked

    @property
    def name(self) -> str:
        """The configured name, else the URL."""
        return self.source.name or self.source.url

    @property
    def label(self) -> str:
        """What logs call it: id and name; of a URL without its query, which may hold a key."""
        return f"{self.id} ({self.name.partition('?')[0] if self.name == self.source.url else self.name})"


@dataclass(frozen=True, slots=True)
class FetchRequest:
    """What to ask a server for; validators are None for an unconditional fetch."""

    url: str
    etag: str | None = None
    last_modified: str | None = None
    user_agent: str | None = None
    accept: str | None = None  # media types wanted; None = those of feeds
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)  # may hold a secret


@dataclass(frozen=True, slots=True)
class Retrieved:
    """A body that came, decompressed, within the size limit."""

    body: bytes
    url: str  # after redirects
    content_type: str = ""
    etag: str | None = None
    last_modified: str | None = None
    moved_to: str | None = None  # where every hop was permanent (301, 308)
    fresh_for: timedelta | None = None  # Cache-Control / Expires
    body_hash: str = ""


@dataclass(frozen=True, slots=True)
class Unchanged:
    """The server said 304."""

    fresh_for: timedelta | None = None
    moved_to: str | None = None  # as in Retrieved


@dataclass(frozen=True, slots=True)
class ParsedFeed:
    """A body that is a feed: its items in document order, and what was wrong with single entries."""

    items: tuple[Item, ...]
    title: str = ""
    lang: str | None = None
    ttl: timedelta | None = None
    skip_hours: frozenset[int] = frozenset()  # UTC
    warnings: tuple[str, ...] = ()  # one line per skipped entry


@dataclass(frozen=True, slots=True)
class FeedUpdate:
    """What a poll changes on a feed; stored in the same transaction as the items it brought."""

    feed_id: int
    state: FeedState
    reason: str
    polled_at: datetime
    next_poll_at: datetime
    interval: timedelta
    last_ok_at: datetime | None
    failures: float
    etag: str | None
    last_modified: str | None
    body_hash: str | None
    unchanged_polls: int
    moved_to: str | None
    moved_polls: int
    identity: IdentityKind
    primed: bool
    skip_hours: frozenset[int] = frozenset()
    title: str | None = None
    error: str | None = None  # the one-line message behind a failing reason


class Failure(Protocol):
    """An error of a fetch or a parse; `permanent` and `retry_after` are read where it has them."""

    reason: str


def request_for(feed: Feed, now: datetime) -> FetchRequest:
    """What to ask for: conditional where the last answer was good and recent, at the URL the feed moved to.

    A failing feed is asked in full: a 304 says nothing about a body that could not be used.
    """
    source = feed.source
    recent = feed.last_ok_at is not None and now - feed.last_ok_at < FULL_AFTER
    conditional = feed.state is FeedState.OK and recent and (feed.unchanged_polls + 1) % FULL_EVERY != 0
    return FetchRequest(
        url=_target(feed),
        etag=feed.etag if conditional else None,
        last_modified=feed.last_modified if conditional else None,
        user_agent=source.user_agent,
        headers=source.headers,
    )


def after_items(
    feed: Feed,
    got: Retrieved,
    parsed: ParsedFeed,
    fresh: NewItems,
    *,
    now: datetime,
    jitter: float,
    every: timedelta = pace.DEFAULT,
) -> FeedUpdate:
    """A body that parsed. Only here are its validators and its hash recorded, in the update stored with its items."""
    interval = _interval(feed, every, brought_news=bool(fresh.items))
    wait = pace.until_next(interval, [parsed.ttl, got.fresh_for], jitter, fixed=feed.source.every is not None)
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
        title=parsed.title or None,
    )


def after_unchanged(
    feed: Feed, got: Retrieved | Unchanged, *, now: datetime, jitter: float, every: timedelta = pace.DEFAULT
) -> FeedUpdate:
    """A 304, or the body of last time again.

    The same body is one that parsed, and makes a failing feed good again; a 304 does not, as nothing was seen.
    """
    interval = _interval(feed, every, brought_news=False)
    wait = pace.until_next(interval, [got.fresh_for], jitter, fixed=feed.source.every is not None)
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


def outlet(feed: Feed, parsed: ParsedFeed) -> str:
    """What to call the feed in a story: the configured name, else what it calls itself, else the URL."""
    named = feed.name != feed.source.url
    return feed.name if named else parsed.title or feed.name


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
    )


def _interval(feed: Feed, every: timedelta, *, brought_news: bool) -> timedelta:
    return feed.source.every or pace.adapted(feed.interval or every, brought_news=brought_news)


def _target(feed: Feed) -> str:
    # Headers of the config may hold a secret meant for the configured host alone.
    held = feed.moved_polls >= MOVED_AFTER and not feed.source.headers
    return feed.moved_to if feed.moved_to and held else feed.source.url


def _moved(feed: Feed, target: str | None) -> tuple[str | None, int]:
    if target is None:  # asked where it moved to, or it moved back
        return (feed.moved_to, feed.moved_polls) if _target(feed) != feed.source.url else (None, 0)
    return target, feed.moved_polls + 1 if target == feed.moved_to else 1
