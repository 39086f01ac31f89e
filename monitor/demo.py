"""The whole flow with no network and no secrets: sample feeds served on loopback, alerts on the console."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from monitor import models
from monitor.adapters.records import Filter
from monitor.app import House, load_config, open_house, poll_and_deliver
from monitor.config import Config, load
from monitor.errors import ConfigError
from monitor.loopback import Sample, rss, serving
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
    with TemporaryDirectory(prefix="monitor-demo-") as folder, serving(_documents(datetime.now(UTC))) as urls:
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
    return [rss(feed["name"], _samples(feed, now)) for feed in feeds]


def _samples(feed: Mapping[str, Any], now: datetime) -> Iterator[Sample]:
    for number, sample in enumerate(feed["items"], 1):
        link = f"https://news.example/{feed['slug']}/{number}"
        yield Sample(sample["title"], sample["summary"], link, now - timedelta(minutes=sample["minutes_ago"]))
