"""Bytes → ParsedFeed, in worker processes: feedparser, and a faster reader for feeds that leave no questions."""

import codecs
import re
from calendar import timegm
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any
from xml.sax import SAXException

from monitor.adapters import wellformed
from monitor.adapters.compact import compact
from monitor.adapters.engine import Engine
from monitor.adapters.entry import TITLE_LIMIT, item_from
from monitor.adapters.groups import Groups
from monitor.adapters.hublinks import announcement
from monitor.adapters.language import declared
from monitor.adapters.links import canonical_url
from monitor.adapters.plaintext import shortened, to_text
from monitor.domain.feed import ParsedFeed, Retrieved
from monitor.domain.item import Identity, Item
from monitor.errors import ParseError, WorkerCrashError, WorkerTimeoutError

BYTES_AT_ONCE = 400_000
"""Bytes of the documents in one task: some twenty ordinary feeds, a tenth of a second's work."""

ENTRIES_LIMIT = 5_000
"""Entries read of one document; the largest real feeds list some hundreds."""

compact(Item, Identity)

_HTML = re.compile(
    rb"\s*(?:<\?xml[^>]*>\s*|<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE | re.DOTALL
)
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)
_XML_ENCODING = re.compile(rb"^\s*<\?xml[^>]*encoding\s*=\s*[\"']([\w.:-]+)", re.IGNORECASE)
_WIDE = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    ("<?".encode("utf-16-le"), "utf-16-le"),
    ("<?".encode("utf-16-be"), "utf-16-be"),
)
"""How bodies of two or four bytes a character begin; their own declaration can only be read once that is known."""

_SKIPPED = re.compile(rb"<skipHours>(.{0,2000}?)</skipHours>", re.DOTALL | re.IGNORECASE)
_HOUR = re.compile(rb"<hour>\s*(\d{1,2})\s*</hour>", re.IGNORECASE)
_MOSTLY = 0.1
"""Share of broken characters a body may hold and still be taken for the UTF-8 it says it is."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a body is no feed; travels back from the worker."""

    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class Body:
    """What `parse_body` is asked to parse; travels to the worker."""

    content: bytes
    url: str
    content_type: str
    now: datetime


class FeedParser:
    """Implements `ports.Parser`: bodies are parsed in worker processes, within a time limit.

    Args:
        engine: runs the workers; it is not closed here.
        timeout: seconds one document may take.
    """

    def __init__(self, engine: Engine, *, timeout: float = 30.0) -> None:
        self._engine = engine
        self._timeout = timeout
        self._groups: Groups[Body, ParsedFeed | Refused] = Groups(
            self._run, width=engine.width, most=BYTES_AT_ONCE, weight=lambda one: len(one.content), alone=timeout
        )

    async def parse(self, retrieved: Retrieved, now: datetime) -> ParsedFeed:
        """Parse a body.

        Raises:
            ParseError: `empty`, `html`, `not_a_feed`, `malformed`, `parser_timeout` or `parser_crashed`.
        """
        try:
            parsed = await self._groups(Body(retrieved.body, retrieved.url, retrieved.content_type, now))
        except WorkerTimeoutError as error:
            message = f"parsing {len(retrieved.body):,} bytes took longer than {self._timeout:g} s"
            raise ParseError(message, reason="parser_timeout") from error
        except WorkerCrashError as error:
            raise ParseError(f"the parser failed: {error}", reason="parser_crashed") from error
        if isinstance(parsed, Refused):
            raise ParseError(parsed.message, reason=parsed.reason)
        return parsed

    async def _run(self, several: Sequence[Body], timeout: float) -> list[ParsedFeed | Refused]:  # noqa: ASYNC109
        return await self._engine.run(parse_bodies, several, timeout=timeout)


def parse_bodies(several: Sequence[Body]) -> list[ParsedFeed | Refused]:
    """What FeedParser runs in a worker: each document by itself, whatever it brings about."""
    found: list[ParsedFeed | Refused] = []
    for one in several:
        try:
            found.append(parse_body(one.content, one.url, one.content_type, one.now))
        except Exception as error:  # noqa: BLE001  # one document never costs another
            found.append(Refused("parser_crashed", f"the parser failed: {type(error).__name__}: {error}"))
    return found


def parse_body(body: bytes, url: str, content_type: str, now: datetime) -> ParsedFeed | Refused:
    """Parse a document in this process.

    Args:
        body: decompressed.
        url: where it came from; relative links are resolved against it.
        content_type: the header, for its charset.
        now: timezone-aware; dates ahead of it are corrected.
    """
    if not body.strip(b" \t\r\n\x00\xef\xbb\xbf\xfe\xff"):
        return Refused("empty", "the server sent an empty body")
    body, content_type = _decodable(body, content_type)
    document = wellformed.read(body, url) if _is_utf8(content_type) else None
    if document is None:
        document = by_feedparser(body, url, content_type)
    refused = _refused(document, body)
    return refused or replace(parsed_feed(document, url, now), skip_hours=_skip_hours(body))


def by_feedparser(body: bytes, url: str, content_type: str) -> Mapping[str, Any]:
    """What feedparser gives of a document, the reference for `wellformed.read`."""
    import feedparser  # noqa: PLC0415  # only workers parse, and they find it preloaded

    document: Mapping[str, Any] = feedparser.parse(
        BytesIO(body),  # never bytes or str: those are taken for a path or a URL, and opened
        response_headers={"content-type": content_type, "content-location": url},
        resolve_relative_uris=False,  # of links inside markup, which is reduced to text here
        sanitize_html=False,
    )
    return document


