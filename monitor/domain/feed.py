"""Stage 1 of 6: Feed → fetched and parsed, and when to poll it next."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from monitor.domain.item import IdentityKind, Item
from monitor.domain.websub import Announcement, Subscription

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
    announced: Announcement | None = None  # the hub it names
    subscription: Subscription | None = None  # with that hub

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
    form: Mapping[str, str] | None = field(default=None, repr=False)  # sent by POST, and may hold one too


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
    announced: Announcement | None = None  # by HTTP headers, which count before what the body says


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
    announced: Announcement | None = None


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
    announced: Announcement | None = None
    title: str | None = None
    error: str | None = None  # the one-line message behind a failing reason


def request_for(feed: Feed, now: datetime) -> FetchRequest:
    """What to ask for: conditional where the last answer was good and recent, at the URL the feed moved to.

    A failing feed is asked in full: a 304 says nothing about a body that could not be used.
    """
    source = feed.source
    recent = feed.last_ok_at is not None and now - feed.last_ok_at < FULL_AFTER
    conditional = feed.state is FeedState.OK and recent and (feed.unchanged_polls + 1) % FULL_EVERY != 0
    return FetchRequest(
        url=target_of(feed),
        etag=feed.etag if conditional else None,
        last_modified=feed.last_modified if conditional else None,
        user_agent=source.user_agent,
        headers=source.headers,
    )


def outlet(feed: Feed, parsed: ParsedFeed) -> str:
    """What to call the feed in a story: the configured name, else what it calls itself, else the URL."""
    named = feed.name != feed.source.url
    return feed.name if named else parsed.title or feed.name


def target_of(feed: Feed) -> str:
    """Where to ask: at the configured URL, or where that has led for good."""
    # Headers of the config may hold a secret meant for the configured host alone.
    held = feed.moved_polls >= MOVED_AFTER and not feed.source.headers
    return feed.moved_to if feed.moved_to and held else feed.source.url
