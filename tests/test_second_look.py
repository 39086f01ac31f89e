"""poll() with full text: real pages on loopback behind a faked feed and a faked model, over a real database."""

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from monitor.adapters.article import ArticleReader
from monitor.adapters.database import Database, open_database
from monitor.adapters.engine import LocalEngine
from monitor.adapters.fetch import HttpFetcher
from monitor.adapters.limits import FetchSettings
from monitor.adapters.outbox import SqliteOutbox
from monitor.adapters.records import Filter, Records
from monitor.adapters.store import SqliteStore
from monitor.domain.channel import Channel
from monitor.domain.feed import FeedSource, ParsedFeed, Retrieved
from monitor.domain.item import Item, identity_of
from monitor.domain.resemblance import by_length
from monitor.pipeline import Deciding, DeliverParts, Policy, PollParts, PollSummary, deliver, poll, secondlook
from tests.fakes import FakeClock, FakeFetcher, FakeGeographer, FakeNotifier, FakeParser, FakeScorer
from tests.servers import FeedServer, feed_server

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
FEED = "https://a.example/feed"
SIGNAL = "human_trafficking"
WORDS = {SIGNAL: {"missing": 0.2, "bakery": 0.3, "trafficked": 0.9}}
TEXT = "Court papers say that the three were trafficked to a farm, where a guard kept their passports. " * 3


def page(text: str) -> bytes:
    body = f"<article><h1>News</h1><p>{text}</p></article>"
    return f"<!doctype html><html><head><title>News</title></head><body>{body}</body></html>".encode()


@dataclass
class Desk:
    """The pipeline with a real reader; only feed, model and channel are faked."""

    database: Database
    server: FeedServer
    reader: ArticleReader
    clock: FakeClock = field(default_factory=lambda: FakeClock(NOW))
    fetcher: FakeFetcher = field(default_factory=lambda: FakeFetcher({}))
    parser: FakeParser = field(default_factory=lambda: FakeParser({}))
    geographer: FakeGeographer = field(default_factory=FakeGeographer)
    notifier: FakeNotifier = field(default_factory=FakeNotifier)
    policy: Policy = field(
        default_factory=lambda: Policy(
            {SIGNAL: 0.5}, {"desk": Channel("desk")}, timedelta(minutes=15), fulltext_share=1.0
        )
    )

    def follow(self, mode: str) -> None:
        """Configure the feed, with its backlog behind it."""
        source = FeedSource(FEED, "Desk", fulltext=mode, user_agent="desk/1", headers={"Authorization": "secret"})
        SqliteStore(self.database).sync_feeds([source], NOW)
        self.database.execute("UPDATE feeds SET primed = 1")

    def article(self, path: str, text: str = TEXT) -> str:
        return self.server.serve(path, page(text), content_type="text/html")

    async def poll(self, *items: Item) -> PollSummary:
        body = "|".join(item.guid for item in items).encode()
        self.fetcher.answers[FEED] = Retrieved(body, FEED, body_hash=body.hex())
        self.parser.answers[body] = ParsedFeed(items)
        scorer = FakeScorer(WORDS)
        parts = PollParts(
            fetcher=self.fetcher,
            parser=self.parser,
            reader=self.reader,
            first_looks=scorer,
            scorer=scorer,
            store=SqliteStore(self.database),
            clock=self.clock,
            geographer=self.geographer,
            weigh=by_length,
            deciding=Deciding(self.database.transaction),
        )
        return await poll(parts, self.policy, force=True)

    def looks(self) -> dict[str, str | None]:
        return {str(row["guid"]): row["fulltext"] for row in Records(self.database).items(Filter(limit=None))}


def item(guid: str, url: str, title: str = "Three are missing", *, summary: str = "", age: int = 0) -> Item:
    published = NOW - timedelta(hours=age)
    return Item(guid, url, title, summary, "en", published, identity_of(guid, url, f"{title} {guid}", published))


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    settings = FetchSettings(timeout=timedelta(seconds=1), allow_private_addresses=True)
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(feed_server())
        engine = await stack.enter_async_context(LocalEngine(workers=1))
        fetcher = await stack.enter_async_context(HttpFetcher(settings))
        database = stack.enter_context(open_database(tmp_path / "monitor.db"))
        yield Desk(database, server, ArticleReader(fetcher, engine))


