"""What poll() and deliver() work with, and what they report."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from weakref import WeakValueDictionary

from monitor.domain import story
from monitor.domain.channel import Channel
from monitor.domain.writing import PLAIN_VOICE, Voice
from monitor.ports import Clock, Fetcher, Geographer, Notifier, OutboxStore, Parser, PollStore, Reader, Scorer


class Deciding:
    """Whose turn it is: what was polled and what was pushed is decided upon one after the other.

    Stories and alerts depend on what was stored before, whatever the feed; what is new in a feed, on the body before.

    Attributes:
        all: held while deciding or scoring.
    """

    def __init__(self) -> None:
        self.all = asyncio.Lock()
        self._feeds: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()

    def feed(self, feed_id: int) -> asyncio.Lock:
        """Held from the look at what a feed has listed before until it is stored what it lists now."""
        lock = self._feeds.get(feed_id)
        if lock is None:
            lock = self._feeds[feed_id] = asyncio.Lock()
        return lock


@dataclass(frozen=True, slots=True)
class PollParts:
    """What poll() works with."""

    fetcher: Fetcher
    parser: Parser
    reader: Reader
    scorer: Scorer
    store: PollStore
    clock: Clock
    geographer: Geographer
    weigh: story.Weigh
    deciding: Deciding = field(default_factory=Deciding)


@dataclass(frozen=True, slots=True)
class DeliverParts:
    """What deliver() works with; no model, so alerts go out while one is being trained."""

    outbox: OutboxStore
    notifier: Notifier
    clock: Clock
    voice: Voice = PLAIN_VOICE


@dataclass(frozen=True, slots=True)
class Policy:
    """What the config decides; replaced as a whole when the file changes."""

    thresholds: Mapping[str, float]
    channels: Mapping[str, Channel]
    every: timedelta
    concurrency: int = 64
    fulltext_share: float = 0.05
    config_hash: str | None = None  # of the config this was read from


@dataclass(frozen=True, slots=True)
class PollSummary:
    """What one cycle did; `alerts` counts those planned as pending, `articles` pages asked for."""

    feeds_ok: int = 0
    feeds_unchanged: int = 0
    feeds_failed: int = 0
    new_items: int = 0
    hits: int = 0
    stories: int = 0
    alerts: int = 0
    articles: int = 0
    articles_failed: int = 0

    @property
    def feeds(self) -> int:
        """Feeds polled."""
        return self.feeds_ok + self.feeds_unchanged + self.feeds_failed

    @property
    def unanswered(self) -> bool:
        """Feeds were asked, and none answered."""
        return self.feeds > 0 and self.feeds == self.feeds_failed

    def __add__(self, other: "PollSummary") -> "PollSummary":
        return PollSummary(*(getattr(self, name) + getattr(other, name) for name in self.__slots__))


@dataclass(frozen=True, slots=True)
class DeliverySummary:
    """What one round of deliveries did; `pending` were left for later."""

    sent: int = 0
    retried: int = 0
    dead: int = 0
    pending: int = 0
