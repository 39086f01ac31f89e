"""HTTP fetching against a real server: what feeds bring, and what they try."""

import asyncio
import logging
import socket
import threading
from collections.abc import AsyncIterator
from datetime import timedelta
from itertools import pairwise

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult

from monitor.adapters.fetch import HttpFetcher
from monitor.adapters.limits import FetchSettings, user_agent
from monitor.domain.feed import FetchRequest, Retrieved, Unchanged
from monitor.errors import FetchError
from tests.servers import RSS, Entry, FeedServer, feed_server, feed_server_in_thread, rss

BODY = rss(Entry("Port police free twelve men", "https://example.org/1"))
OPEN = FetchSettings(timeout=timedelta(seconds=5), max_bytes=1_000_000, allow_private_addresses=True)
HASTY = FetchSettings(timeout=timedelta(seconds=0.3), max_bytes=1_000_000, allow_private_addresses=True)


@pytest.fixture
async def server() -> AsyncIterator[FeedServer]:
    async with feed_server() as running:
        yield running


async def fetched(url: str, settings: FetchSettings = OPEN, **request: object) -> Retrieved:
    async with HttpFetcher(settings) as fetcher:
        got = await fetcher.fetch(FetchRequest(url, **request))  # type: ignore[arg-type]
    assert isinstance(got, Retrieved)
    return got


async def refused(url: str, settings: FetchSettings = OPEN) -> FetchError:
    async with HttpFetcher(settings) as fetcher:
        with pytest.raises(FetchError) as caught:
            await fetcher.fetch(FetchRequest(url))
    return caught.value


async def test_a_body_comes_with_all_that_the_server_said_of_it(server: FeedServer) -> None:
    """Type, validators, freshness and a hash of the body."""
    headers = {"ETag": '"7"', "Last-Modified": "Mon, 23 Nov 2026 08:00:00 GMT", "Cache-Control": "public, max-age=600"}
    url = server.serve("/feed", BODY, content_type="text/xml; charset=utf-8", headers=headers)
    got = await fetched(url)
    assert got.body == BODY
    assert (got.url, got.content_type) == (url, "text/xml; charset=utf-8")
    assert (got.etag, got.last_modified) == ('"7"', "Mon, 23 Nov 2026 08:00:00 GMT")
    assert (got.fresh_for, got.moved_to) == (timedelta(minutes=10), None)
    assert got.body_hash == (await fetched(url)).body_hash != ""


async def test_the_server_in_a_thread_serves_the_same() -> None:
    """For tests that start the program itself."""
    with feed_server_in_thread() as server:
        assert (await fetched(server.serve("/feed", BODY))).body == BODY
        assert [one.path for one in server.seen] == ["/feed"]


async def test_a_body_not_modified_is_not_sent_again(server: FeedServer) -> None:
    """The validators of last time go out; 304 comes back as Unchanged."""
    url = server.conditional("/feed", BODY, etag='"v1"')
    async with HttpFetcher(OPEN) as fetcher:
        first = await fetcher.fetch(FetchRequest(url))
        assert isinstance(first, Retrieved)
        again = await fetcher.fetch(FetchRequest(url, etag=first.etag, last_modified="Mon, 23 Nov 2026 08:00:00 GMT"))
    assert again == Unchanged()
    assert server.seen[1].headers["If-Modified-Since"] == "Mon, 23 Nov 2026 08:00:00 GMT"


async def test_a_304_nobody_asked_for_is_a_failure(server: FeedServer) -> None:
    """Otherwise a server that always says 304 would look healthy for ever."""
    assert (await refused(server.serve("/feed", b"", status=304))).reason == "unexpected_304"


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br"])
async def test_compressed_bodies_are_unpacked(server: FeedServer, encoding: str) -> None:
    assert (await fetched(server.compressed("/feed", BODY, encoding))).body == BODY
    assert "br" in server.seen[0].headers["Accept-Encoding"]


async def test_a_gzip_bomb_stops_at_the_size_limit(server: FeedServer) -> None:
    """Size is counted after decompression, while it goes on."""
    url = server.bomb("/feed", 300_000_000)
    assert (await refused(url)).reason == "too_large"


