"""What following hubs needs of the world, as Protocols."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from monitor.domain.websub import Announcement, Mode, Subscription


@dataclass(frozen=True, slots=True)
class Tended:
    """A subscription that something may be to be done about, and what its feed says now."""

    subscription: Subscription
    announced: Announcement | None
    feed_url: str
    removed: bool


Change = Callable[[Subscription], Subscription | None]
"""Gives the subscription as it is from now on, None for one to forget."""


class Hub(Protocol):
    """Speaks with hubs."""

    def new_path(self) -> str:
        """The last part of a callback's address, which nobody can guess."""

    async def ask(self, subscription: Subscription, mode: Mode) -> None:
        """Ask the hub to subscribe us or to end it; raises FetchError where it cannot be reached or refuses."""

    def forget(self, path: str) -> None:
        """Drop what is known of a subscription that is over."""


class SubscriptionStore(Protocol):
    """What following hubs reads and writes."""

    def unsubscribed(self, limit: int) -> list[tuple[int, Announcement]]:
        """Feeds that name a hub which was not asked yet, by id."""

    def begin(self, subscription: Subscription) -> None:
        """Store a new subscription."""

    def to_tend(self, now: datetime, limit: int, each: int) -> list[Tended]:
        """Subscriptions that are due, whose lease is over, or whose feed names another hub or is gone.

        At most `limit`, and `each` of one hub.
        """

    def by_path(self, path: str) -> Subscription | None:
        """The subscription whose hub calls there."""

    def change(self, path: str, change: Change) -> Subscription | None:
        """Read, change and store one in one transaction; None where there is none, or it is forgotten.

        Where its hub is no longer listened to, its feed is due as it were without.
        """
