"""From a publisher's server to the webhook: how long a report takes through the running service.

    python -m benchmarks.latency --model data/models/ID [--feeds 1000] [--items 10] [--json OUT.json]

The real service polls so many feeds on loopback. When it knows them all, a tenth of them publish one report each, and
all feeds fall due within some ten seconds. Timed is each alert, from the moment the server sends the body that holds
its report until the webhook has the message. Reports of one event are one alert, so alerts are fewer than reports;
updates do not count.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from threading import Thread

from benchmarks.newsstand import Stand, newsstand
from monitor.models import SHIPPED_MODEL

EVERY = 45
"""Seconds between polls of a feed: long enough to know them all before they change."""

PATIENCE = 15.0
"""Seconds without an alert after which no more are waited for."""

CONFIG = """
database: monitor.db
models: models
seeds: {seeds}
poll: {{allow_private_addresses: true, spacing: 1ms, every: {every}s, timeout: 60s}}
alerts: {{max_per_hour: 10000, channels: [{{name: desk, url: "json://127.0.0.1:{webhook}/", max_per_hour: 10000}}]}}
web: {{port: 0}}
feeds:
{feeds}
"""


@contextmanager
def webhook(arrivals: list[tuple[float, int]]) -> Iterator[int]:
    """Take messages, and note when each came and which feed it links to; gives the port."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            feeds = re.findall(r"https://outlet(\d+)\.example", body)
            if "Update" not in json.loads(body)["title"]:  # an update links to the report that the story began with
                arrivals.extend((time.monotonic(), int(feed)) for feed in feeds[:1])
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def service(folder: Path, model: Path) -> Iterator[None]:
    """`monitor run` in a folder, with a trained model."""
    command = [sys.executable, "-m", "monitor", "run", "--config", str(folder / "config.yaml")]
    with (folder / "log").open("wb") as log:
        environ = os.environ | {SHIPPED_MODEL: str(model)}
        process = subprocess.Popen(command, stderr=log, stdout=log, env=environ)
        try:
            yield
        finally:
            process.terminate()
            process.wait()


def settled(log: Path, feeds: int) -> None:
    """Wait until the service has polled all feeds once."""
    deadline = time.monotonic() + 600
    while sum(map(int, re.findall(r"polled (\d+) feeds", log.read_text()))) < feeds:
        if time.monotonic() > deadline:
            sys.exit(f"the service did not poll all feeds; its log ends: {log.read_text()[-500:]}")
        time.sleep(0.2)


def delays(stand: Stand, arrivals: list[tuple[float, int]], log: Path) -> list[float]:
    """Let a tenth of the feeds publish a report each; seconds from the server to the webhook, for each alert."""
    settled(log, len(stand.urls))
    arrivals.clear()
    stand.next_round()
    last, began = 0, time.monotonic()
    while time.monotonic() - began < EVERY + PATIENCE or arrivals[-1][0] > time.monotonic() - PATIENCE:
        last = max(last, len(arrivals))
        time.sleep(0.5)
    served = stand.first_served()
    return sorted(arrived - served[feed] for arrived, feed in arrivals if feed in served)


def main() -> None:
    """Prints the median, the 99th percentile and the longest delay."""
    parser = argparse.ArgumentParser(description="Measures the delay from publication to the webhook.")
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--seeds", type=Path, default=Path("seeds"))
    parser.add_argument("--feeds", type=int, default=1000)
    parser.add_argument("--items", type=int, default=10)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    arrivals: list[tuple[float, int]] = []
    with (
        TemporaryDirectory() as name,
        newsstand(options.seeds, options.feeds, options.items, positive=1.0) as stand,
        webhook(arrivals) as port,
    ):
        folder = Path(name)
        feeds = "\n".join(f"  - {{url: {url}, every: {EVERY}s}}" for url in stand.urls)
        config = CONFIG.format(seeds=options.seeds.resolve(), every=EVERY, webhook=port, feeds=feeds)
        (folder / "config.yaml").write_text(config)
        with service(folder, options.model.resolve()):
            found = delays(stand, arrivals, folder / "log")
    if len(found) < 2:
        sys.exit("no alerts came")
    figures = {
        "alerts": float(len(found)),
        "median": median(found),
        "p99": quantiles(found, n=100, method="inclusive")[98],
        "longest": found[-1],
    }
    print(f"{options.feeds} feeds fall due, {len(found)} alerts: seconds from the server to the webhook")
    for label in ("median", "p99", "longest"):
        print(f"{label:10} {figures[label]:6.2f}")
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
