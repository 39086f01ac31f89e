"""The fast reader gives what feedparser gives, or nothing."""

import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urljoin
from xml.sax.saxutils import escape, quoteattr

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.adapters import parse, wellformed
from monitor.adapters.wellformed.element import OddError, joined
from monitor.domain.feed import ParsedFeed
from monitor.domain.websub import Announcement

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
URL = "https://outlet.example/feeds/world.xml"
UTF8 = "application/xml; charset=utf-8"
FEEDS = Path(__file__).parents[1] / "data" / "feeds"

TEXTS = [
    "Plain words", "", "  spaces\n around ", "<p>Bold <b>claims</b></p>", "AT&amp;T &lt;tag&gt;", "Ćevapi, 新聞, أخبار",
    "CinÃ©ma twice encoded", "a\u0092quote", "fish & chips", "&#8217;", "ends with ;", "x" * 5000,
]  # fmt: skip
LINKS = [
    "https://outlet.example/a?b=1&c=2", "/relative/path", "  https://outlet.example/spaced  ", "not a link", "",
    "http:///three", "https://outlet.example/a;b", "javascript:alert(1)", "https://outlet.example/ü", "#part", "42",
    "https://outlet.example/a?", "HTTP://Outlet.example/a", "https://outlet.example/a/../b?c#d", "https://outlet.example",
    "https://outlet.example/[a]|b", "https://outlet.example\\a",
]  # fmt: skip
HUBS = [
    "https://hub.example/",
    "http://hub.example:8080/?a=1&b=2",
    "https://HUB.example/",
    "https://hub.example",
    "https://hub.example/a/../b",
    "/hub",
    "https://hub.example/%C3%BC",
    " https://hub.example/spaced ",
    "https://hub.example/a?",
]
DATES = [
    "Mon, 23 Nov 2026 10:00:00 GMT", "Mon, 23 Nov 2026 10:00:00 +0530", "2026-11-23T10:00:00Z",
    "2026-11-23T10:00:00.123+02:00", "23.11.2026", "Mon, 23 Nov 2026 10:00 EST", "", "Mon, 1 Jan 1601 00:00:00 GMT",
    "2026-11-23T24:00:00Z", "Mon, 31 Feb 2026 10:00:00 GMT", "2026-11-23", "Thu, 23 Nov 2026 10:00:00 GMT",
    "Mon, 2 Nov 2026 10:00:00 -0000", "Mon, 23 Nov 2026 10:00:00 -0330", "Mon, 23 Nov 2026 10:00:00 +2400",
    "Mon, 23 Nov 2026 10:00:00 +0075", "Mon, 23 Nov 2026 24:00:00 GMT", "Mon, 23 Nov 2026 10:00:60 GMT",
    "Mon, 23 Nov 0026 10:00:00 GMT", "Mon, 23 Nov 2026 ١٠:00:00 GMT", "9999-12-31T23:59:59-05:00",
]  # fmt: skip


def element(name: str, text: str, **attributes: str) -> str:
    written = "".join(f" {key.replace('_', ':')}={quoteattr(value)}" for key, value in attributes.items())
    return f"<{name}{written}>{escape(text)}</{name}>"


def cdata(name: str, text: str) -> str:
    return f"<{name}><![CDATA[{text}]]></{name}>"