async def test_200_megabytes_stop_at_the_size_limit(server: FeedServer) -> None:
    assert (await refused(server.endless("/feed", 200_000_000))).reason == "too_large"


@pytest.mark.parametrize("encoding", ["gzip", "br"])
async def test_a_body_that_is_not_what_its_encoding_says_is_named(server: FeedServer, encoding: str) -> None:
    url = server.serve("/feed", BODY, headers={"Content-Encoding": encoding})
    assert (await refused(url)).reason in {"incomplete", "bad_response"}


async def test_a_connection_that_breaks_off_is_no_feed(server: FeedServer) -> None:
    """Half a feed recorded with its ETag would hide the other half."""
    url = server.broken_off("/feed", BODY, claimed=len(BODY) + 100)
    assert (await refused(url)).reason == "incomplete"


async def test_a_hanging_server_costs_no_more_than_the_time_limit(server: FeedServer) -> None:
    """Whether it never answers, stops in the middle, or sends a byte now and then."""
    urls = [server.hang("/a"), server.stall("/b", BODY[:50]), server.stall("/c", BODY[:50], drip=0.05)]
    async with asyncio.timeout(3):
        errors = await asyncio.gather(*(refused(url, HASTY) for url in urls))
    assert [error.reason for error in errors] == ["timeout"] * 3


async def test_the_time_limit_covers_all_hops(server: FeedServer) -> None:
    server.redirect("/a", "/b")
    server.hang("/b")
    async with asyncio.timeout(3):
        assert (await refused(server.url("/a"), HASTY)).reason == "timeout"


async def test_waiting_for_a_busy_host_is_not_counted(server: FeedServer) -> None:
    """Six feeds of one host, two at once, each taking half the time limit: all come, never three together."""
    running, most = 0, 0

    async def slow(_: web.Request) -> web.Response:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.15)
        running -= 1
        return web.Response(body=BODY, content_type=RSS)

    url = server.answer("/feed", slow)
    settings = FetchSettings(timeout=timedelta(seconds=0.3), allow_private_addresses=True, per_host=2)
    async with HttpFetcher(settings) as fetcher:
        got = await asyncio.gather(*(fetcher.fetch(FetchRequest(f"{url}?n={number}")) for number in range(6)))
    assert len(got) == 6
    assert most == 2


async def test_publishers_are_told_who_asks(server: FeedServer) -> None:
    """A name to look for in the logs, and whom to write to."""
    url = server.serve("/feed", BODY)
    settings = FetchSettings(allow_private_addresses=True, user_agent=user_agent("https://desk.example/monitor"))
    async with HttpFetcher(settings) as fetcher:
        await fetcher.fetch(FetchRequest(url))
    told = server.seen[0].headers["User-Agent"]
    assert told.startswith("trafficking-recruitment-monitor/")
    assert told.endswith(" (+https://desk.example/monitor)")


async def test_requests_to_one_server_begin_at_a_distance(server: FeedServer) -> None:
    """Whatever the number of feeds that are due; another server does not wait for them."""
    began: list[float] = []

    async def answer(_: web.Request) -> web.Response:
        began.append(asyncio.get_running_loop().time())
        return web.Response(body=BODY, content_type=RSS)

    url = server.answer("/feed", answer)
    spacing = timedelta(seconds=0.2)
    settings = FetchSettings(allow_private_addresses=True, per_host=4, spacing=spacing)
    async with HttpFetcher(settings) as fetcher:
        await asyncio.gather(*(fetcher.fetch(FetchRequest(f"{url}?n={number}")) for number in range(3)))
        await fetcher.fetch(FetchRequest(url.replace("127.0.0.1", "localhost")))
    gaps = [after - before for before, after in pairwise(began)]
    assert all(gap >= 0.15 for gap in gaps[:2])  # the clocks of sleeping and of arrival differ a little
    assert gaps[2] < 0.15


async def test_permanent_redirects_are_told_as_far_as_they_are_permanent(server: FeedServer) -> None:
    """301 to /b, then 302 to /c: the feed moved to /b."""
    server.redirect("/a", "/b", 301)
    server.redirect("/b", "/c", 302)
    server.redirect("/d", "/c", 308)
    end = server.serve("/c", BODY)
    got = await fetched(server.url("/a"))
    assert (got.url, got.moved_to) == (end, server.url("/b"))
    assert (await fetched(server.url("/b"))).moved_to is None
    assert (await fetched(server.url("/d"))).moved_to == end


