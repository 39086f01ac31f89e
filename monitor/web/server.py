"""Serves the pages inside the service's event loop."""

import asyncio
import logging
import socket
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from monitor.errors import MonitorError

if TYPE_CHECKING:
    from monitor.web.uvicorned import Serving

log = logging.getLogger(__name__)


class WebServer:
    """`async with` serves an application; its socket is bound at once, so that a taken port is told at once.

    Who asks before the application is there waits for it.

    Args:
        make: gives the application. It is called in a thread: what it imports takes half a second.
        host: address to listen on.
        port: 0 for any that is free.
        after: awaited before that is done.

    Raises:
        MonitorError: the address cannot be bound.
    """

    def __init__(
        self,
        make: Callable[[], Any],
        host: str,
        port: int,
        *,
        after: Callable[[], Awaitable[object]] | None = None,
    ) -> None:
        self._socket = _bind(host, port)
        self._make = make
        self._after = after
        self._serving: Serving | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def port(self) -> int:
        """The bound port; useful where 0 was asked for."""
        port: int = self._socket.getsockname()[1]
        return port

    async def __aenter__(self) -> "WebServer":
        self._task = asyncio.create_task(self._serve())
        return self

    async def __aexit__(self, *exc: object) -> None:
        if self._task:
            if self._serving:
                self._serving.end()
                await asyncio.wait([self._task], timeout=4)
            self._task.cancel()
            await asyncio.wait([self._task])
        self._socket.close()

    async def _serve(self) -> None:
        try:
            if self._after:
                await self._after()
            self._serving = await asyncio.to_thread(self._made)
            await self._serving.on(self._socket)
        except Exception:  # alerts matter more than pages, and whoever checks the health gets no answer
            log.exception("web: the pages cannot be served")

    def _made(self) -> "Serving":
        from monitor.web.uvicorned import Serving  # noqa: PLC0415  # in this thread, see `make`

        return Serving(self._make())


def _bind(host: str, port: int) -> socket.socket:
    try:
        family, kind, proto, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        bound = socket.socket(family, kind, proto)
    except OSError as error:
        raise MonitorError(f"web: cannot use address {host}:{port}: {error}; set web.host and web.port") from error
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
        bound.listen(64)  # with SO_REUSEADDR, a socket that only binds does not keep another from the port
    except OSError as error:
        bound.close()
        reason = error.strerror or error
        raise MonitorError(f"web: cannot listen on {host}:{port}: {reason}; set web.port to a free one") from error
    return bound