texts, links, dates = st.sampled_from(TEXTS), st.sampled_from(LINKS), st.sampled_from(DATES)
rss_parts = st.one_of(
    st.builds(element, st.sampled_from(["title", "description", "content:encoded", "media:title", "media:description",
                                        "dc:title", "author", "category", "summary", "content", "own:field"]), texts),
    st.builds(cdata, st.sampled_from(["title", "description", "content:encoded"]), texts),
    st.builds(element, st.sampled_from(["link", "guid", "comments", "feedburner:origLink"]), links),
    st.builds(element, st.just("guid"), links, isPermaLink=st.sampled_from(["true", "false", "TRUE", ""])),
    st.builds(element, st.sampled_from(["pubDate", "dc:date", "atom:updated", "published"]), dates),
    st.builds(element, st.just("enclosure"), st.just(""), url=links),
    st.builds(element, st.just("atom:link"), st.just(""), href=links, rel=st.sampled_from(["alternate", "related"])),
    st.builds(element, st.just("media:content"), texts, url=links),
    st.just("<media:group><media:title>Inside</media:title></media:group>"),
    st.just("<description>nested <b>markup</b></description>"),
    st.just("<image><url>https://outlet.example/i.png</url><title>Logo</title></image>"),
)  # fmt: skip
atom_parts = st.one_of(
    st.builds(element, st.sampled_from(["title", "summary", "content", "rights", "category", "own:field"]), texts),
    st.builds(element, st.sampled_from(["title", "summary", "content"]), texts,
              type=st.sampled_from(["text", "html", "xhtml", "text/html", "application/octet-stream"])),
    st.builds(element, st.just("content"), texts, xml_lang=st.just("de"), xml_base=links),
    st.builds(element, st.just("id"), links),
    st.builds(element, st.sampled_from(["published", "updated", "issued"]), dates),
    st.builds(element, st.just("link"), st.just(""), href=links),
    st.builds(element, st.just("link"), st.just(""), href=links, rel=st.sampled_from(["alternate", "self", "via"]),
              type=st.sampled_from(["text/html", "application/json"])),
    st.just("<author><name>Staff</name></author>"),
    st.just("<content type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'>nested</div></content>"),
)  # fmt: skip
channel_parts = st.one_of(
    st.builds(element, st.sampled_from(["title", "description", "ttl", "own:field", "dc:language"]), texts),
    st.builds(element, st.just("language"), st.sampled_from(["en-US", "de", "", "xx yy"])),
    st.just("<ttl>30</ttl>"),
    st.just("<image><title>Logo</title><url>https://outlet.example/i.png</url></image>"),
    st.builds(
        element,
        st.sampled_from(["atom:link", "link", "own:link", "a03:link", "atom:LINK"]),
        st.just(""),
        href=st.sampled_from([*LINKS, *HUBS]),
        rel=st.sampled_from(["hub", "self", "HUB", "hub self", " hub", ""]),
    ),
    st.builds(
        element, st.just("atom:link"), st.just(""), href=st.sampled_from(HUBS), rel=st.sampled_from(["hub", "self"])
    ),
    st.builds(element, st.just("link"), links, rel=st.sampled_from(["hub", "self"])),
    st.just("<textInput><title>Search</title><name>q</name></textInput>"),
)
feed_links = st.builds(
    element,
    st.sampled_from(["link", "a03:link", "own:link"]),
    st.just(""),
    href=st.sampled_from([*LINKS, *HUBS]),
    rel=st.sampled_from(["hub", "self", "Self", "alternate"]),
)
SPACES = (
    'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/" '
    'xmlns:media="http://search.yahoo.com/mrss/" xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0" '
    'xmlns:own="https://outlet.example/ns" xmlns:a03="http://purl.org/atom/ns#"'
)


def rss(channel: list[str], items: list[list[str]]) -> bytes:
    listed = "".join(f"<item>{''.join(parts)}</item>" for parts in items)
    atom = 'xmlns:atom="http://www.w3.org/2005/Atom"'
    return f'<rss version="2.0" {SPACES} {atom}><channel>{"".join(channel)}{listed}</channel></rss>'.encode()


def atom(lang: str, entries: list[list[str]], links: list[str] | None = None) -> bytes:
    listed = "".join(f"<entry>{''.join(parts)}</entry>" for parts in entries)
    root = f'<feed xmlns="http://www.w3.org/2005/Atom" {SPACES} {lang}>'
    head = f"<?xml version='1.0' encoding='utf-8'?>\n{root}<title>Outlet</title>{''.join(links or [])}"
    return f"{head}{listed}</feed>".encode()


def differs(body: bytes, content_type: str = UTF8) -> str | None:
    """None where the fast reader declined or agrees with feedparser down to the last item."""
    fast = wellformed.read(body, URL)
    if fast is None:
        return None
    ours = parse.parsed_feed(fast, URL, NOW)
    theirs = parse.parsed_feed(parse.by_feedparser(body, URL, content_type), URL, NOW)
    return None if ours == theirs else f"{ours}\n{theirs}"


@given(st.lists(channel_parts, max_size=4), st.lists(st.lists(rss_parts, max_size=7), min_size=1, max_size=3))
def test_whatever_rss_is_read_fast_is_read_as_by_the_reference(channel: list[str], items: list[list[str]]) -> None:
    """Elements in any order, any number of times, with any text."""
    assert differs(rss(channel, items)) is None


@given(
    st.sampled_from(["", 'xml:lang="fr-CA"']),
    st.lists(st.lists(atom_parts, max_size=7), min_size=1, max_size=3),
    st.lists(feed_links, max_size=3),
)
def test_whatever_atom_is_read_fast_is_read_as_by_the_reference(
    lang: str, entries: list[list[str]], links: list[str]
) -> None:
    """Elements in any order, any number of times, with any text and type."""
    assert differs(atom(lang, entries, links)) is None


@pytest.mark.parametrize("path", sorted(FEEDS.iterdir()), ids=lambda path: path.name)
def test_every_sample_feed_is_read_as_by_the_reference(path: Path) -> None:
    """The sample feeds hold what real ones do."""
    assert differs(path.read_bytes()) is None


ORDINARY = [
    element("title", "Two held over visa fraud"), element("link", "https://outlet.example/a"),
    cdata("description", "<p>Police said.</p>"), element("guid", "outlet-1", isPermaLink="false"),
    element("pubDate", "Mon, 23 Nov 2026 10:00:00 GMT"), element("dc:creator", "Staff"), element("category", "World"),
    '<media:thumbnail url="https://outlet.example/a.jpg"/>',
]  # fmt: skip


def test_an_ordinary_news_feed_is_read_fast() -> None:
    """Were everything declined, the other tests here would hold for nothing."""
    read = wellformed.read(rss([element("title", "Outlet"), element("language", "en")], [ORDINARY] * 3), URL)
    assert read is not None
    assert [entry["title"] for entry in read["entries"]] == ["Two held over visa fraud"] * 3
    entry = [
        element("title", "T"),
        element("id", "tag:1"),
        '<link href="/a"/>',
        element("updated", "2026-11-23T10:00:00Z"),
    ]
    assert wellformed.read(atom("", [entry]), URL) is not None