async def test_a_redirect_loop_is_named_with_its_stations(server: FeedServer) -> None:
    server.redirect("/a", "/b")
    server.redirect("/b", "/a")
    error = await refused(server.url("/a"))
    assert error.reason == "redirect_loop"
    assert str(error).count("/a") == 2


async def test_six_redirects_are_too_many(server: FeedServer) -> None:
    for number in range(6):
        server.redirect(f"/{number}", f"/{number + 1}")
    server.serve("/6", BODY)
    assert (await refused(server.url("/0"))).reason == "too_many_redirects"
    assert (await fetched(server.url("/1"))).url == server.url("/6")


@pytest.mark.parametrize(
    "target", ["", "file:///etc/passwd", "ftp://example.org/", "http://u:p@127.0.0.1/", "http://[", "gopher:x"]
)
async def test_a_redirect_to_what_is_not_fetched_is_refused(server: FeedServer, target: str) -> None:
    assert (await refused(server.redirect("/a", target))).reason == "bad_redirect"


@pytest.mark.parametrize(
    "url",
    ["ftp://example.org/x", "file:///etc/passwd", "http:///x", "http://user:secret@example.org/", "http://a\\b/",
     "http://exa mple.org/", "http://example.org/\r\nX: y", "http://example.org:99999/", "//example.org", ""],
)  # fmt: skip
async def test_urls_that_only_mistakes_or_attacks_write_are_refused(url: str) -> None:
    error = await refused(url)
    assert (error.reason, error.permanent) == ("bad_url", True)
    assert "secret" not in str(error)


@pytest.mark.parametrize("status", [401, 403, 404, 410, 429, 500, 503])
async def test_an_http_error_is_named_by_its_status(server: FeedServer, status: int) -> None:
    error = await refused(server.serve("/feed", b"no", status=status, headers={"Retry-After": "120"}))
    assert error.reason == f"http_{status}"
    assert error.retry_after == timedelta(minutes=2)
    assert error.permanent is (status == 410)


async def test_a_refused_connection_and_an_unknown_host_are_told_apart() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        assert (await refused(f"http://127.0.0.1:{port}/")).reason == "connect"
    assert (await refused("http://no-such-host.invalid/")).reason == "dns"


async def test_a_lookup_that_hangs_costs_its_own_fetch_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The loop's threads, in which the database works, stay free."""
    stuck, real = threading.Event(), socket.getaddrinfo

    def hanging(host: str, *rest: object, **named: object) -> object:
        if host == "slow.example.org":
            stuck.wait(10)
            raise socket.gaierror("too late")
        return real(host, *rest, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", hanging)
    fetches = [asyncio.create_task(refused(f"http://slow.example.org:{port}/", HASTY)) for port in range(1, 41)]
    await asyncio.sleep(0)
    assert await asyncio.wait_for(asyncio.to_thread(lambda: "free"), 1) == "free"
    assert {(await fetch).reason for fetch in fetches} == {"timeout"}
    stuck.set()


async def test_plain_http_where_tls_was_asked_for_is_named(server: FeedServer) -> None:
    url = server.serve("/feed", BODY).replace("http://", "https://")
    assert (await refused(url)).reason == "tls"


class Turning(AbstractResolver):
    """Says a public name is here; the second time it says another of our addresses, as a rebinding attack does."""

    def __init__(self, *addresses: str) -> None:
        self.addresses = list(addresses)

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_INET,  # noqa: ARG002  # the interface
    ) -> list[ResolveResult]:
        address = self.addresses.pop(0) if len(self.addresses) > 1 else self.addresses[0]
        return [ResolveResult(hostname=host, host=address, port=port, family=socket.AF_INET, proto=0, flags=0)]

    async def close(self) -> None:
        pass


