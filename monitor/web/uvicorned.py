"""The HTTP server itself. The only importer of uvicorn."""

import contextlib
import socket
from collections.abc import Iterator
from typing import Any

import uvicorn


class _Server(uvicorn.Server):
    """uvicorn without its signal handlers: the service decides when to stop."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class Serving:
    """Serves an application on a socket inside the event loop."""

    def __init__(self, app: Any) -> None:  # noqa: ANN401 - any ASGI application
        config = uvicorn.Config(app, log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=2)
        self._server = _Server(config)

    async def on(self, bound: socket.socket) -> None:
        """Serve until `end`."""
        await self._server.serve(sockets=[bound])

    def end(self) -> None:
        """Answer what was asked, then stop serving."""
        self._server.should_exit = True