@pytest.mark.parametrize("date", DATES)
def test_a_date_is_read_as_by_the_reference(date: str) -> None:
    """However far from the standards, and from any year that news are of."""
    assert differs(rss([], [[element("title", "T"), element("pubDate", date)]])) is None
    assert differs(atom("", [[element("title", "T"), element("id", "tag:1"), element("updated", date)]])) is None


@pytest.mark.parametrize("link", LINKS)
def test_a_link_is_read_as_by_the_reference(link: str) -> None:
    """As the address of an item, as its name and as both."""
    for name in ("link", "guid"):
        assert differs(rss([], [[element("title", "T"), element(name, link)]])) is None
    named = [element("title", "T"), element("id", link), element("link", "", href=link)]
    assert differs(atom("", [named])) is None


@given(
    st.sampled_from(["http://outlet.example/feeds/world.xml?a", "https://outlet.example/", ""]),
    st.sampled_from(["https://", "http://", "HTTP://", "//", "/", "a"]),
    st.lists(st.sampled_from(["a", "A", "/", "//", "?", "#", "..", ".", ":", "@", "%41", "é", " ", "[", "\\"])).map(
        "".join
    ),
)
def test_a_link_is_resolved_as_the_standard_library_resolves_it(base: str, scheme: str, rest: str) -> None:
    """Also the absolute ones, which are not taken apart."""
    link = f"{scheme}{rest}"
    with suppress(OddError, ValueError):
        assert joined(base, link) == urljoin(base, link)
    for nothing in "?#":
        assert joined(base, f"{scheme}b/c{nothing}") == urljoin(base, f"{scheme}b/c{nothing}")


def test_a_date_without_zone_is_not_in_the_zone_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """RFC 2822 writes -0000 where the zone is not told; it is UTC to the reference."""
    monkeypatch.setenv("TZ", "Asia/Kathmandu")
    time.tzset()
    try:
        body = rss([], [[element("title", "T"), element("pubDate", "Mon, 2 Nov 2026 10:00:00 -0000")]])
        assert wellformed.read(body, URL) is not None
        assert differs(body) is None
    finally:
        monkeypatch.undo()
        time.tzset()


def test_the_hub_of_a_feed_is_read_fast_and_as_by_the_reference() -> None:
    """Both formats, both readers; a feed that names no address of its own has no hub."""
    own = "https://outlet.example/feed.xml"
    named = [
        element("atom:link", "", rel="hub", href="https://hub.example/"),
        element("atom:link", "", rel="self", href=own),
    ]
    plain = [one.replace("atom:", "") for one in named]
    entry = [element("title", "T"), element("id", "tag:1"), element("updated", "2026-11-23T10:00:00Z")]
    for body in (rss(named, [ORDINARY]), rss(plain, [ORDINARY]), atom("", [entry], plain)):
        fast = wellformed.read(body, URL)
        assert fast is not None
        assert parse.parsed_feed(fast, URL, NOW).announced == Announcement("https://hub.example/", own)
        assert differs(body) is None
    alone = parse.parse_body(rss(named[:1], [ORDINARY]), URL, UTF8, NOW)
    assert isinstance(alone, ParsedFeed)
    assert alone.announced is None


@pytest.mark.parametrize(
    "body",
    [
        b"", b"<html></html>", b"<rss><channel></channel></rss>", b"<rss><channel><item>", b"\xff\xfe<\x00r\x00",
        b'<!DOCTYPE rss [<!ENTITY a "b">]>' + rss([], [ORDINARY]),
        b'<?xml version="1.0" encoding="iso-8859-1"?>' + rss([], [ORDINARY]),
        rss([], [ORDINARY]).replace(b"Two held", b"&nbsp;"),
        rss([], [ORDINARY]).replace(b"Two held", b"&#233;&#xe9; Two"),
        rss([], [[*ORDINARY, element("title", "Another title")]]),
        rss([], [[element("title", "VHdvIGhlbGQ=", mode="base64")]]),
        rss([], [[element("title", "T"), "<description>Two <b>held</b></description>"]]),
        rss([], [[element("title", "T"), element("guid", "outlet-1", href="/a")]]),
    ],
)  # fmt: skip
def test_what_leaves_questions_is_left_to_feedparser(body: bytes) -> None:
    """No feed, no items, broken off, document types, encodings, entities, an element twice, attributes, children."""
    assert wellformed.read(body, URL) is None


def test_nothing_outside_the_document_is_read(tmp_path: Path) -> None:
    """An external entity would name a file of this machine."""
    secret = tmp_path / "secret"
    secret.write_text("kept")
    declared = f'<!DOCTYPE rss [<!ENTITY x SYSTEM "{secret.as_uri()}">]>'
    body = f"{declared}<rss><channel><item><title>&x;</title></item></channel></rss>"
    assert wellformed.read(body.encode(), URL) is None
