"""Polling many feeds, beside lemon24/reader on the same server in the same run; reader does not score.

    python -m benchmarks.polling --model data/models/ID [--feeds 1000] [--items 30] [--rounds 3] [--json OUT.json]

reader (`pip install reader==3.26 sgmllib3k`) is left out where it is not installed. Each side runs in a process of its
own, one after the other; the server in another. First every feed is new, then in each round a tenth of the feeds has
one new item, and of the rest half answer 304 and half send the same body. Prints feeds a second, processor time a feed
(the side's processes together) and peak memory of the main process.
"""

import argparse
import asyncio
import importlib
import importlib.util
import json
import logging
import multiprocessing
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil

from benchmarks.newsstand import Stand, newsstand
from monitor.adapters.classify import ModelScorer
from monitor.app import load_config, open_house, open_workers, policy_of, poll_once, poll_parts

READER_WORKERS = 10
SHOWN = 5
"""Rounds that are printed one by one."""

Racer = Callable[[list[str], Path, Path, Connection], None]


@dataclass(frozen=True, slots=True)
class Lap:
    """One round over all feeds."""

    seconds: float
    processor: float
    items: int
    memory_mb: float  # of the main process, after the round


@dataclass(frozen=True, slots=True)
class Side:
    """What one side did; `peak_mb` is of its main process."""

    laps: tuple[Lap, ...]
    peak_mb: float


def ours(urls: list[str], folder: Path, model: Path, pipe: Connection) -> None:
    """Poll, parse, score, group and store; a lap for every word on the pipe."""
    asyncio.run(_ours(urls, folder, model, pipe))


async def _ours(urls: list[str], folder: Path, model: Path, pipe: Connection) -> None:
    logging.basicConfig(level=logging.WARNING)
    feeds = "".join(f"  - {{url: {url}}}\n" for url in urls)
    path = folder / "config.yaml"
    path.write_text(f"poll: {{allow_private_addresses: true, spacing: 1ms, timeout: 60s}}\nfeeds:\n{feeds}")
    config = load_config(path, {})
    with open_house(config) as house:
        house.store.sync_feeds(config.feed_sources(), house.clock.now())
        async with open_workers(config) as workers:
            parts, policy = poll_parts(house, workers, ModelScorer.load(model)), policy_of(config)
            while pipe.recv() == "lap":
                with_start = _clocks()
                summary = await poll_once(house, parts, policy, force=True)
                if summary.feeds_failed:
                    sys.exit(f"{summary.feeds_failed} feeds failed")
                pipe.send(_lap(with_start, summary.new_items))
        pipe.send(_peak())


def theirs(urls: list[str], folder: Path, _model: Path, pipe: Connection) -> None:
    """Update feeds with reader."""
    client = importlib.import_module("reader").make_reader(str(folder / "reader.db"))
    for url in urls:
        client.add_feed(url)
    while pipe.recv() == "lap":
        with_start, before = _clocks(), client.get_entry_counts().total
        client.update_feeds(workers=READER_WORKERS, scheduled=False)
        pipe.send(_lap(with_start, client.get_entry_counts().total - before))
    pipe.send(_peak())


def _clocks() -> tuple[float, float]:
    spent = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return time.perf_counter(), sum(one.ru_utime + one.ru_stime for one in spent) + _workers_time()


def _workers_time() -> float:
    """Processor time of the living processes below this one; getrusage counts only those that ended."""
    below = psutil.Process().children(recursive=True)
    return sum(sum(one.cpu_times()[:2]) for one in below)


def _lap(start: tuple[float, float], items: int) -> Lap:
    end = _clocks()
    return Lap(end[0] - start[0], end[1] - start[1], items, psutil.Process().memory_info().rss / 1e6)


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def race(side: Racer, stand: Stand, model: Path, rounds: int) -> Side:
    """Let one side do a lap with all feeds new, and `rounds` more."""
    here, there = multiprocessing.get_context("spawn").Pipe()
    with TemporaryDirectory() as folder:
        arguments = (list(stand.urls), Path(folder), model, there)
        process = multiprocessing.get_context("spawn").Process(target=side, args=arguments)
        process.start()
        there.close()
        laps = []
        for number in range(1 + rounds):
            if number:
                stand.next_round()
            here.send("lap")
            laps.append(here.recv())
        here.send("end")
        peak = here.recv()
        process.join()
    return Side(tuple(laps), peak)


def main() -> None:
    """Prints both sides and the ratios of feeds a second."""
    parser = argparse.ArgumentParser(description="Measures polling beside reader.")
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--seeds", type=Path, default=Path("seeds"))
    parser.add_argument("--feeds", type=int, default=1000)
    parser.add_argument("--items", type=int, default=30)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--alone", action="store_true", help="leave reader out")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    sides: dict[str, Racer] = {"ours": ours}
    if importlib.util.find_spec("reader") and not options.alone:
        sides["reader"] = theirs
    results = {}
    for name, side in sides.items():
        with newsstand(options.seeds, options.feeds, options.items) as stand:
            results[name] = race(side, stand, options.model.resolve(), options.rounds)
    print(f"{options.feeds} feeds of {options.items} items; seconds, feeds/s, processor ms a feed, items stored")
    for name, result in results.items():
        for number, lap in enumerate(result.laps[: 1 + SHOWN]):
            label = f"{name}, {f'round {number}' if number else 'cold'}"
            rate, effort = options.feeds / lap.seconds, 1000 * lap.processor / options.feeds
            print(f"{label:20} {lap.seconds:8.2f} {rate:9.1f} {effort:8.2f} {lap.items:8}")
        half = result.laps[len(result.laps) // 2]
        growth = result.laps[-1].memory_mb / half.memory_mb - 1
        print(f"{name + ', peak memory':20} {result.peak_mb:8.0f} MB, growth in the second half {growth:+.1%}")
    if "reader" in results:
        for number in range(1 + min(options.rounds, SHOWN)):
            ratio = results["reader"].laps[number].seconds / results["ours"].laps[number].seconds
            print(f"{f'round {number}' if number else 'cold'}: ours is {ratio:.2f} times as fast")
    if options.json:
        options.json.write_text(json.dumps({name: asdict(result) for name, result in results.items()}, indent=1))


if __name__ == "__main__":
    main()
