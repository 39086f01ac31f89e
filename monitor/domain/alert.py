"""Stage 6 of 6: Story → Alert: one message about one story for one channel, or a named reason why not."""

from dataclasses import dataclass
from datetime import datetime, time
from enum import StrEnum


class AlertState(StrEnum):
    """Where an alert stands; stored in `alerts.state`."""

    PENDING = "pending"
    SENT = "sent"
    DEAD = "dead"  # given up: a permanent error, or too many attempts
    FOLDED = "folded"  # told inside a digest
    SUPPRESSED = "suppressed"  # decided against, for the reason given


class Reason(StrEnum):
    """Why an alert is sent or not; stored in `alerts.reason`."""

    FIRST_HIT = "first_hit"
    DIGEST = "digest"
    ALREADY_TOLD = "already_told"  # this channel has an alert for the story
    OLD_NEWS = "old_news"  # published too long ago
    BACKLOG = "backlog"  # first poll of a feed, and not fresh
    BELOW_MIN_SCORE = "below_min_score"
    SIGNAL_NOT_WANTED = "signal_not_wanted"


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a channel wants its alerts: at once, every full hour, or daily at a local time."""

    kind: str = "now"  # now | hourly | daily
    at: time | None = None
    timezone: str = "UTC"


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Hours in which alerts wait, unless a score reaches `except_score`."""

    start: time
    end: time
    timezone: str
    except_score: float | None


@dataclass(frozen=True, slots=True)
class Channel:
    """What a channel wants to hear; where it leads stays with the notifier.

    Attributes:
        signals: empty = all.
        min_score: None = each signal's threshold.
        countries: empty = all; ISO 3166 alpha-2 codes.
    """

    name: str
    signals: frozenset[str] = frozenset()
    min_score: float | None = None
    countries: frozenset[str] = frozenset()
    when: Schedule = Schedule()
    quiet: QuietHours | None = None
    max_per_hour: int = 20


@dataclass(frozen=True, slots=True)
class Alert:
    """A decision about one story and one channel. `story_id` is negative while the story is not stored."""

    story_id: int
    channel: str
    state: AlertState
    reason: Reason
    created_at: datetime
    due_at: datetime
    key: str  # idempotency key: one decision is stored once


@dataclass(frozen=True, slots=True)
class Waiting:
    """A pending alert whose time has come; `score` is the highest of its story, for the digest's order."""

    alert_id: int
    channel: str
    reason: Reason
    created_at: datetime
    due_at: datetime
    score: float


@dataclass(frozen=True, slots=True)
class Fold:
    """Alerts of one channel that one digest replaces, highest score first."""

    channel: str
    alert_ids: tuple[int, ...]
    key: str  # idempotency key of the digest


@dataclass(frozen=True, slots=True)
class SendingPlan:
    """What to do with the waiting alerts now; those in neither list stay pending."""

    send: tuple[int, ...]
    folds: tuple[Fold, ...]
