"""Serves the pages inside the service's event loop. The only importer of uvicorn."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from typing import Any

import uvicorn

from monitor.errors import MonitorError


class _Server(uvicorn.Server):
    """uvicorn without its signal handlers: the service decides when to stop."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class WebServer:
    """`async with` serves `app`; the socket is bound before anything else starts, so a taken port is told at once.

    Raises:
        MonitorError: the address cannot be bound.
    """

    def __init__(self, app: Any, host: str, port: int) -> None:  # noqa: ANN401 - any ASGI application
        self._socket = _bind(host, port)
        config = uvicorn.Config(app, log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=2)
        self._server = _Server(config)
        self._task: asyncio.Task[None] | None = None

    @property
    def port(self) -> int:
        """The bound port; useful where 0 was asked for."""
        port: int = self._socket.getsockname()[1]
        return port

    async def __aenter__(self) -> "WebServer":
        self._task = asyncio.create_task(self._server.serve(sockets=[self._socket]))
        return self

    async def __aexit__(self, *exc: object) -> None:
        self._server.should_exit = True
        if self._task:
            await asyncio.wait([self._task], timeout=4)
        self._socket.close()


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
