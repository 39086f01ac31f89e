"""The real clock."""

import random
from datetime import UTC, datetime


class SystemClock:
    """Wall-clock time in UTC, and jitter from the operating system's randomness."""

    def __init__(self) -> None:
        self._random = random.SystemRandom()

    def now(self) -> datetime:
        """The current time, timezone-aware UTC."""
        return datetime.now(UTC)

    def jitter(self) -> float:
        """A number in [0, 1)."""
        return self._random.random()
