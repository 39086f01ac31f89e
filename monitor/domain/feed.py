"""Stage 1 of 6: Feed → fetched and parsed, and when to poll it next."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from monitor.domain.item import IdentityKind, Item


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
    headers: Mapping[str, str] = field(default_factory=dict)


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

    @property
    def name(self) -> str:
        """The configured name, else the URL."""
        return self.source.name or self.source.url


@dataclass(frozen=True, slots=True)
class FetchRequest:
    """What to ask a server for; validators are None for an unconditional fetch."""

    url: str
    etag: str | None = None
    last_modified: str | None = None
    user_agent: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


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


@dataclass(frozen=True, slots=True)
class ParsedFeed:
    """A body that is a feed: its items in document order, and what was wrong with single entries."""

    items: tuple[Item, ...]
    title: str = ""
    lang: str | None = None
    ttl: timedelta | None = None
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
    title: str | None = None
    error: str | None = None  # the one-line message behind a failing reason
