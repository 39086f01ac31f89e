"""Alert → Delivery: what an attempt to send it means for the alert."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.domain.alert import AlertState
from monitor.domain.message import PendingAlert

__all__ = ["FIRST_DELAY", "LONGEST_DELAY", "MAX_ATTEMPTS", "Attempt", "PendingAlert", "failed", "succeeded"]

FIRST_DELAY = timedelta(seconds=30)
"""Wait after the first failed attempt; doubles with each further one."""

LONGEST_DELAY = timedelta(hours=1)
"""Where the doubling stops."""

MAX_ATTEMPTS = 34
"""After these, about a day, the alert is dead: long enough for an outage, and for a person to notice it."""

_LONGEST_RETRY_AFTER = timedelta(days=1)
_ERROR_CHARS = 500


@dataclass(frozen=True, slots=True)
class Attempt:
    """The outcome of one attempt: stored as a row of `deliveries`, with the alert's next state."""

    alert_id: int
    attempted_at: datetime
    ok: bool
    error: str | None
    state: str  # AlertState after the attempt
    due_at: datetime | None  # next attempt, where still pending


def succeeded(pending: PendingAlert, now: datetime) -> Attempt:
    """The channel took the message."""
    return Attempt(pending.id, attempted_at=now, ok=True, error=None, state=AlertState.SENT, due_at=None)


def failed(
    pending: PendingAlert, error: str, *, permanent: bool, retry_after: timedelta | None, now: datetime, jitter: float
) -> Attempt:
    """The channel did not take the message: try again later, or give up.

    Args:
        pending: the alert, `attempts` not counting this one.
        error: one line, without secrets.
        permanent: True where sending the same again cannot succeed.
        retry_after: the wait the service asked for; a shorter one than our own changes nothing.
        now: UTC.
        jitter: in [0, 1); spreads the waits over their last quarter.
    """
    line = " ".join(error.split())[:_ERROR_CHARS]
    if permanent or pending.attempts + 1 >= MAX_ATTEMPTS:
        return Attempt(pending.id, attempted_at=now, ok=False, error=line, state=AlertState.DEAD, due_at=None)
    doubled = FIRST_DELAY * 2 ** min(pending.attempts, 16)
    delay = min(doubled, LONGEST_DELAY) * (0.75 + 0.25 * jitter)
    if retry_after is not None:
        delay = max(delay, min(retry_after, _LONGEST_RETRY_AFTER))
    return Attempt(pending.id, attempted_at=now, ok=False, error=line, state=AlertState.PENDING, due_at=now + delay)
