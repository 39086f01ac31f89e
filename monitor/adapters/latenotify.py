"""A Notifier that is made once there is something to send: Apprise and its services take half a second to import."""

import asyncio
from collections.abc import Callable

from monitor.domain.message import Message
from monitor.ports import Notifier


class LateNotifier:
    """Implements `ports.Notifier` by another.

    Args:
        make: gives the other, in a thread; called once, and again only after it raised.
    """

    def __init__(self, make: Callable[[], Notifier]) -> None:
        self._make = make
        self._made: asyncio.Task[Notifier] | None = None

    async def send(self, channel: str, message: Message) -> None:
        """Send; returns only when the service took it. Raises DeliveryError, permanent or retryable."""
        if self._made is None or (self._made.done() and self._made.exception()):
            self._made = asyncio.create_task(asyncio.to_thread(self._make))
        notifier = await asyncio.shield(self._made)  # whoever stops waiting takes it from nobody
        await notifier.send(channel, message)
