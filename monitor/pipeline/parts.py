"""What poll() and deliver() work with, and what they report."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from monitor.domain import story
from monitor.domain.channel import Channel
from monitor.domain.writing import PLAIN_VOICE, Voice
from monitor.pipeline.deciding import Deciding
from monitor.ports import (
    Clock,
    Fetcher,
    FirstLooks,
    Geographer,
    Notifier,
    OutboxStore,
    Parser,
    PollStore,
    Reader,
    Scorer,
)


@dataclass(frozen=True, slots=True)
class PollParts:
    """What poll() works with.

    Attributes:
        first_looks: scores what is new, elsewhere and many at once.
        scorer: the same model here, for what few items need: second looks, and why.
    """

    fetcher: Fetcher
    parser: Parser
    reader: Reader
    first_looks: FirstLooks
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
