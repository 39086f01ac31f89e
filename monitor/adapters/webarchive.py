"""Web archives (WARC, ISO 28500) → the web pages and feeds captured in them (warcio)."""

import io
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed

from monitor.domain.archive import Capture
from monitor.errors import InputError

MAX_BODY = 10_000_000
"""Bytes of a response after decompression; neither a page nor a feed needs more."""

_READABLE = ("text/html", "application/xhtml", "xml", "rss", "atom", "text/plain")


def captures(stream: io.BufferedReader, name: str) -> Iterator[Capture]:
    """The responses of a web archive that may be pages or feeds; everything else in it is left out.

    Raises:
        InputError: the archive is damaged; what came before was given.
    """
    records = ArchiveIterator(stream, no_record_parse=False)
    place = 0
    while True:
        try:
            record = next(records, None)
            if record is None:
                return
            place += 1
            found = _capture(place, record)
        except (ArchiveLoadFailed, ValueError, AttributeError) as error:
            reason = " ".join(str(error).split())[:200]
            raise InputError(f"{name}:{place + 1}: damaged web archive ({reason}); all before it is stored") from error
        if found is not None:
            yield found


def _capture(place: int, record: Any) -> Capture | None:  # noqa: ANN401  # warcio's
    if record.rec_type != "response" or record.http_headers is None:
        return None
    content_type = (record.http_headers.get_header("Content-Type") or "").lower()
    if record.http_headers.get_statuscode() != "200" or not any(kind in content_type for kind in _READABLE):
        return None
    url = (record.rec_headers.get_header("WARC-Target-URI") or "").strip("<> ")
    at = _date(record.rec_headers.get_header("WARC-Date"))
    body = _body(record)
    if len(body) > MAX_BODY:
        return Capture(place, url, content_type, b"", at, f"{url}: over {MAX_BODY // 1_000_000} MB")
    return Capture(place, url, content_type, body, at)


def _body(record: Any) -> bytes:  # noqa: ANN401  # warcio's
    """The body, unpacked, one byte more than allowed where it is too large."""
    stream, parts, held = record.content_stream(), [], 0
    while held <= MAX_BODY and (part := stream.read(1 << 16)):
        parts.append(part)
        held += len(part)
    return b"".join(parts)


def _date(text: str | None) -> datetime | None:
    try:
        at = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
