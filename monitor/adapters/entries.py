"""Records of an archive → documents of entries; runs in worker processes."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from monitor.adapters.article import extract_text
from monitor.adapters.entry import in_their_languages, item_from
from monitor.adapters.language import declared
from monitor.adapters.links import canonical_url
from monitor.adapters.parse import Refused, parse_body
from monitor.adapters.plaintext import page_title
from monitor.domain.archive import Capture, Document, Entry, Fault, JsonLine, Outlet, Raw
from monitor.domain.item import Item

GUIDS = ("guid", "id")
LINKS = ("link", "url")
TEXTS = ("summary", "description", "content", "text", "body")
DATES = ("published", "published_at", "pubdate", "date")
FEEDS = ("feed_url", "feed", "outlet", "source", "publisher")
"""What a record may call each thing; the first that is filled counts."""

NAMED = "archive:"
"""Begins the URL of a feed that is known by its name only."""


class UnusableRecordError(ValueError):
    """A record holds nothing to score, or says something that cannot be read; the message says what."""


def documents_of(records: Iterable[Raw], archive: str, now: datetime) -> tuple[list[Document], list[Fault]]:
    """What the records hold, and which of them cannot be used. One bad record never costs another.

    Lines, rows and pages of one outlet make one document; each captured feed is one by itself.

    Args:
        records: in the archive's order.
        archive: what the outlet is called where a record names none.
        now: stands in where a record has no date; dates ahead of it are corrected.
    """
    listed: dict[Outlet, list[Entry]] = defaultdict(list)
    feeds: list[Document] = []
    faults: list[Fault] = []
    for record in records:
        if record.complaint:
            faults.append(Fault(record.place, record.complaint))
            continue
        try:
            found = _read(record, archive, now)
        except UnusableRecordError as error:
            faults.append(Fault(record.place, str(error)))
        except Exception as error:  # noqa: BLE001  # whatever a hostile record brings about costs itself only
            faults.append(Fault(record.place, f"{type(error).__name__}: {error}"))
        else:
            if isinstance(found, Document):
                feeds.append(found)
            else:
                listed[found[0]].append(found[1])
    return [*feeds, *_documents(listed)], faults


def _documents(listed: Mapping[Outlet, Sequence[Entry]]) -> Iterator[Document]:
    """A document an outlet; a record's own word about its language is believed."""
    unknown = [entry.item for entries in listed.values() for entry in entries if entry.item.lang is None]
    told = iter(in_their_languages(unknown))
    for outlet, entries in listed.items():
        yield Document(
            outlet, tuple(replace(one, item=next(told)) if one.item.lang is None else one for one in entries)
        )


def _read(record: Raw, archive: str, now: datetime) -> Document | tuple[Outlet, Entry]:
    if isinstance(record, Capture):
        return _captured(record, now)
    return _entry(_fields(record.line) if isinstance(record, JsonLine) else record.fields, archive, now)


def _fields(line: bytes) -> Mapping[str, object]:
    try:
        record = json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise UnusableRecordError(f"not UTF-8 (byte {error.start} of the line)") from error
    except (ValueError, RecursionError) as error:
        raise UnusableRecordError(f"not JSON ({error}); one object a line is expected") from error
    if not isinstance(record, dict):
        raise UnusableRecordError(f"a JSON {type(record).__name__}, where an object is expected")
    return record


def _entry(fields: Mapping[str, object], archive: str, now: datetime) -> tuple[Outlet, Entry]:
    date = _date(_first(fields, DATES))
    url = canonical_url(_first(fields, LINKS))
    item = item_from(
        guid=_guid(fields, url),
        url=url,
        title=_text(fields, "title"),
        texts=[_text(fields, name) for name in TEXTS],
        date=date,
        now=now,
        lang=declared(_text(fields, "lang") or _text(fields, "language")),
    )
    if not item.title:
        raise UnusableRecordError("no title and no summary in it; nothing to score")
    return _outlet(fields, url, archive), Entry(item, item.published_at or now)


def _captured(capture: Capture, now: datetime) -> Document | tuple[Outlet, Entry]:
    at = capture.at or now
    parsed = parse_body(capture.body, capture.url, capture.content_type, at)
    if not isinstance(parsed, Refused):
        outlet = Outlet(capture.url, parsed.title or capture.url)
        items = in_their_languages(parsed.items)
        return Document(outlet, tuple(Entry(item, item.published_at or at) for item in items))
    if parsed.reason != "html":
        raise UnusableRecordError(f"{capture.url}: {parsed.message}")
    return _page(capture, at)


def _page(capture: Capture, at: datetime) -> tuple[Outlet, Entry]:
    markup = capture.body.decode(_charset(capture.content_type), "replace")
    url = canonical_url(capture.url)
    text = extract_text(capture.body, capture.content_type) or markup
    item = item_from(guid="", url=url, title=page_title(markup), texts=[text], date=None, now=at)
    if not item.title:
        raise UnusableRecordError(f"{capture.url}: a page without text")
    return _host(url, capture.url), Entry(item, at)


def _charset(content_type: str) -> str:
    name = content_type.partition("charset=")[2].split(";")[0].strip(" \"'")
    try:
        "".encode(name or "utf-8")
    except LookupError:
        return "utf-8"
    return name or "utf-8"


def _outlet(fields: Mapping[str, object], url: str, archive: str) -> Outlet:
    """The feed a record names, by URL or by name; else the site its link leads to; else the archive."""
    name = _first(fields, FEEDS)
    if urlsplit(name).scheme in {"http", "https"}:
        return Outlet(name, name)
    return Outlet(f"{NAMED}{name}", name) if name else _host(url, archive)


def _host(url: str, otherwise: str) -> Outlet:
    name = (urlsplit(url).hostname or "").removeprefix("www.") or otherwise
    return Outlet(f"{NAMED}{name}", name)


def _guid(fields: Mapping[str, object], url: str) -> str:
    """What names the entry everywhere. A bare number is a place in somebody's table, unless there is nothing else."""
    name = _first(fields, GUIDS)
    return "" if name.isdigit() and url else name


def _date(text: str) -> datetime | None:
    """ISO 8601 or RFC 5322; a time without zone is taken for UTC."""
    if not text:
        return None
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            at = read(text)
        except (ValueError, TypeError, IndexError):
            continue
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    raise UnusableRecordError(f"{text[:40]!r} is no date; write one such as 2026-11-23T08:40:00Z")


def _first(fields: Mapping[str, object], names: Sequence[str]) -> str:
    return next((text for name in names if (text := _text(fields, name))), "")


def _text(fields: Mapping[str, object], name: str) -> str:
    value = fields.get(name)
    return value.strip() if isinstance(value, str) else ""


def entries_in(documents: Iterable[Document]) -> list[Item]:
    """All items of the documents, in their order."""
    return [entry.item for document in documents for entry in document.entries]
