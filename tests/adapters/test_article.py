"""Pages of articles from a real server, fetched and read like feeds: bounded, guarded, in worker processes."""

import ipaddress
from collections.abc import AsyncIterator, Callable
from datetime import timedelta

import pytest

from monitor.adapters.article import PAGE_LIMIT, TEXT_LIMIT, ArticleReader, extract_text
from monitor.adapters.engine import LocalEngine
from monitor.adapters.fetch import HttpFetcher
from monitor.adapters.limits import FetchSettings
from monitor.errors import FetchError, ParseError
from tests.servers import FeedServer, feed_server

HTML = "text/html"
STORY = "Police say that the men were promised work in a bakery and were sent to the front within a week."


def page(*paragraphs: str, head: str = "") -> bytes:
    body = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    menu = "<nav><a href=/>Home</a><a href=/sport>Sport</a></nav>"
    return (
        f"<!doctype html><html><head>{head}<title>T</title></head><body>{menu}<article><h1>Men sent to war</h1>"
        f"{body}</article><footer>© 2026 The Paper. All rights reserved.</footer></body></html>"
    ).encode()


@pytest.fixture
async def server() -> AsyncIterator[FeedServer]:
    async with feed_server() as running:
        yield running


@pytest.fixture
async def engine() -> AsyncIterator[LocalEngine]:
    async with LocalEngine(workers=1) as running:
        yield running


async def read(
    engine: LocalEngine, url: str, *, forbidden: Callable[[str], bool] = lambda _: False, agent: str | None = None
) -> str:
    settings = FetchSettings(timeout=timedelta(seconds=1), max_bytes=5_000_000)
    async with HttpFetcher(settings, forbidden=forbidden) as fetcher:
        return await ArticleReader(fetcher, engine, timeout=20).read(url, agent)


async def test_the_article_is_read_without_the_page_around_it(server: FeedServer, engine: LocalEngine) -> None:
    """Paragraphs one a line; no menu, no footer; and the request asks for a page, with no header of the feed."""
    url = server.serve("/story", page(STORY, "Twelve of them are dead."), content_type=HTML)
    assert (await read(engine, url, agent="desk/1")).splitlines()[-2:] == [STORY, "Twelve of them are dead."]
    (request,) = server.seen
    assert request.headers["Accept"].startswith("text/html")
    assert request.headers["User-Agent"] == "desk/1"
    assert "Authorization" not in request.headers


@pytest.mark.parametrize(
    ("body", "content_type", "reason"),
    [
        (b"%PDF-1.4", "application/pdf", "not_html"),
        (b'{"a": 1}', "application/json", "not_html"),
        (b"", HTML, "no_text"),
        (b"\x00\xff" * 500, HTML, "no_text"),
        (b"<html><body><script>var a = 1;</script></body></html>", HTML, "no_text"),
        (page("x " * (PAGE_LIMIT // 2)), HTML, "too_large"),
    ],
    ids=["pdf", "json", "empty", "binary", "script", "large"],
)
async def test_what_is_no_article_is_refused_by_name(
    server: FeedServer, engine: LocalEngine, body: bytes, content_type: str, reason: str
) -> None:
    """Files, empty pages, programs and pages too large to be an article."""
    url = server.serve("/story", body, content_type=content_type)
    with pytest.raises(ParseError) as caught:
        await read(engine, url)
    assert caught.value.reason == reason


async def test_a_page_beyond_the_size_limit_is_not_taken_in(server: FeedServer, engine: LocalEngine) -> None:
    """Ten megabytes stop at the limit of all fetches, packed or not."""
    for url in (
        server.serve("/huge", b"<p>" + b"x " * 5_000_000, content_type=HTML),
        server.bomb("/bomb", 10_000_000),
    ):
        with pytest.raises(FetchError) as caught:
            await read(engine, url)
        assert caught.value.reason == "too_large"


async def test_a_slow_page_ends_at_the_time_limit(server: FeedServer, engine: LocalEngine) -> None:
    """Also one that drips."""
    for url in (server.hang("/hang"), server.stall("/drip", b"<html>", drip=0.1)):
        with pytest.raises(FetchError) as caught:
            await read(engine, url)
        assert caught.value.reason == "timeout"


async def test_a_private_address_is_refused_and_so_is_a_redirect_to_one(engine: LocalEngine) -> None:
    """Whoever writes a feed chooses its links: they lead nowhere inside."""
    private = {"127.0.0.1"}
    async with feed_server() as inside, feed_server("127.0.0.2") as outside:
        secret = inside.serve("/admin", page("secret"), content_type=HTML)
        lure = outside.redirect("/story", secret)
        for url in (secret, lure):
            with pytest.raises(FetchError) as caught:
                await read(engine, url, forbidden=private.__contains__)
            assert caught.value.reason == "forbidden_address"
        assert inside.seen == []
        assert ipaddress.ip_address("127.0.0.2").is_loopback


@pytest.mark.parametrize(
    ("encoding", "content_type", "head"),
    [
        ("utf-8", "text/html", ""),
        ("windows-1251", "text/html; charset=windows-1251", ""),
        ("windows-1251", "text/html; charset=utf-8", "<meta charset='windows-1251'>"),
        ("windows-1251", "text/html", "<meta charset='windows-1251'>"),
        ("utf-8", "text/html; charset=windows-1251", ""),
        ("windows-1251", "text/html; charset=no-such-thing", "<meta charset='windows-1251'>"),
        ("utf-16", "text/html; charset=utf-16", ""),
    ],
)
def test_the_encoding_is_found(encoding: str, content_type: str, head: str) -> None:
    """By the bytes where they are UTF-8, by the header, by the page."""
    story = "Полиция сообщила, что мужчинам обещали работу в пекарне и отправили их на фронт через неделю."
    body = page(story, story, story, head=head).decode().encode(encoding)
    assert story in extract_text(body, content_type)


def test_a_stray_byte_does_not_make_a_page_another_encoding() -> None:
    """One broken character in a long page of UTF-8 is one broken character."""
    body = page(*["Die Männer wurden für die Fremdenlegion angeworben, heißt es in Köln."] * 30)
    assert "Männer" in extract_text(body.replace(b"</article>", b"\xff</article>"), HTML)


def test_the_text_is_clean_and_bounded() -> None:
    """No direction overrides or control characters, and not more than is scored."""
    text = extract_text(page(*(f"\u202eNumber {n}: {STORY}\x07" for n in range(1000))))
    assert len(text) == TEXT_LIMIT
    assert "\u202e" not in text
    assert "\x07" not in text


def test_deep_nesting_costs_nothing() -> None:
    """A hundred thousand open tags are read to their end, or not at all."""
    assert isinstance(extract_text(b"<div>" * 100_000 + STORY.encode()), str)
