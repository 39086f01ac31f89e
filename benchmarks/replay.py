"""Snapshots of one feed over weeks, polled in order by the clock of their time: each item once, each alert once.

    python -m benchmarks.replay SNAPSHOTS_FOLDER --model data/models/ID

The files' names are their times (`2026-01-02T161603p0000.xml`). Every snapshot is served on loopback, polled by the
real worker and delivered to a webhook on loopback; half-way the service is closed and opened again, and every snapshot
is polled twice. Prints what was stored beside what is distinct. Exit 1 if any item is stored twice or missing, or any
story alerted twice in a channel.
"""

import argparse
import asyncio
import json
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread

import feedparser

from monitor.adapters.classify import ModelScorer
from monitor.app import deliver_parts, load_config, notifier_for, open_house, open_workers, policy_of, poll_parts
from monitor.pipeline import deliver, poll


@dataclass
class Stage:
    """What the server shows now, and what the webhook was told."""

    now: datetime
    body: bytes = b""
    alerts: list[str] = field(default_factory=list)
    origin: str = ""


class SnapshotClock:
    """The time of the snapshot that is shown."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    def now(self) -> datetime:
        """When the snapshot was taken."""
        return self._stage.now

    def jitter(self) -> float:
        """No spread."""
        return 0.5


def time_of(path: Path) -> datetime:
    """The moment a snapshot was taken, from its name."""
    return datetime.strptime(path.stem.replace("p", "+"), "%Y-%m-%dT%H%M%S%z")


@contextmanager
def serving(stage: Stage) -> Iterator[None]:
    """Serve the stage's feed on GET, take webhook messages on POST."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(stage.body)

        def do_POST(self) -> None:
            message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            stage.alerts.append(message["title"])
            self._answer(b"{}")

        def _answer(self, body: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Stay silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    stage.origin = f"127.0.0.1:{server.server_port}"
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


async def replay(stage: Stage, config_path: Path, model: Path, snapshots: list[Path]) -> Counter[str]:
    """Poll the snapshots in order, each twice; how often each guid is stored."""
    config = load_config(config_path, {})
    policy = policy_of(config)
    with open_house(config) as opened:
        house = replace(opened, clock=SnapshotClock(stage))
        async with open_workers(config) as workers:
            scorer = ModelScorer.load(model)
            for path in snapshots:
                stage.now, stage.body = time_of(path), path.read_bytes()
                house.store.sync_feeds(config.feed_sources(), stage.now)
                for _ in range(2):
                    await poll(poll_parts(house, workers, scorer), policy, force=True)
                    await deliver(deliver_parts(house, notifier_for(config)), policy)
        return Counter(str(row["guid"]) for row in house.records.export("items"))


def main() -> int:
    """Print the table; the exit code is the verdict."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--threshold", type=float, default=0.5)
    options = parser.parse_args()
    snapshots = sorted(options.folder.glob("*.xml"), key=time_of)
    distinct = {
        entry.id
        for path in snapshots
        for entry in feedparser.parse(BytesIO(path.read_bytes())).entries
        if "id" in entry
    }
    stage = Stage(time_of(snapshots[0]))
    with TemporaryDirectory() as scratch, serving(stage):
        path = Path(scratch) / "config.yaml"
        settings = {
            "feeds": [f"http://{stage.origin}/feed"],
            "poll": {"allow_private_addresses": True, "spacing": "1ms"},
            "signals": {
                name: {"threshold": options.threshold} for name in ("foreign_fighter_recruitment", "human_trafficking")
            },
            "alerts": {"max_per_hour": 1000, "channels": [{"name": "hook", "url": f"json://{stage.origin}/hook"}]},
        }
        path.write_text(json.dumps(settings), encoding="utf-8")
        half = len(snapshots) // 2
        asyncio.run(replay(stage, path, options.model, snapshots[:half]))
        stored = asyncio.run(replay(stage, path, options.model, snapshots[half:]))
    twice = sum(count > 1 for count in stored.values())
    missing = len(distinct - set(stored))
    again = sum(count - 1 for count in Counter(stage.alerts).values())
    print(f"{len(snapshots)} snapshots, each polled twice, one restart")
    print(f"distinct guids {len(distinct)}, stored {sum(stored.values())}, stored twice {twice}, missing {missing}")
    print(f"alerts sent {len(stage.alerts)} at threshold {options.threshold}, with a subject sent before {again}")
    return 0 if not twice and not missing and not again else 1


if __name__ == "__main__":
    sys.exit(main())
