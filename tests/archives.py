"""Archives to read: JSON lines, tables and web archives, made for a test."""

import gzip
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

START = datetime(2021, 3, 1, tzinfo=UTC)
FEED = "https://desk.example/rss"


def record(number: int, title: str = "", **more: object) -> dict[str, object]:
    """An item of 2021, one an hour; what is given replaces the usual."""
    usual: dict[str, object] = {
        "id": f"tag:desk.example,{number}",
        "title": title or f"Council meeting number {number} about roads",
        "summary": f"Nothing was decided in room {number}.",
        "link": f"https://desk.example/{number}",
        "published": (START + timedelta(hours=number)).isoformat(),
        "lang": "en",
        "feed": FEED,
    }
    return usual | more


def lines(records: Sequence[Mapping[str, object] | str]) -> bytes:
    """As JSON lines; what is text already stays as it is."""
    texts = [one if isinstance(one, str) else json.dumps(one) for one in records]
    return "".join(f"{text}\n" for text in texts).encode()


def written(path: Path, content: bytes) -> Path:
    """The file, packed where its name says so."""
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


def web_archive(responses: Sequence[tuple[str, str, bytes]], *, packed: bool = True, status: str = "200 OK") -> bytes:
    """A web archive of (URL, content type, body), with a request before each and a note of the archivist."""
    parts = [_record("warcinfo", "", "application/warc-fields", b"software: a test\r\n")]
    for url, content_type, body in responses:
        parts.append(_record("request", url, "application/http; msgtype=request", b"GET / HTTP/1.1\r\n\r\n"))
        head = f"HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\n\r\n"
        parts.append(_record("response", url, "application/http; msgtype=response", head.encode() + body))
    return b"".join(gzip.compress(part) if packed else part for part in parts)


def _record(kind: str, url: str, content_type: str, block: bytes) -> bytes:
    """ISO 28500, section 4."""
    head = [
        "WARC/1.0",
        f"WARC-Type: {kind}",
        "WARC-Date: 2021-05-06T07:08:09Z",
        f"WARC-Record-ID: <urn:test:{kind}:{url}>",
        *([f"WARC-Target-URI: {url}"] if url else []),
        f"Content-Type: {content_type}",
        f"Content-Length: {len(block)}",
    ]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + block + b"\r\n\r\n"
