"""Bytes to items: golden feeds, and bodies that are anything but a feed."""

import json
from collections.abc import AsyncIterator
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.adapters.engine import LocalEngine
from monitor.adapters.entry import SUMMARY_LIMIT, TITLE_LIMIT, in_their_languages
from monitor.adapters.parse import FeedParser, Refused, parse_body
from monitor.adapters.plaintext import to_text
from monitor.domain.feed import ParsedFeed, Retrieved
from monitor.domain.item import Item
from monitor.errors import ParseError
from tests.servers import Entry, feed_server_in_thread, rss

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
FEEDS = Path(__file__).parents[1] / "data" / "feeds"
XML = "application/xml"


def parsed(body: bytes, content_type: str = XML, url: str = "https://gazette.example.org/feed.xml") -> ParsedFeed:
    got = parse_body(body, url, content_type, NOW)
    assert isinstance(got, ParsedFeed), got
    return replace(got, items=tuple(in_their_languages(got.items)))


def refused(body: bytes, content_type: str = XML) -> Refused:
    got = parse_body(body, "https://gazette.example.org/feed.xml", content_type, NOW)
    assert isinstance(got, Refused), got
    return got


def only(body: bytes, content_type: str = XML) -> Item:
    (item,) = parsed(body, content_type).items
    return item


@pytest.mark.parametrize("path", sorted(FEEDS.glob("*.xml")), ids=lambda path: path.stem)
def test_golden_feeds(path: Path) -> None:
    """Each feed in tests/data/feeds gives what stands in the JSON beside it."""
    got = parsed(path.read_bytes())
    plain = [
        {name: value for name, value in asdict(item).items() if name != "identity"}
        | {"published_at": item.published_at.isoformat() if item.published_at else None}
        for item in got.items
    ]
    found = {
        "title": got.title,
        "lang": got.lang,
        "ttl": got.ttl.total_seconds() if got.ttl else None,
        "warnings": list(got.warnings),
        "items": plain,
    }
    assert found == json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf \r\n\x00", "empty"),
        (b"<!DOCTYPE html><html><head><title>Please log in</title></head><body>x</body></html>", "html"),
        (b"\n<!-- x --><HTML><body><p>Gone</p></body></HTML>", "html"),
        (b'<?xml version="1.0"?><!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" ""><html/>', "html"),
        ("<html><body>x</body></html>".encode("utf-16"), "html"),
        (b'{"items": []}', "not_a_feed"),
        (b"GIF89a\x00\x01\x02", "not_a_feed"),
        (b"Too many connections", "not_a_feed"),
        (b"<?xml version='1.0'?><svg/>", "not_a_feed"),
        (b"<?xml version='1.0'?><rss version='2.0'><channel><title>Cut o", "malformed"),
    ],
)
def test_what_is_no_feed_is_named(body: bytes, reason: str) -> None:
    assert refused(body).reason == reason


def test_a_body_is_never_opened_or_fetched(tmp_path: Path) -> None:
    """Though it be the path of a feed, or its URL."""
    feed = tmp_path / "feed.xml"
    feed.write_bytes(rss(Entry("On this machine")))
    assert refused(bytes(feed)).reason == "not_a_feed"
    with feed_server_in_thread() as server:
        url = server.serve("/feed", rss(Entry("On this network")))
        assert refused(url.encode()).reason == "not_a_feed"
        assert server.seen == []


def test_a_feed_without_items_is_a_feed() -> None:
    """Empty is not broken."""
    assert parsed(rss()).items == ()


@pytest.mark.parametrize("broken", [False, True])
def test_hours_in_which_a_feed_wants_rest_are_read(broken: bool) -> None:
    """RSS skipHours, from well-formed feeds and others; some write midnight as 24."""
    hours = b"<skipHours><hour>2</hour><hour> 3 </hour><hour>24</hour><hour>99</hour></skipHours>"
    body = rss(Entry("Fine")).replace(b"<item>", hours + b"<item>", 1)
    assert parsed(body.replace(b"</channel>", b"") if broken else body).skip_hours == {0, 2, 3}
    assert parsed(rss(Entry("Fine"))).skip_hours == frozenset()


def test_malformed_xml_gives_the_items_before_the_fault() -> None:
    """With a warning; being malformed alone breaks nothing."""
    body = rss(Entry("First", "https://example.org/1"), Entry("Second", "https://example.org/2"))
    got = parsed(body.replace(b"</channel></rss>", b"<item><title>Thi"))
    assert [item.title for item in got.items][:2] == ["First", "Second"]
    assert "malformed XML" in got.warnings[0]


