"""Stored → Forgotten: may what is old be deleted now, or is the clock perhaps wrong?

A clock that jumps ahead makes everything old at once. What the database remembers of the last days tells of it: where
time leapt, nothing happened in between. A service that was really off leaves the same gap, so nobody is asked to tell
the two apart: whatever the reason, deleting waits until the time after the leap has held for a week.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

GAP = timedelta(days=3)
"""A weekend during which the machine is off. A shorter leap passes: what is kept for 180 days may go 3 days early."""

HELD = timedelta(days=7)
"""Time enough to notice a wrong clock, with which hardly any feed can be fetched: certificates seem to have expired."""


class Reason(StrEnum):
    """Why nothing is deleted now."""

    CLOCK_AHEAD = "clock_ahead"  # nothing happened for longer than is usual: the clock leapt, or the service was off
    TIME_IS_NEW = "time_is_new"  # the same, and since then not long enough ago


@dataclass(frozen=True, slots=True)
class Doubt:
    """Time leapt from `before` to `after`; both UTC."""

    reason: Reason
    before: datetime
    after: datetime

    @property
    def ends_at(self) -> datetime:
        """When it is over, if the service runs on."""
        return self.after + HELD


def doubt(now: datetime, moments: Iterable[datetime], kept: timedelta) -> Doubt | None:
    """Why nothing should be deleted now; None where nothing speaks against it.

    What happened later than now was noted by a clock that was ahead then, and says nothing.

    Args:
        now: what the clock says, UTC.
        moments: when something happened, in the last HELD and longer before, if only once there.
        kept: the shortest retention in force; a leap of half of it is too much at any rate.
    """
    gap, after = min(GAP, kept / 2), now
    for before in sorted((moment for moment in moments if moment <= now), reverse=True):
        if after - before > gap:
            return Doubt(Reason.CLOCK_AHEAD if after == now else Reason.TIME_IS_NEW, before, after)
        after = before
        if now - after >= HELD:
            break
    return None