async def test_a_gray_item_becomes_a_hit_by_its_article(desk: Desk) -> None:
    """Fetched, scored again, alerted: with the words of the article, and the message says so."""
    desk.follow("gray")
    desk.geographer.words = {"farm": "NP", "Lima": "PE"}
    text = f"{TEXT}\n{'The harvest was good. ' * 90}\nOur author lives in Lima."
    assert await desk.poll(item("gray", desk.article("/a", text))) == PollSummary(
        1, 0, 0, new_items=1, hits=1, stories=1, alerts=1, articles=1
    )
    records = Records(desk.database)
    (hit,) = records.hits()
    assert (hit["score"], hit["on_fulltext"], hit["countries"]) == (0.9, True, ["NP"])
    assert [term for term, _ in hit["why"]] == ["trafficked", "missing"]
    (stored,) = records.items()
    assert (stored["fulltext"], stored["summary"]) == ("raised", "")
    assert TEXT.strip() in stored["article"]
    (request,) = desk.server.seen
    assert request.headers["User-Agent"] == "desk/1"
    assert "Authorization" not in request.headers  # the feed's secret is for the feed

    outbox = SqliteOutbox(desk.database)
    await deliver(DeliverParts(outbox, desk.notifier, desk.clock), desk.policy)
    ((_, message),) = desk.notifier.sent
    assert "scored on the full text" in message.body


async def test_clear_items_are_not_fetched_in_gray_mode(desk: Desk) -> None:
    """Far below the threshold, above it, without a link, old: none is asked for, each has its reason."""
    desk.follow("gray")
    url = desk.article("/a")
    await desk.poll(
        item("miss", f"{url}?1", "Weather"),
        item("hit", f"{url}?2", "Three trafficked"),
        item("unlinked", ""),
        item("old", f"{url}?3", age=100),
    )
    assert desk.looks() == {"miss": "clear_miss", "hit": "clear_hit", "unlinked": "no_link", "old": "old_news"}
    assert desk.server.seen == []


async def test_always_fetches_each_new_item_once(desk: Desk) -> None:
    """Clear ones too; not those stored before; what stays below its threshold keeps no text."""
    desk.follow("always")
    items = [item("miss", desk.article("/a"), "Weather"), item("hit", desk.article("/b", "Rain. " * 50), "trafficked")]
    assert (await desk.poll(*items)).articles == 2
    assert desk.looks() == {"miss": "raised", "hit": "not_higher"}
    assert (
        await desk.poll(*items, item("new", desk.article("/c", "They bake bread in the bakery. " * 9)))
    ).articles == 1
    assert len(desk.server.seen) == 3
    assert desk.looks()["new"] == "raised"
    texts = desk.database.rows("SELECT guid FROM items WHERE article IS NOT NULL")
    assert texts == [{"guid": "miss"}]


async def test_off_fetches_nothing(desk: Desk) -> None:
    """The default."""
    desk.follow("off")
    assert (await desk.poll(item("gray", desk.article("/a")))).articles == 0
    assert (desk.server.seen, desk.looks()) == ([], {"gray": None})


async def test_the_backlog_of_a_first_poll_is_not_fetched(desk: Desk) -> None:
    """A new feed brings what is a day old; only what is fresh is worth a page."""
    desk.follow("always")
    desk.database.execute("UPDATE feeds SET primed = 0")
    url = desk.article("/a")
    await desk.poll(item("old", f"{url}?1", age=30), item("fresh", f"{url}?2"))
    assert desk.looks() == {"old": "backlog", "fresh": "raised"}
    assert len(desk.server.seen) == 1


