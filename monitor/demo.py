"""The whole flow with no network and no secrets: sample feeds served on loopback, alerts on the console."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Any
from xml.etree import ElementTree as ET

from monitor import models
from monitor.adapters.records import Filter
from monitor.app import House, load_config, open_house, poll_and_deliver
from monitor.config import Config, load
from monitor.errors import ConfigError
from monitor.pipeline import DeliverySummary, PollSummary
from monitor.ports import Progress

SAMPLES = "demo.json"


@dataclass(frozen=True, slots=True)
class Demo:
    """What the demo did; `quiet` has the title and highest score of each item that raised no hit."""

    polled: PollSummary
    delivered: DeliverySummary
    items: int
    quiet: tuple[tuple[str, float], ...]


async def show(
    config_path: Path, environ: Mapping[str, str], progress: Progress | None = None, *, console: str | None = None
) -> Demo:
    """Poll the sample feeds into a database that is thrown away, with the model in use or a new one."""
    with TemporaryDirectory(prefix="monitor-demo-") as folder, _serving(_documents(datetime.now(UTC))) as urls:
        config = _config(Path(folder), urls, _usual(config_path, environ))
        with open_house(config) as house:
            scorer = await models.ready(house)
            polled, delivered = await poll_and_deliver(house, scorer, progress=progress, console=console)
            return _told(house, polled, delivered)


def _told(house: House, polled: PollSummary, delivered: DeliverySummary) -> Demo:
    items = house.records.items(Filter(limit=None))
    struck = {row["item_id"] for row in house.records.hits(Filter(limit=None))}
    quiet = [(str(row["title"]), max(row["scores"].values())) for row in items if row["id"] not in struck]
    return Demo(polled, delivered, len(items), tuple(sorted(quiet, key=lambda pair: -pair[1])))


def _usual(path: Path, environ: Mapping[str, str]) -> Config | None:
    """The user's own config, for its models and seeds; the demo works without."""
    try:
        return load(path, environ)
    except ConfigError:
        return None


def _config(folder: Path, urls: list[str], usual: Config | None) -> Config:
    settings: dict[str, Any] = {
        "database": "demo.db",
        "models": str(usual.models) if usual else "models",
        "seeds": str(usual.seeds) if usual else "seeds",
        "feeds": urls,
        "poll": {"allow_private_addresses": True},  # the samples are served on loopback
    }
    path = folder / "config.yaml"
    path.write_text(json.dumps(settings), encoding="utf-8")  # JSON is YAML
    return load_config(path, {})


def _documents(now: datetime) -> list[bytes]:
    feeds = json.loads(files("monitor").joinpath("shipped", SAMPLES).read_text(encoding="utf-8"))
    return [_rss(feed, now) for feed in feeds]


def _rss(feed: Mapping[str, Any], now: datetime) -> bytes:
    rss = ET.Element("rss", version="2.0")
    channel = ET.SubElement(rss, "channel")
    ET.SubElement(channel, "title").text = feed["name"]
    for number, sample in enumerate(feed["items"], 1):
        item = ET.SubElement(channel, "item")
        published = now - timedelta(minutes=sample["minutes_ago"])
        for tag, text in (
            ("title", sample["title"]),
            ("description", sample["summary"]),
            ("link", f"https://news.example/{feed['slug']}/{number}"),
            ("pubDate", format_datetime(published)),
        ):
            ET.SubElement(item, tag).text = text
    document: bytes = ET.tostring(rss, encoding="utf-8", xml_declaration=True)
    return document


@contextmanager
def _serving(documents: list[bytes]) -> Iterator[list[str]]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            document = documents[int(self.path.strip("/"))]
            self.send_response(200)
            self.send_header("Content-Type", "application/rss+xml")
            self.send_header("Content-Length", str(len(document)))
            self.end_headers()
            self.wfile.write(document)

        def log_message(self, *_: object) -> None:
            """Stay silent: the demo's output is the alerts."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield [f"http://127.0.0.1:{server.server_port}/{number}" for number in range(len(documents))]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
