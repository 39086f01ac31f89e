"""Two sides that poll the same server, each in a process of its own: this project, and lemon24/reader.

reader (`pip install reader==3.26 sgmllib3k`) is left out where it is not installed; it does not score. A side waits for
a word on its pipe before each lap, so that the server can change what it serves in between.
"""

import asyncio
import importlib
import importlib.util
import logging
import multiprocessing
import re
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType

import psutil

from benchmarks.newsstand import Stand, newsstand
from monitor.adapters.classify import ModelScorer
from monitor.adapters.hatching import hatch
from monitor.app import load_config, open_house, open_workers, policy_of, poll_once, poll_parts

READER_WORKERS = 10

DATABASE = "monitor.db"
"""Of our side, in the folder it is given."""


def forget_main() -> None:
    """Let workers, each of which imports the main module anew, find nothing in it, as in that of `monitor`."""
    sys.modules["__main__"] = ModuleType("__main__")


Racer = Callable[[list[str], Path, Path, Connection], None]


@dataclass(frozen=True, slots=True)
class Lap:
    """One round over all feeds.

    Attributes:
        processor: seconds, of the side's processes together.
        memory_mb: of the main process after the round.
        workers_mb: of each process below it, then; what they share with others counts in each.
    """

    seconds: float
    processor: float
    items: int
    memory_mb: float
    workers_mb: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Side:
    """What one side did; `peak_mb` is of its main process."""

    laps: tuple[Lap, ...]
    peak_mb: float


def ours(urls: list[str], folder: Path, model: Path, pipe: Connection) -> None:
    """Poll, parse, score, group and store; a lap for every word on the pipe."""
    forget_main()
    hatch()  # first of all, as `monitor` does
    asyncio.run(_ours(urls, folder, model, pipe))


async def _ours(urls: list[str], folder: Path, model: Path, pipe: Connection) -> None:
    logging.basicConfig(level=logging.WARNING)
    feeds = "".join(f"  - {{url: {url}}}\n" for url in urls)
    path = folder / "config.yaml"
    path.write_text(
        f"database: {DATABASE}\npoll: {{allow_private_addresses: true, spacing: 1ms, timeout: 60s}}\nfeeds:\n{feeds}"
    )
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
    end, own = _clocks(), psutil.Process()
    below = tuple(one.memory_info().rss / 1e6 for one in own.children(recursive=True))
    return Lap(end[0] - start[0], end[1] - start[1], items, own.memory_info().rss / 1e6, below)


def _peak() -> float:
    """In MB. Not what getrusage says: that begins with the memory of the process that started this one."""
    peak = re.search(r"VmHWM:\s*(\d+) kB", Path("/proc/self/status").read_text())
    return int(peak[1]) * 1024 / 1e6 if peak else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6


def race(side: Racer, stand: Stand, model: Path, rounds: int, folder: Path, *, unchanged: bool = False) -> Side:
    """Let one side do a lap with all feeds new, and `rounds` more with some changed, or none where `unchanged`."""
    here, there = multiprocessing.get_context("spawn").Pipe()
    process = multiprocessing.get_context("spawn").Process(target=side, args=(list(stand.urls), folder, model, there))
    process.start()
    there.close()
    laps = []
    for number in range(1 + rounds):
        if number and not unchanged:
            stand.next_round()
        here.send("lap")
        laps.append(here.recv())
    here.send("end")
    peak = here.recv()
    process.join()
    return Side(tuple(laps), peak)


def sides(*, alone: bool) -> dict[str, Racer]:
    """Who takes part, by name."""
    if alone or not importlib.util.find_spec("reader"):
        return {"ours": ours}
    return {"ours": ours, "reader": theirs}


@dataclass(frozen=True, slots=True)
class Course:
    """What is polled, and how often."""

    seeds: Path
    feeds: int
    items: int
    rounds: int
    unchanged: bool = False


def run(course: Course, model: Path, *, alone: bool) -> dict[str, Side]:
    """All sides, one after the other, each with a server that begins anew."""
    results = {}
    for name, side in sides(alone=alone).items():
        with TemporaryDirectory() as folder, newsstand(course.seeds, course.feeds, course.items) as stand:
            arguments = (side, stand, model.resolve(), course.rounds, Path(folder))
            results[name] = race(*arguments, unchanged=course.unchanged)
    return results