@pytest.mark.parametrize(
    ("declared", "actual", "content_type"),
    [
        ("utf-8", "utf-8", "text/xml"),
        ("utf-8", "utf-8", "text/xml; charset=iso-8859-1"),
        ("iso-8859-1", "utf-8", "application/rss+xml"),
        ("windows-1251", "windows-1251", "text/xml"),
        ("utf-8", "windows-1251", "text/xml; charset=windows-1251"),
        ("utf-16", "utf-16", "text/xml"),
        ("koi8-r", "koi8-r", ""),
    ],
)
def test_text_is_right_where_one_of_the_declarations_is(declared: str, actual: str, content_type: str) -> None:
    """Header, XML declaration and bytes often disagree."""
    text = rss(Entry("Полиция освободила рабочих", "https://example.org/1")).decode()
    body = text.replace("utf-8", declared).encode(actual)
    assert only(body, content_type).title == "Полиция освободила рабочих"


def test_one_broken_byte_does_not_spoil_the_rest() -> None:
    """A body that says UTF-8 and nearly is."""
    body = rss(Entry("Полиция освободила рабочих", "https://example.org/1", "Сообщает X газета"))
    item = only(body.replace(b"X", b"\xff"))
    assert item.title == "Полиция освободила рабочих"


def test_a_billion_laughs_stay_few() -> None:
    """Entities that unfold into gigabytes are not unfolded."""
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 30))
    start = f'<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY l0 "haha">{entities}]>'
    body = (
        start
        + '<rss version="2.0"><channel><item><title>&l29;</title><link>https://example.org/1</link></item></channel></rss>'
    )
    assert len(only(body.encode()).title) <= TITLE_LIMIT


def test_external_entities_are_not_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("s3cret")
    start = f'<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY x SYSTEM "{secret.as_uri()}">]>'
    body = (
        start
        + '<rss version="2.0"><channel><item><title>a &x;</title><link>https://example.org/1</link></item></channel></rss>'
    )
    assert "s3cret" not in repr(parsed(body.encode()))


def test_deep_nesting_is_read_or_refused() -> None:
    """Neither a crash nor a stack overflow."""
    body = rss(Entry("Fine", "https://example.org/1", "<div>" * 20_000 + "deep" + "</div>" * 20_000))
    assert only(body).title == "Fine"
    nested = b"<?xml version='1.0'?><rss version='2.0'><channel>" + b"<a>" * 20_000
    assert refused(nested).reason == "malformed"


def test_an_entry_with_nothing_to_read_is_told() -> None:
    """It is an item all the same, as every entry is; but somebody should look at the feed."""
    got = parsed(rss(Entry(guid="only-a-guid"), Entry("Read me")))
    assert [item.title for item in got.items] == ["", "Read me"]
    assert got.warnings == ("1 of 2 entries have no title, no text and no link",)


