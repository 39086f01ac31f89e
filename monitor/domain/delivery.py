"""Alert → Delivery: what an attempt to send it means for the alert."""

from dataclasses import dataclass
from datetime import datetime

from monitor.domain.message import Notice


@dataclass(frozen=True, slots=True)
class PendingAlert:
    """An alert leased for sending, with everything its message says; a digest carries many notices."""

    id: int
    channel: str
    reason: str
    key: str
    created_at: datetime
    attempts: int
    notices: tuple[Notice, ...]


@dataclass(frozen=True, slots=True)
class Attempt:
    """The outcome of one attempt: stored as a row of `deliveries`, with the alert's next state."""

    alert_id: int
    attempted_at: datetime
    ok: bool
    error: str | None
    state: str  # AlertState after the attempt
    due_at: datetime | None  # next attempt, where still pending
