"""A real feed server on loopback, with the manners of the worst ones on the internet."""

import asyncio
import gzip
import threading
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field

import brotli
from aiohttp import web

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]

RSS = "application/rss+xml"


@dataclass(frozen=True, slots=True)
class Entry:
    """One item of a feed made by `rss`; what is None is left out."""

    title: str | None = None
    link: str | None = None
    summary: str | None = None
    guid: str | None = None
    date: str | None = None


def rss(*entries: Entry, title: str = "Test feed", language: str | None = None, extra: str = "") -> bytes:
    """An RSS 2.0 document; texts are escaped, so markup in them arrives as HTML."""

    def element(name: str, text: str | None, attributes: str = "") -> str:
        if text is None:
            return ""
        escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        return f"<{name}{attributes}>{escaped}</{name}>"

    items = "\n".join(
        "<item>"
        + element("title", entry.title)
        + element("link", entry.link)
        + element("description", entry.summary)
        + element("guid", entry.guid, ' isPermaLink="false"')
        + element("pubDate", entry.date)
        + "</item>"
        for entry in entries
    )
    head = element("title", title) + element("language", language) + extra
    return f'<?xml version="1.0" encoding="utf-8"?>\n<rss version="2.0"><channel>{head}{items}</channel></rss>'.encode()


@dataclass(frozen=True, slots=True)
class Seen:
    """A request as it came."""

    path: str
    headers: Mapping[str, str]


@dataclass
class FeedServer:
    """Serves what it was told to, per path; anything else is 404.

    A path may be told anew at any time. `seen` holds all requests, in order.
    """

    origin: str = ""
    seen: list[Seen] = field(default_factory=list)
    _answers: dict[str, Answer] = field(default_factory=dict)
    _over: asyncio.Event = field(default_factory=asyncio.Event)

    def url(self, path: str) -> str:
        """The address of a path, such as `/feed`."""
        return self.origin + path

    def requests(self, path: str) -> list[Seen]:
        """The requests a path had."""
        return [one for one in self.seen if one.path == path]

    def answer(self, path: str, answer: Answer) -> str:
        """Serve whatever `answer` returns; gives the URL, as all that follow do."""
        self._answers[path] = answer
        return self.url(path)

    def serve(
        self,
        path: str,
        body: bytes,
        *,
        status: int = 200,
        content_type: str = RSS,
        headers: Mapping[str, str] | None = None,
    ) -> str:
        """Serve a body."""

        async def answer(_: web.Request) -> web.Response:
            return web.Response(body=body, status=status, headers={"Content-Type": content_type, **(headers or {})})

        return self.answer(path, answer)

    def redirect(self, path: str, target: str, status: int = 302) -> str:
        """Send on to `target`, as given: absolute, relative or nonsense."""
        return self.serve(path, b"", status=status, headers={"Location": target})

    def conditional(self, path: str, body: bytes, *, etag: str = '"1"', last_modified: str | None = None) -> str:
        """Serve a body with validators, and 304 to who has it."""
        headers = {"ETag": etag} | ({"Last-Modified": last_modified} if last_modified else {})

        async def answer(request: web.Request) -> web.Response:
            known = request.headers.get("If-None-Match") == etag
            return web.Response(status=304, headers=headers) if known else web.Response(body=body, headers=headers)

        return self.answer(path, answer)

    def compressed(self, path: str, body: bytes, encoding: str) -> str:
        """Serve a body as gzip, deflate or br."""
        packed = {"gzip": gzip.compress, "deflate": zlib.compress, "br": brotli.compress}[encoding](body)
        return self.serve(path, packed, headers={"Content-Encoding": encoding})

    def bomb(self, path: str, size: int) -> str:
        """Serve a few kilobytes of gzip that unfold to `size` bytes of a feed that never ends."""
        packer = zlib.compressobj(9, wbits=31)
        packed = packer.compress(b'<?xml version="1.0"?><rss version="2.0"><channel><title>')
        block = b" " * 1_000_000
        packed += b"".join(packer.compress(block) for _ in range(size // len(block))) + packer.flush()
        return self.serve(path, packed, headers={"Content-Encoding": "gzip"})

    def endless(self, path: str, size: int) -> str:
        """Stream `size` bytes, without saying how many there will be."""

        async def answer(request: web.Request) -> web.StreamResponse:
            response = web.StreamResponse(headers={"Content-Type": RSS})
            await response.prepare(request)
            block = b"<item><title>more</title></item>" * 4096
            for _ in range(size // len(block)):
                await response.write(block)
            return response

        return self.answer(path, answer)

    def hang(self, path: str) -> str:
        """Take the request and say nothing."""

        async def answer(_: web.Request) -> web.Response:
            await self._over.wait()
            return web.Response()

        return self.answer(path, answer)

    def stall(self, path: str, start: bytes, *, drip: float | None = None) -> str:
        """Send the start of a body and then nothing; with `drip`, one byte more every so many seconds."""

        async def answer(request: web.Request) -> web.StreamResponse:
            response = web.StreamResponse(headers={"Content-Type": RSS})
            await response.prepare(request)
            await response.write(start)
            while not self._over.is_set():
                try:
                    await asyncio.wait_for(self._over.wait(), drip)
                except TimeoutError:
                    await response.write(b" ")
            return response

        return self.answer(path, answer)

    def broken_off(self, path: str, body: bytes, *, claimed: int) -> str:
        """Claim a Content-Length, send `body`, and close the connection."""

        async def answer(request: web.Request) -> web.StreamResponse:
            head = f"HTTP/1.1 200 OK\r\nContent-Type: {RSS}\r\nContent-Length: {claimed}\r\n\r\n".encode()
            assert request.transport is not None
            request.transport.write(head + body)
            request.transport.close()
            return web.Response()

        return self.answer(path, answer)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Note the request and answer it."""
        self.seen.append(Seen(request.path, dict(request.headers)))
        answer = self._answers.get(request.path)
        try:
            return await answer(request) if answer else web.Response(status=404)
        except ConnectionError:  # the client had enough, as it should
            return web.Response()

    def release(self) -> None:
        """Let go of every request that hangs."""
        self._over.set()


@asynccontextmanager
async def feed_server(host: str = "127.0.0.1") -> AsyncIterator[FeedServer]:
    """A feed server in the running loop, on a free port of a loopback address."""
    server = FeedServer()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", server.handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, host, 0)
    await site.start()
    server.origin = "http://{}:{}".format(*runner.addresses[0][:2])
    try:
        yield server
    finally:
        server.release()
        await runner.cleanup()


@contextmanager
def feed_server_in_thread() -> Iterator[FeedServer]:
    """A feed server in a loop and thread of its own, for tests that are not async or that start `monitor` itself."""
    ready = threading.Event()
    found: list[FeedServer] = []
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()

    async def main() -> None:
        async with feed_server() as server:
            found.append(server)
            ready.set()
            await stop.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(main()), name="feed-server")
    thread.start()
    try:
        assert ready.wait(10), "the feed server did not start"
        yield found[0]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
        loop.close()
