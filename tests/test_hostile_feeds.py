"""One cycle over the worst servers there are: each is named for what it does, and costs no other feed anything."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult

from monitor.adapters.database import Database, open_database
from monitor.adapters.engine import LocalEngine
from monitor.adapters.fetch import HttpFetcher
from monitor.adapters.limits import FetchSettings
from monitor.adapters.parse import ENTRIES_LIMIT, FeedParser
from monitor.adapters.records import Filter, Records
from monitor.adapters.store import SqliteStore
from monitor.domain.channel import Channel
from monitor.domain.feed import FeedSource
from monitor.domain.resemblance import by_length
from monitor.pipeline import Deciding, Policy, PollParts, PollSummary, poll
from tests.adapters.storage import NOW
from tests.fakes import FakeClock, FakeGeographer, FakeReader, FakeScorer
from tests.servers import RSS, Entry, FeedServer, feed_server, rss

SIGNAL = "human_trafficking"
SETTINGS = FetchSettings(
    timeout=timedelta(seconds=1.5), max_bytes=2_000_000, allow_private_addresses=True, per_host=64, concurrency=64
)
ORDINARY = [Entry(f"Report {one}", f"https://outlet.example/{one}", guid=f"outlet-{one}") for one in range(30)]


class Watch:
    """The pipeline over real HTTP, real parsing and a real database."""

    def __init__(self, database: Database, parser: FeedParser) -> None:
        self.records = Records(database)
        self.clock = FakeClock(NOW)
        self._store = SqliteStore(database)
        self._parser = parser
        self._deciding = Deciding(database.transaction)

    async def poll(self, urls: list[str], resolver: AbstractResolver | None = None) -> PollSummary:
        """Poll these feeds; the time limit only ends a test that hangs."""
        self._store.sync_feeds([FeedSource(url) for url in urls], self.clock.now())
        policy = Policy({SIGNAL: 0.5}, {"desk": Channel("desk")}, timedelta(minutes=15))
        async with asyncio.timeout(120), HttpFetcher(SETTINGS, resolver=resolver) as fetcher:
            scorer = FakeScorer({SIGNAL: {"trafficked": 0.9}})
            parts = PollParts(
                fetcher=fetcher,
                parser=self._parser,
                reader=FakeReader(),
                first_looks=scorer,
                scorer=scorer,
                store=self._store,
                clock=self.clock,
                geographer=FakeGeographer({}),
                weigh=by_length,
                deciding=self._deciding,
            )
            return await poll(parts, policy, force=True)

    def reasons(self) -> dict[str, str]:
        """By the last part of its address, how each feed stands."""
        return {str(row["url"]).rpartition("/")[2]: str(row["reason"]) for row in self.records.feeds(self.clock.now())}

    def items(self, url: str) -> int:
        """How many items of a feed are stored."""
        return sum(row["items"] for row in self.records.feeds(self.clock.now()) if row["url"] == url)


@pytest.fixture
async def server() -> AsyncIterator[FeedServer]:
    async with feed_server() as running:
        yield running


@pytest.fixture
async def watch(tmp_path: Path) -> AsyncIterator[Watch]:
    with open_database(tmp_path / "monitor.db") as database:
        async with LocalEngine(2) as engine:
            yield Watch(database, FeedParser(engine, timeout=60))


def endless_redirects(server: FeedServer, path: str) -> str:
    """Every answer leads to another address."""
    numbers = count()

    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": f"{path}?hop={next(numbers)}"})

    return server.answer(path, answer)


async def test_every_bad_server_is_named_and_a_good_one_beside_them_is_read(watch: Watch, server: FeedServer) -> None:
    """Slow-loris, stalls, resets, lies about length, endless redirects, refusals, floods: all in one cycle."""
    good = server.serve("/good", rss(*ORDINARY))
    expected = {
        server.stall("/loris", b"<rss>", drip=0.05): "timeout",
        server.stall("/stalled", rss(*ORDINARY)[:500]): "timeout",
        server.hang("/silent"): "timeout",
        server.broken_off("/reset", rss(*ORDINARY)[:500], claimed=5_000): "incomplete",
        server.broken_off("/liar", rss(*ORDINARY), claimed=10_000_000): "incomplete",
        endless_redirects(server, "/round"): "too_many_redirects",
        server.serve("/busy", b"", status=429, headers={"Retry-After": "7200"}): "http_429",
        server.bomb("/bomb", 50_000_000): "too_large",
        server.endless("/endless", 50_000_000): "too_large",
        server.serve("/page", b"<html><body>Please log in</body></html>", content_type="text/html"): "html",
        server.serve("/noise", bytes(range(256)) * 50): "not_a_feed",
        server.url("/missing"): "http_404",
    }  # fmt: skip
    summary = await watch.poll([good, *expected])
    assert (summary.feeds_ok, summary.feeds_failed, summary.new_items) == (1, len(expected), 30)
    assert watch.reasons() == {"good": "new_items"} | {url.rpartition("/")[2]: why for url, why in expected.items()}
    (busy,) = (row for row in watch.records.feeds(NOW) if str(row["url"]).endswith("/busy"))
    assert busy["next_poll_at"] >= "2026-11-23T10:00", "Retry-After is honoured"


async def test_ten_thousand_items_and_enormous_titles_are_bounded(watch: Watch, server: FeedServer) -> None:
    """What one feed can make the monitor store has an end, and no error costs the rest."""
    many = server.serve("/many", rss(*(Entry(f"Item {n}", guid=f"many-{n}") for n in range(10_000))))
    huge = server.serve("/huge", rss(Entry("long " * 200_000, guid="huge-1"), Entry("Short", guid="huge-2")))
    summary = await watch.poll([many, huge])
    assert summary.feeds_ok == 2
    assert (watch.items(many), watch.items(huge)) == (ENTRIES_LIMIT, 2)
    assert max(len(str(row["title"])) for row in watch.records.items(Filter(limit=None))) <= 500


async def test_a_feed_that_changes_every_guid_brings_nothing_twice(watch: Watch, server: FeedServer) -> None:
    """Some publishers write a new guid into every copy; the links stay."""
    copies = count()

    async def answer(_: web.Request) -> web.Response:
        copy = next(copies)
        entries = [Entry(one.title, one.link, guid=f"copy-{copy}-{one.guid}") for one in ORDINARY]
        return web.Response(body=rss(*entries), content_type=RSS)

    url = server.answer("/copies", answer)
    brought = [(await watch.poll([url])).new_items for _ in range(4)]
    assert brought == [30, 0, 0, 0]


class NoNames(AbstractResolver):
    """A resolver with no way out."""

    async def resolve(self, host: str, port: int = 0, family: int = 0) -> list[ResolveResult]:
        raise OSError(f"no answer for {host}:{port} ({family})")

    async def close(self) -> None:
        """Nothing is held."""


async def test_when_no_name_resolves_the_feeds_are_not_blamed(watch: Watch) -> None:
    """It is our network: they stay as they were, and are asked again within minutes."""
    urls = [f"http://outlet{number}.example/feed" for number in range(6)]
    summary = await watch.poll(urls, NoNames())
    assert summary.feeds_failed == 6
    rows = watch.records.feeds(NOW)
    assert {(row["state"], row["reason"], row["failures"]) for row in rows} == {("new", "own_network", 0.0)}
    assert {row["next_poll_at"] <= "2026-11-23T09:10" for row in rows} == {True}