def test_one_bad_entry_costs_itself_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a library makes of it."""

    def picky(markup: str) -> str:
        if "poison" in markup:
            raise RecursionError("too deep")
        return to_text(markup)

    monkeypatch.setattr("monitor.adapters.entry.to_text", picky)
    got = parsed(rss(Entry("poison"), Entry("Fine")))
    assert [item.title for item in got.items] == ["Fine"]
    assert got.warnings == ("entry 1 skipped: RecursionError: too deep",)


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        (None, None),
        ("", None),
        ("yesterday", None),
        ("Mon, 23 Nov 2026 11:00:00 GMT", NOW - timedelta(hours=1)),
        ("Mon, 23 Nov 2026 16:30:00 +0545", datetime(2026, 11, 23, 10, 45, tzinfo=UTC)),
        ("2026-11-23T11:00:00", NOW - timedelta(hours=1)),
        ("Mon, 23 Nov 2026 12:05:00 GMT", NOW),
        ("Mon, 23 Nov 2026 20:00:00 GMT", NOW),
        ("Thu, 26 Nov 2026 20:00:00 GMT", None),
        ("Fri, 01 Jan 2100 00:00:00 GMT", None),
        ("Thu, 01 Jan 1970 00:00:00 GMT", None),
        ("Mon, 23 Nov 9999999 11:00:00 GMT", None),
    ],
)
def test_dates_are_utc_and_never_ahead(date: str | None, expected: datetime | None) -> None:
    """No zone is UTC; slightly ahead is now; absurd is unknown."""
    assert only(rss(Entry("Title", date=date))).published_at == expected


def test_the_identity_of_an_entry_dated_ahead_does_not_move_with_the_clock() -> None:
    """Its date is corrected to now, which is another day tomorrow; its key is not."""
    body = rss(Entry("Title", date="Wed, 25 Nov 2026 01:00:00 GMT"))
    later = parse_body(body, "https://example.org/", XML, NOW + timedelta(days=1))
    assert isinstance(later, ParsedFeed)
    assert later.items[0].identity == only(body).identity


def test_texts_are_bounded_between_words() -> None:
    item = only(rss(Entry("word " * 500, "https://example.org/1", "longer " * 5_000)))
    assert TITLE_LIMIT - 10 < len(item.title) <= TITLE_LIMIT
    assert SUMMARY_LIMIT - 10 < len(item.summary) <= SUMMARY_LIMIT
    assert item.title.endswith("word…")
    assert item.summary.endswith("longer…")


def test_markup_never_reaches_an_item() -> None:
    """Scripts go with their text, other tags without it; once or twice escaped."""
    summary = "<p>One</p><script>evil()</script><img src=x onerror=evil()> &lt;b&gt;two&lt;/b&gt;"
    item = only(rss(Entry("<a href='javascript:evil()'>Title</a>", "javascript:evil()", summary)))
    assert (item.title, item.summary, item.url) == ("Title", "One two", "")


def test_tracking_parameters_of_a_permalink_guid_do_not_make_it_new() -> None:
    first, second = (only(rss(Entry("A", guid=f"https://example.org/a?utm_source={by}"))) for by in ("rss", "mail"))
    assert first.identity == second.identity


def test_a_guid_that_is_an_address_is_one_however_it_is_broken() -> None:
    """A name that is no address counts as it is written."""
    spellings = ("https://example.org/a", "https:\u2028//example.org/a", "HTTPS:\u2028//example.org/a?utm_source=rss")
    assert len({only(rss(Entry("A", guid=spelling))).identity.guid for spelling in spellings}) == 1
    assert len({only(rss(Entry("A", guid=name))).identity.guid for name in ("tag:a", "tag:a#", "TAG:a")}) == 3


def test_a_fragment_may_name_an_entry() -> None:
    """As on a page of short notes; a counter of revisions does not."""
    page = "https://example.org/2026/11/23"
    keys = {only(rss(Entry("A", guid=f"{page}#{note}"))).identity.guid for note in ("a1", "a2", "0", "1", "")}
    assert len(keys) == 3


@given(st.binary(max_size=300))
@settings(max_examples=60, deadline=None)
def test_no_bytes_crash_the_parser(body: bytes) -> None:
    """Whatever comes is a feed or refused."""
    assert isinstance(parse_body(body, "https://example.org/", XML, NOW), ParsedFeed | Refused)


@given(st.lists(st.text(max_size=40), max_size=4), st.text(max_size=40))
@settings(max_examples=60, deadline=None)
def test_any_text_gives_one_clean_line(titles: list[str], summary: str) -> None:
    """In titles and summaries alike."""
    body = rss(*(Entry(title, "https://example.org/1", summary) for title in titles))
    got = parse_body(body.decode("utf-8", "surrogatepass").encode("utf-8", "replace"), "https://example.org/", XML, NOW)
    if isinstance(got, ParsedFeed):
        for item in got.items:
            assert item.title == " ".join(item.title.split())
            assert "\n" not in item.summary


@pytest.fixture
async def engine() -> AsyncIterator[LocalEngine]:
    async with LocalEngine(1) as running:
        yield running


async def test_a_worker_gives_the_same(engine: LocalEngine) -> None:
    """FeedParser is parse_body in another process; what is refused there is raised here."""
    parser = FeedParser(engine)
    body = (FEEDS / "rss.xml").read_bytes()
    url = "https://gazette.example.org/feed.xml"
    assert await parser.parse(Retrieved(body, url), NOW) == parse_body(body, url, "", NOW)
    with pytest.raises(ParseError, match="web page") as caught:
        await parser.parse(Retrieved(b"<html></html>", "https://example.org/"), NOW)
    assert caught.value.reason == "html"


async def test_a_document_that_takes_too_long_is_named(engine: LocalEngine) -> None:
    """And the next one is parsed."""
    body = rss(*(Entry(f"Title {number}", summary="<b>text</b> " * 300) for number in range(2_000)))
    with pytest.raises(ParseError) as caught:
        await FeedParser(engine, timeout=0.1).parse(Retrieved(body, "https://example.org/"), NOW)
    assert caught.value.reason == "parser_timeout"
    assert (await FeedParser(engine).parse(Retrieved(rss(), "https://example.org/"), NOW)).items == ()
