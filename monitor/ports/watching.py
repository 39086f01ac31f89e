"""What watch() needs of the world, as Protocols."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from monitor.domain.ops import Condition, Facts, Known


@dataclass(frozen=True, slots=True)
class OpsAlert:
    """Word about the monitor itself, for one channel, to be sent like any alert."""

    channel: str
    subject: str
    lines: tuple[str, ...]
    key: str  # idempotency key


class TroubleStore(Protocol):
    """What watch() reads and writes."""

    def facts(self, now: datetime) -> Facts:
        """What the conditions are judged by."""

    def known(self) -> list[Known]:
        """The troubles that are not told to their end."""

    def last_told(self) -> dict[Condition, datetime]:
        """When each condition was last told of; those never told of are absent."""

    def record(self, known: Sequence[Known], alerts: Sequence[OpsAlert], now: datetime) -> None:
        """Replace what is known, and store the alerts that tell of it, all in one transaction."""