CLOSED = FetchSettings(timeout=timedelta(seconds=3), max_bytes=1_000_000)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "0x7f.1", "127.1", "2130706433", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0"]
)
async def test_private_addresses_are_refused_in_every_spelling(server: FeedServer, host: str) -> None:
    """Nothing of the request reaches the server."""
    port = server.origin.rpartition(":")[2]
    error = await refused(f"http://{host}:{port}/feed", CLOSED)
    assert error.reason in {"forbidden_address", "bad_url"}
    assert error.permanent
    assert server.seen == []


async def test_a_name_that_resolves_to_a_private_address_is_refused(server: FeedServer) -> None:
    port = server.origin.rpartition(":")[2]
    async with HttpFetcher(CLOSED, resolver=Turning("127.0.0.1")) as fetcher:
        with pytest.raises(FetchError) as caught:
            await fetcher.fetch(FetchRequest(f"http://feeds.example.org:{port}/feed"))
    assert caught.value.reason == "forbidden_address"
    assert server.seen == []


async def test_a_name_that_resolves_anew_is_checked_anew(server: FeedServer) -> None:
    """DNS rebinding: the first answer is fine (here 127.0.0.1), the second points inside (here 127.0.0.2)."""
    async with feed_server("127.0.0.2") as inside:
        inside.serve("/feed", BODY)
        server.serve("/feed", BODY, headers={"Connection": "close"})
        turning = Turning("127.0.0.1", "127.0.0.2")
        async with HttpFetcher(CLOSED, resolver=turning, forbidden=lambda address: address == "127.0.0.2") as fetcher:
            ports = [one.origin.rpartition(":")[2] for one in (server, inside)]
            assert await fetcher.fetch(FetchRequest(f"http://feeds.example.org:{ports[0]}/feed"))
            with pytest.raises(FetchError) as caught:
                await fetcher.fetch(FetchRequest(f"http://feeds.example.org:{ports[1]}/feed"))
        assert caught.value.reason == "forbidden_address"
        assert inside.seen == []


async def test_a_redirect_to_a_private_address_is_refused(server: FeedServer) -> None:
    """Each hop is checked like the first."""
    async with feed_server("127.0.0.2") as inside:
        url = server.redirect("/feed", inside.serve("/secret", BODY))
        async with HttpFetcher(CLOSED, forbidden=lambda address: address == "127.0.0.2") as fetcher:
            with pytest.raises(FetchError) as caught:
                await fetcher.fetch(FetchRequest(url))
        assert caught.value.reason == "forbidden_address"
        assert inside.seen == []


async def test_configured_headers_go_to_the_configured_host_alone(server: FeedServer) -> None:
    """A redirect elsewhere does not carry the key along."""
    async with feed_server() as other:
        elsewhere = other.serve("/feed", BODY)
        url = server.redirect("/feed", elsewhere)
        await fetched(url, headers={"X-Key": "s3cret"}, user_agent="desk/1")
        assert server.seen[0].headers["X-Key"] == "s3cret"
        assert "X-Key" not in other.seen[0].headers
        assert other.seen[0].headers["User-Agent"] == "desk/1"


async def test_secrets_stay_out_of_errors_and_logs(server: FeedServer, caplog: pytest.LogCaptureFixture) -> None:
    """Neither a header's value nor a key in the query of a URL."""
    caplog.set_level(logging.DEBUG)
    url = server.serve("/feed", b"", status=403) + "?key=s3cret"
    async with HttpFetcher(OPEN) as fetcher:
        for headers in ({"X-Key": "s3cret"}, {"X-Key": "s3cret\r\nInjected: 1"}):
            with pytest.raises(FetchError) as caught:
                await fetcher.fetch(FetchRequest(url, headers=headers))
            assert "s3cret" not in str(caught.value)
    assert "s3cret" not in caplog.text


async def test_cookies_are_not_kept(server: FeedServer) -> None:
    url = server.serve("/feed", BODY, headers={"Set-Cookie": "id=1"})
    async with HttpFetcher(OPEN) as fetcher:
        await fetcher.fetch(FetchRequest(url))
        await fetcher.fetch(FetchRequest(url))
    assert "Cookie" not in server.seen[1].headers


async def test_a_proxy_in_the_environment_is_not_used(server: FeedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy would dial addresses that nobody checked."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert (await fetched(server.serve("/feed", BODY))).body == BODY
