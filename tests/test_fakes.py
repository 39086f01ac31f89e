"""The fakes are what their ports ask for, and behave as told."""

from datetime import UTC, datetime, timedelta

import pytest

from monitor.adapters.outbox import SqliteOutbox
from monitor.adapters.store import SqliteStore
from monitor.domain.feed import FetchRequest, ParsedFeed, Retrieved
from monitor.domain.item import Identity, Item
from monitor.domain.message import note
from monitor.domain.score import Reasons, Score, Term
from monitor.errors import DeliveryError, FetchError, ParseError
from monitor.ports import Clock, Fetcher, Geographer, Notifier, OutboxStore, Parser, PollStore, Scorer
from tests.fakes import FakeClock, FakeFetcher, FakeGeographer, FakeNotifier, FakeParser, FakeScorer
from tests.memory import MemoryOutbox, MemoryStore

NOW = datetime(2026, 11, 23, 8, 40, tzinfo=UTC)


def test_every_stand_in_fits_its_port() -> None:
    """The type checker compares each signature; here only that the methods are there."""
    stores: list[type[PollStore]] = [SqliteStore, MemoryStore]
    outboxes: list[type[OutboxStore]] = [SqliteOutbox, MemoryOutbox]
    others: tuple[type[Clock], type[Fetcher], type[Parser], type[Scorer], type[Geographer], type[Notifier]] = (
        FakeClock,
        FakeFetcher,
        FakeParser,
        FakeScorer,
        FakeGeographer,
        FakeNotifier,
    )
    ports = [PollStore] * 2 + [OutboxStore] * 2 + [Clock, Fetcher, Parser, Scorer, Geographer, Notifier]
    for port, one in zip(ports, (*stores, *outboxes, *others), strict=True):
        asked = {name for name in vars(port) if not name.startswith("_")}
        assert {name for name in asked if not hasattr(one, name)} <= {"model_id"}  # a field of each FakeScorer


def test_the_clock_moves_only_when_told() -> None:
    clock = FakeClock(NOW, luck=0.5)
    assert (clock.now(), clock.now(), clock.jitter()) == (NOW, NOW, 0.5)
    clock.advance(timedelta(hours=1))
    assert clock.now() == NOW + timedelta(hours=1)


async def test_the_fetcher_answers_by_url_and_fails_as_told() -> None:
    body = Retrieved(b"<rss/>", "https://a.example/")
    fetcher = FakeFetcher({"https://a.example/": body, "https://b.example/": FetchError("no", reason="timeout")})
    assert await fetcher.fetch(FetchRequest("https://a.example/")) is body
    with pytest.raises(FetchError, match="no"):
        await fetcher.fetch(FetchRequest("https://b.example/"))
    with pytest.raises(FetchError, match="no such host"):
        await fetcher.fetch(FetchRequest("https://c.example/"))
    assert [request.url[8] for request in fetcher.requests] == ["a", "b", "c"]


async def test_the_parser_answers_by_body_and_fails_as_told() -> None:
    parsed = ParsedFeed(())
    parser = FakeParser({b"good": parsed, b"bad": ParseError("html", reason="html")})
    assert await parser.parse(Retrieved(b"good", "u"), NOW) is parsed
    for body in (b"bad", b"unknown"):
        with pytest.raises(ParseError):
            await parser.parse(Retrieved(body, "u"), NOW)


def test_the_scorer_goes_by_words() -> None:
    scorer = FakeScorer({"a": {"lured": 0.75, "front": 0.9}, "b": {"compound": 0.8}})
    entry = Item("", "", "Lured to the front", "", "en", NOW, Identity("g", "l", "t"))
    assert scorer.signals == ("a", "b")
    assert scorer.score([entry]) == [(Score("a", 0.9, "fake-1"), Score("b", 0.0, "fake-1"))]
    assert scorer.why(entry, "a") == Reasons((Term("front", 0.9), Term("lured", 0.75)), "a/nearest.txt", confident=True)
    assert scorer.score([]) == []


async def test_the_notifier_fails_as_often_as_told_and_then_sends() -> None:
    notifier = FakeNotifier({"desk": [DeliveryError("busy", permanent=False)]})
    message = note("subject", ["body"], "key")
    with pytest.raises(DeliveryError, match="busy"):
        await notifier.send("desk", message)
    await notifier.send("desk", message)
    assert notifier.sent == [("desk", message)]
