"""Feeds as published: what the worker makes of them beside what feedparser alone returns for the same bytes.

    python -m benchmarks.real_feeds FEEDS_FOLDER --model data/models/ID

Serves every file of the folder on loopback, polls all of them twice with the real worker, and prints the feeds that
lost items, the totals, and what the second poll added. Exit 1 below 98 % of the items, or if the second poll adds any.
"""

import argparse
import asyncio
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread

import feedparser

from monitor.adapters.classify import ModelScorer
from monitor.app import House, load_config, open_house, poll_and_deliver
from monitor.pipeline import PollSummary

SHARE = 0.98


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Serve the files of `folder` by their names; the address they hang on."""
    bodies = {f"/{path.name}": path.read_bytes() for path in sorted(folder.glob("*.xml"))}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = bodies.get(self.path)
            self.send_response(404 if body is None else 200)
            self.send_header("Content-Type", "application/xml")
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, *_: object) -> None:
            """Stay silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def polled_twice(folder: Path, model: Path) -> tuple[dict[str, int], list[tuple[PollSummary, float]]]:
    """Items stored per file name, and the two cycles with their seconds."""
    scorer = ModelScorer.load(model)
    with TemporaryDirectory() as scratch, serving(folder) as origin:
        path = Path(scratch) / "config.yaml"
        lines = [
            "poll: {allow_private_addresses: true, spacing: 1ms}",
            "alerts: {channels: [{name: aside, url: console://stderr}]}",
        ]
        lines += ["feeds:", *(f"  - {origin}/{file.name}" for file in sorted(folder.glob("*.xml")))]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        cycles = []
        with open_house(load_config(path, {})) as house:
            for _ in range(2):
                began = time.perf_counter()
                summary, _ = asyncio.run(poll_and_deliver(house, scorer, force=True))
                cycles.append((summary, time.perf_counter() - began))
            return _stored(house), cycles


def _stored(house: House) -> dict[str, int]:
    return {str(row["url"]).rsplit("/", 1)[1]: int(row["items"]) for row in house.records.feeds(house.clock.now())}


def main() -> int:
    """Print the table; the exit code is the verdict."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--model", type=Path, required=True)
    options = parser.parse_args()
    entries = {
        path.name: len(feedparser.parse(BytesIO(path.read_bytes())).entries) for path in options.folder.glob("*.xml")
    }
    stored, cycles = polled_twice(options.folder, options.model)
    for name, expected in sorted(entries.items()):
        if stored.get(name, 0) != expected:
            print(f"{name:<40} feedparser {expected:>4}   stored {stored.get(name, 0):>4}")
    total, kept = sum(entries.values()), sum(stored.values())
    print(f"{len(entries)} feeds: feedparser {total} items, stored {kept} ({kept / total:.2%})")
    for number, (summary, seconds) in enumerate(cycles, 1):
        print(
            f"poll {number}: {summary.feeds_ok} ok, {summary.feeds_unchanged} unchanged, "
            f"{summary.feeds_failed} failed, {summary.new_items} new items, {summary.hits} hits, {seconds:.1f} s"
        )
    return 0 if kept >= SHARE * total and cycles[1][0].new_items == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
