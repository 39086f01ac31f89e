"""Feeds of our own, served on loopback: for the demo, and for the canary."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from xml.etree import ElementTree as ET


@dataclass(frozen=True, slots=True)
class Sample:
    """One entry of a served feed."""

    title: str
    summary: str
    link: str
    published: datetime


def rss(name: str, samples: Iterable[Sample]) -> bytes:
    """An RSS 2.0 document."""
    document = ET.Element("rss", version="2.0")
    channel = ET.SubElement(document, "channel")
    ET.SubElement(channel, "title").text = name
    for sample in samples:
        item = ET.SubElement(channel, "item")
        for tag, text in (
            ("title", sample.title),
            ("description", sample.summary),
            ("link", sample.link),
            ("pubDate", format_datetime(sample.published)),
        ):
            ET.SubElement(item, tag).text = text
    body: bytes = ET.tostring(document, encoding="utf-8", xml_declaration=True)
    return body


@contextmanager
def serving(documents: list[bytes]) -> Iterator[list[str]]:
    """Serve documents on a free port of 127.0.0.1; their addresses."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            document = documents[int(self.path.strip("/"))]
            self.send_response(200)
            self.send_header("Content-Type", "application/rss+xml")
            self.send_header("Content-Length", str(len(document)))
            self.end_headers()
            self.wfile.write(document)

        def log_message(self, *_: object) -> None:
            """Stay silent: what is told is what came of it."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield [f"http://127.0.0.1:{server.server_port}/{number}" for number in range(len(documents))]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