def _is_utf8(content_type: str) -> bool:
    """Whether the server's word leaves no other reading; `_decodable` has put UTF-8 there where the body says so."""
    charset = _CHARSET.search(content_type)
    return charset is None or charset[1].lower() in {"utf-8", "utf8", "us-ascii", "ascii"}


def _decodable(body: bytes, content_type: str) -> tuple[bytes, str]:
    """The body, and the content type to decode it by.

    A byte order mark is believed first. What reads as UTF-8 is UTF-8, whatever the server's charset says; a stray byte
    in declared UTF-8 does not make the rest of it another encoding.
    """
    utf8 = "application/xml; charset=utf-8"
    for start, wide in _WIDE:
        if body.startswith(start):
            return body.decode(wide, "replace").lstrip("\ufeff").encode(), utf8
    if body.isascii():
        return body, content_type
    text = body.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    if broken == 0:
        return body, utf8
    encoding = _XML_ENCODING.match(body[:1024])
    named = encoding is not None and encoding[1].lower() in {b"utf-8", b"utf8"}
    foreign = len(body) - len(body.translate(None, bytes(range(0x80, 0x100))))
    if named and broken <= max(1, _MOSTLY * foreign):
        return text.encode(), utf8
    return body, content_type


def _refused(document: Mapping[str, Any], body: bytes) -> Refused | None:
    if document["entries"]:
        return None
    if _HTML.match(body.lstrip(b"\xef\xbb\xbf\xff\xfe").replace(b"\x00", b"")[:4096]):
        return Refused("html", "the server sent a web page where a feed was")
    if not document.get("version"):
        start = body[:40].decode("ascii", "replace").replace("\ufffd", "?")
        return Refused("not_a_feed", f"the body is no feed; it begins with {start!r}")
    if isinstance(document.get("bozo_exception"), SAXException):
        return Refused("malformed", f"malformed XML, and no item before the fault: {_fault(document)}")
    return None


def _fault(document: Mapping[str, Any]) -> str:
    return " ".join(str(document.get("bozo_exception")).split())[:200]


def parsed_feed(document: Mapping[str, Any], url: str, now: datetime) -> ParsedFeed:
    """The feed of what feedparser or `wellformed.read` gave of a document."""
    channel = document["feed"]
    lang = declared(channel.get("language"))
    items: list[Item] = []
    warnings: list[str] = []
    if isinstance(document.get("bozo_exception"), SAXException):
        warnings.append(f"malformed XML, read as far as it goes: {_fault(document)}")
    entries = document["entries"]
    if len(entries) > ENTRIES_LIMIT:
        warnings.append(f"{len(entries)} entries; only the first {ENTRIES_LIMIT} are read")
    for number, entry in enumerate(entries[:ENTRIES_LIMIT], start=1):
        try:
            items.append(_item(entry, url, lang, now))
        except Exception as error:  # noqa: BLE001  # one bad entry never costs the feed
            warnings.append(f"entry {number} skipped: {type(error).__name__}: {error}")
    if blank := sum(not (item.title or item.url) for item in items):
        warnings.append(f"{blank} of {len(entries)} entries have no title, no text and no link")
    return ParsedFeed(
        items=tuple(items),
        title=shortened(to_text(_string(channel, "title")), TITLE_LIMIT),
        lang=lang,
        ttl=_ttl(channel.get("ttl")),
        warnings=tuple(warnings),
        announced=announcement(
            (_string(link, "rel"), _string(link, "href").strip()) for link in channel.get("links") or ()
        ),
    )


def _item(entry: Mapping[str, Any], base: str, lang: str | None, now: datetime) -> Item:
    return item_from(
        guid=_string(entry, "id"),
        url=_link(entry, base),
        title=_string(entry, "title"),
        texts=_texts(entry),
        date=_date(entry),
        now=now,
        lang=_entry_lang(entry) or lang,
    )


def _string(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name)
    return value if isinstance(value, str) else ""


def _texts(entry: Mapping[str, Any]) -> Iterator[str]:
    yield _string(entry, "summary")
    for content in entry.get("content") or ():
        if "text" in content.get("type", "text") or "html" in content.get("type", ""):
            yield _string(content, "value")


def _link(entry: Mapping[str, Any], base: str) -> str:
    published = [_string(entry, "feedburner_origlink"), _string(entry, "link")]
    links = entry.get("links") or ()
    published += [_string(link, "href") for link in links if link.get("rel") in {None, "alternate"}]
    published += [_string(link, "href") for link in links if link.get("rel") == "enclosure"]
    found = (canonical_url(link, base) for link in published if link.strip())
    return next((url for url in found if url), "")


def _entry_lang(entry: Mapping[str, Any]) -> str | None:
    detail = entry.get("title_detail") or {}
    return declared(_string(entry, "language")) or declared(_string(detail, "language"))


def _date(entry: Mapping[str, Any]) -> datetime | None:
    """As declared, a time without zone taken for UTC; the date of an update where there is no other."""
    plain = dict(entry)  # the mapping itself falls back from one date to the other, with a warning
    parts = plain.get("published_parsed") or plain.get("updated_parsed")
    if parts is None:
        return None
    try:
        return datetime.fromtimestamp(timegm(parts), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _skip_hours(body: bytes) -> frozenset[int]:
    """RSS 2.0 `skipHours`, which feedparser keeps only the last of."""
    block = _SKIPPED.search(body)
    hours = (int(hour) for hour in _HOUR.findall(block[1])) if block else ()
    return frozenset(hour % 24 for hour in hours if hour <= 24)


def _ttl(value: object) -> timedelta | None:
    """RSS 2.0 `ttl`, in minutes."""
    text = value.strip() if isinstance(value, str) else ""
    return timedelta(minutes=int(text)) if text.isascii() and text.isdigit() and len(text) < 7 else None
