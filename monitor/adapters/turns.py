"""Whose turn it is to ask a server: so many at once, and one after the other begins at a distance."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from urllib.parse import urlsplit
from weakref import WeakValueDictionary


class Turns:
    """Deals out turns, server by server. What waits here for one server holds up no other.

    Args:
        at_once: requests under way to one server.
        spacing: from the start of one request to a server to the start of the next.
    """

    def __init__(self, at_once: int, spacing: timedelta) -> None:
        self._at_once = at_once
        self._spacing = spacing.total_seconds()
        self._servers: WeakValueDictionary[str, _Server] = WeakValueDictionary()

    @asynccontextmanager
    async def turn(self, url: str) -> AsyncIterator[None]:
        """Wait for a turn at the URL's server, and hold it."""
        host = urlsplit(url).netloc.lower()
        server = self._servers.get(host)
        if server is None:
            server = self._servers[host] = _Server(self._at_once)
        async with server.places:
            loop = asyncio.get_running_loop()
            starts_at = max(loop.time(), server.free_at)
            server.free_at = starts_at + self._spacing
            loop.call_at(server.free_at, _remembered, server)
            await asyncio.sleep(starts_at - loop.time())
            yield


class _Server:
    def __init__(self, at_once: int) -> None:
        self.places = asyncio.Semaphore(at_once)
        self.free_at = 0.0


def _remembered(_server: _Server) -> None:
    """Called when the server is free again; until then, the waiting call keeps it from being forgotten."""
