"""Records of archives become entries: what each field means, and what a record that is no use costs."""

import json
from datetime import UTC, datetime

import pytest

from monitor.adapters.entries import documents_of
from monitor.domain.archive import Capture, Document, Entry, JsonLine, Outlet, Row
from tests.servers import Entry as Published
from tests.servers import rss

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
THEN = datetime(2021, 5, 6, 7, 8, 9, tzinfo=UTC)


def documents(*records: object) -> list[Document]:
    """Of records that are all in order; a mapping stands for a JSON line."""
    raw = [JsonLine(n, json.dumps(one).encode()) if isinstance(one, dict) else one for n, one in enumerate(records, 1)]
    found, faults = documents_of(raw, "old-news.jsonl", NOW)  # type: ignore[arg-type]
    assert faults == []
    return found


def entry(*records: object) -> Entry:
    ((only,),) = (document.entries for document in documents(*records))
    return only


def fault(line: bytes) -> str:
    found, (fault,) = documents_of([JsonLine(7, line)], "old-news.jsonl", NOW)
    assert (found, fault.place) == ([], 7)
    return fault.message


def test_an_item_is_read_from_its_record() -> None:
    """Markup goes, tracking parameters go, a time without zone is UTC; the longest text is the summary."""
    one = entry(
        {
            "id": "tag:a.example,1",
            "title": "Women &amp; children <b>freed</b>",
            "summary": "Short.",
            "description": "<p>Police freed twelve people.</p>",
            "url": "https://a.example/1?utm_source=rss",
            "published": "2021-05-06T07:08:09",
            "lang": "en-GB",
        }
    )
    assert one.item.title == "Women & children freed"
    assert one.item.summary == "Police freed twelve people."
    assert one.item.url == "https://a.example/1"
    assert (one.item.guid, one.item.lang) == ("tag:a.example,1", "en")
    assert one.item.published_at == one.at == THEN


@pytest.mark.parametrize("date", ["2021-05-06T07:08:09Z", "2021-05-06 09:08:09+02:00", "Thu, 06 May 2021 07:08:09 GMT"])
@pytest.mark.parametrize("name", ["published", "published_at", "pubdate", "date"])
def test_dates_are_iso_or_as_in_mails(name: str, date: str) -> None:
    assert entry({"title": "A title", name: date}).item.published_at == THEN


def test_without_a_date_the_item_is_undated_and_told_now() -> None:
    one = entry({"title": "A title"})
    assert (one.item.published_at, one.at) == (None, NOW)


def test_a_language_that_is_not_given_is_found_out() -> None:
    assert entry({"title": "La policía detuvo a los traficantes en el aeropuerto"}).item.lang == "es"


@pytest.mark.parametrize(
    ("fields", "outlet"),
    [
        ({"feed": "https://a.example/rss"}, Outlet("https://a.example/rss", "https://a.example/rss")),
        ({"feed": "The Daily"}, Outlet("archive:The Daily", "The Daily")),
        ({"source": "The Daily", "link": "https://a.example/1"}, Outlet("archive:The Daily", "The Daily")),
        ({"link": "https://www.a.example/1"}, Outlet("archive:a.example", "a.example")),
        ({}, Outlet("archive:old-news.jsonl", "old-news.jsonl")),
        ({"feed": "file:///etc/passwd"}, Outlet("archive:file:///etc/passwd", "file:///etc/passwd")),
    ],
)
def test_the_outlet_is_the_feed_it_names_or_the_site(fields: dict[str, str], outlet: Outlet) -> None:
    """A name that is no web address is a name, whatever it looks like."""
    (document,) = documents({"title": "A title"} | fields)
    assert document.outlet == outlet


def test_a_number_names_an_item_only_where_nothing_else_does() -> None:
    """It is a row of somebody's table."""
    assert entry({"id": "12345", "title": "A title", "link": "https://a.example/1"}).item.guid == ""
    assert entry({"id": "12345", "title": "A title"}).item.guid == "12345"
    assert entry({"id": 12345, "title": "A title"}).item.guid == ""


def test_a_row_means_what_a_line_means() -> None:
    fields = {"title": "A title", "link": "https://a.example/1", "date": "2021-05-06T07:08:09Z"}
    assert documents(Row(2, fields)) == documents(fields)


def test_what_one_outlet_published_is_one_document() -> None:
    """So that the same link under two titles is seen to be no identity."""
    found = documents({"title": "One", "feed": "A"}, {"title": "Two", "feed": "B"}, {"title": "Three", "feed": "A"})
    assert [(one.outlet.name, len(one.entries)) for one in found] == [("A", 2), ("B", 1)]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b"{not json", "not JSON"),
        (b'"text"', "a JSON str, where an object is expected"),
        (b'{"title": "\xff"}', "not UTF-8"),
        (b'{"link": "https://a.example"}', "no title and no summary in it"),
        (b'{"title": 7}', "no title and no summary in it"),
        (b'{"title": "A", "published": "yesterday"}', "'yesterday' is no date; write one such as"),
        (b"[" * 100_000, "not JSON"),
    ],
)
def test_a_record_that_is_no_use_says_why(line: bytes, message: str) -> None:
    assert message in fault(line)


def test_a_captured_feed_is_read_like_a_feed() -> None:
    """It is a document of its own, with the time of its capture as the present."""
    body = rss(
        Published("Council talks", "https://a.example/1", "Nothing.", "g1", "Wed, 05 May 2021 10:00:00 GMT"),
        Published("From the future", "https://a.example/2", "Nothing.", "g2", "Wed, 05 May 2027 10:00:00 GMT"),
    )
    (document,) = documents(Capture(3, "https://a.example/rss", "application/rss+xml", body, THEN))
    assert document.outlet.url == "https://a.example/rss"
    assert [one.item.title for one in document.entries] == ["Council talks", "From the future"]
    assert [one.at.isoformat() for one in document.entries] == ["2021-05-05T10:00:00+00:00", THEN.isoformat()]


def test_a_captured_page_is_an_item_with_the_text_of_its_article() -> None:
    """Menus are left out; the site is the outlet; the time is that of the capture."""
    words = "Police in the port town freed twelve people who had been held on a fishing boat for months. " * 4
    page = (
        "<html><head><title>Freed | Site</title><meta property='og:title' content='Twelve people freed'></head><body>"
        f"<nav><a href='/'>Home</a> <a href='/sport'>Sport</a></nav><article><p>{words}</p><p>{words}</p></article>"
        "<script>steal()</script></body></html>"
    )
    (document,) = documents(Capture(3, "https://www.a.example/1", "text/html; charset=utf-8", page.encode(), THEN))
    (one,) = document.entries
    assert document.outlet == Outlet("archive:a.example", "a.example")
    assert one.item.title == "Twelve people freed"
    assert one.item.summary.startswith("Police in the port town")
    assert "Sport" not in one.item.summary
    assert "steal" not in one.item.summary
    assert one.at == THEN


def test_a_capture_that_is_neither_says_why() -> None:
    """What cannot be read costs itself only."""
    captures = [
        Capture(3, "https://a.example/1", "text/plain", b"just words", THEN),
        Capture(4, "https://a.example/2", "text/html", b"", THEN, complaint="https://a.example/2: over 10 MB"),
    ]
    found, faults = documents_of(captures, "crawl.warc", NOW)
    assert found == []
    assert [one.place for one in faults] == [3, 4]
    assert "https://a.example/1: the body is no feed" in faults[0].message
