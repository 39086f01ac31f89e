"""The server that listens before it has anything to serve."""

import asyncio
import logging

import httpx
import pytest
from fastapi import FastAPI

from monitor.web.server import WebServer


def page() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    async def root() -> str:
        return "here"

    return app


async def test_who_asks_early_is_answered_once_the_application_is_there() -> None:
    go = asyncio.Event()
    async with WebServer(page, "127.0.0.1", 0, after=go.wait) as server, httpx.AsyncClient() as client:
        early = asyncio.create_task(client.get(f"http://127.0.0.1:{server.port}/"))
        await asyncio.wait([early], timeout=0.2)
        assert not early.done()
        go.set()
        assert (await early).text == '"here"'


async def test_it_ends_at_once_where_the_application_is_still_waited_for() -> None:
    async with asyncio.timeout(3), WebServer(page, "127.0.0.1", 0, after=asyncio.Event().wait):
        await asyncio.sleep(0)


async def test_an_application_that_cannot_be_made_is_logged_and_stops_nothing_else(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def broken() -> object:
        raise ImportError("a part is missing")

    told = asyncio.Event()

    class Told(logging.Handler):
        def emit(self, _record: logging.LogRecord) -> None:
            told.set()

    logging.getLogger("monitor.web.server").addHandler(handler := Told())
    try:
        async with asyncio.timeout(5), WebServer(broken, "127.0.0.1", 0):
            await told.wait()
    finally:
        logging.getLogger("monitor.web.server").removeHandler(handler)
    assert "the pages cannot be served" in caplog.text
    assert "a part is missing" in caplog.text