async def test_the_share_holds_over_a_day_and_a_restart(desk: Desk) -> None:
    """Of the items of a day, gray pages are at most the stated share; a day later there is room again."""
    desk.follow("gray")
    desk.policy = replace(desk.policy, fulltext_share=0.1)
    url = desk.article("/a")

    async def bring(day: str, count: int, gray: int) -> int:
        fillers = [item(f"{day}{n}", f"{url}?{day}{n}", "Weather") for n in range(count - gray)]
        return (await desk.poll(*fillers, *(item(f"{day}g{n}", f"{url}?{day}g{n}") for n in range(gray)))).articles

    assert await bring("a", 9, 3) == 0
    assert await bring("b", 11, 3) == 2
    assert await bring("c", 9, 9) == 0
    assert await bring("d", 1, 1) == 1
    assert list(desk.looks().values()).count("share_spent") == 3 + 1 + 9
    desk.clock.advance(timedelta(hours=25))
    assert await bring("e", 20, 5) == 2


@pytest.mark.parametrize(
    ("path", "look", "failed"),
    [
        ("/missing", "fetch_failed", 1),
        ("/slow", "fetch_failed", 1),
        ("/pdf", "unreadable", 1),
        ("/huge", "unreadable", 1),
        ("/stub", "stub", 0),
        ("/consent", "not_higher", 0),
    ],
)
async def test_what_goes_wrong_costs_nothing(desk: Desk, path: str, look: str, failed: int) -> None:
    """The item keeps its first score, and says what became of its page; the others of the feed are not touched."""
    desk.follow("always")
    desk.server.hang("/slow")
    desk.server.serve("/pdf", b"%PDF-1.7", content_type="application/pdf")
    desk.server.serve("/huge", page("rain " * 500_000), content_type="text/html")
    desk.article("/stub", "Subscribe to read on, it is cheap, and you support us.")
    desk.article("/consent", "We and our partners store cookies on your device. " * 20)
    bad = item("bad", desk.server.url(path), "Men trafficked", summary="They were held for months on a farm. " * 2)
    summary = await desk.poll(bad, item("good", desk.article("/a")))
    assert (summary.new_items, summary.hits, summary.articles, summary.articles_failed) == (2, 2, 2, failed)
    assert desk.looks() == {"bad": look, "good": "raised"}
    rows = desk.database.rows("SELECT score, on_fulltext FROM hits JOIN items ON items.id = item_id WHERE guid = 'bad'")
    assert rows == [{"score": 0.9, "on_fulltext": 0}]


async def test_the_pages_of_one_feed_end_together(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that is slow with every page holds a cycle up for a bounded time, whatever the time of one."""
    monkeypatch.setattr(secondlook, "READING_TIME", timedelta(seconds=0.2))
    desk.follow("always")
    url = desk.server.hang("/slow")
    await desk.poll(*(item(str(n), f"{url}?{n}") for n in range(8)))
    assert set(desk.looks().values()) == {"out_of_time"}


async def test_a_bug_met_by_one_page_costs_that_page_only(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It is logged with its traceback; the feed is stored."""

    async def fail(*_: object) -> str:
        raise ZeroDivisionError

    monkeypatch.setattr(desk.reader, "read", fail)
    desk.follow("always")
    assert (await desk.poll(item("a", desk.article("/a")))).new_items == 1
    assert desk.looks() == {"a": "fetch_failed"}
    assert "ZeroDivisionError" in caplog.text


async def test_a_verdict_teaches_the_words_that_were_scored(desk: Desk) -> None:
    """What is kept of the article is what `verdicts` gives to training; exports are plain JSON."""
    desk.follow("gray")
    await desk.poll(item("gray", desk.article("/a")))
    desk.database.execute("INSERT INTO verdicts VALUES (1, ?, 'yes', '2026-11-23T08:00:00Z')", (SIGNAL,))
    records = Records(desk.database)
    (verdict,) = records.verdicts()
    assert "trafficked" in verdict["article"]
    assert json.dumps([records.items(), records.hits(), records.get_item(1)])
