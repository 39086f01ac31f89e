"""How far the first poll is from what it cannot do without: the requests, the parsing, the rows.

    python -m benchmarks.floor --model data/models/ID [--feeds 1000] [--items 30] [--json OUT.json]

On one server in one run, each step in a process of its own: bare GETs with aiohttp of all feeds, as many at once as the
monitor asks; lxml over the same bytes, every element's text read; SQLite inserting the rows that the monitor's first
poll stored, with a transaction for each feed but without indexes, keys, checks and full-text search. Beside them the
first poll itself. No step of the floor tells new from seen, scores, or groups; their sum is no goal, but shows what is
left to gain.
"""

import argparse
import asyncio
import json
import multiprocessing
import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import aiohttp
from lxml import etree

from benchmarks.newsstand import newsstand
from benchmarks.race import DATABASE, ours, race

CONCURRENCY = 64
"""As in the config by default."""

COPIED = ("feeds", "items", "seen", "scores", "hits", "stories", "story_terms", "alerts")
"""Tables that a first poll fills."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What a step took, in seconds."""

    seconds: float
    processor: float


def cost(work: Callable[[], object]) -> Cost:
    """Do it, and see what it takes in this process."""
    began, spent = time.perf_counter(), time.process_time()
    work()
    return Cost(time.perf_counter() - began, time.process_time() - spent)


def fetched(urls: Sequence[str], bodies: Path) -> Cost:
    """Fetch every URL, and keep the bodies in a file."""
    found: dict[int, bytes] = {}

    async def get_all() -> None:
        waiting = iter(enumerate(urls))

        async def worker(session: aiohttp.ClientSession) -> None:
            for number, url in waiting:
                async with session.get(url) as response:
                    found[number] = await response.read()

        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
            await asyncio.gather(*(worker(session) for _ in range(CONCURRENCY)))

    spent = cost(lambda: asyncio.run(get_all()))
    bodies.write_text(json.dumps([body.decode() for body in found.values()]))
    return spent


def parsed(bodies: Path) -> Cost:
    """Parse every body, and read all its text."""
    documents = [body.encode() for body in json.loads(bodies.read_text())]
    return cost(lambda: sum(len(text) for each in documents for text in etree.fromstring(each).itertext()))


def inserted(stored: Path, target: Path, feeds: int) -> Cost:
    """Insert what a database holds into bare tables of another, in as many transactions as there are feeds."""
    with closing(sqlite3.connect(stored)) as database:
        rows = {table: database.execute(f"SELECT * FROM {table}").fetchall() for table in COPIED}  # noqa: S608 - ours
    with closing(sqlite3.connect(target, isolation_level=None)) as database:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = NORMAL")
        for table, some in rows.items():
            columns = ", ".join(f"c{number}" for number in range(len(some[0]) if some else 1))
            database.execute(f"CREATE TABLE {table} ({columns})")
        return cost(lambda: _insert(database, rows, feeds))


def _insert(database: sqlite3.Connection, rows: Mapping[str, Sequence[tuple[object, ...]]], feeds: int) -> None:
    for feed in range(feeds):
        database.execute("BEGIN")
        for table, some in rows.items():
            if part := some[feed::feeds]:
                marks = ", ".join("?" * len(part[0]))
                database.executemany(f"INSERT INTO {table} VALUES ({marks})", part)  # noqa: S608 - ours
        database.execute("COMMIT")


def apart(step: Callable[..., Cost], *arguments: object) -> Cost:
    """Do a step in a new process."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(step, arguments)


def measured(seeds: Path, feeds: int, items: int, model: Path, folder: Path) -> dict[str, Cost]:
    """The first poll and each step of the floor, by name."""
    with newsstand(seeds, feeds, items) as stand:
        lap = race(ours, stand, model, 0, folder).laps[0]
        bodies = folder / "bodies.json"
        return {
            "first poll": Cost(lap.seconds, lap.processor),
            "GET (aiohttp)": apart(fetched, stand.urls, bodies),
            "parse (lxml)": apart(parsed, bodies),
            "insert (SQLite)": apart(inserted, folder / DATABASE, folder / "bare.db", feeds),
        }


def main() -> None:
    """Prints the first poll, each step of the floor, and how many times their sum it takes."""
    parser = argparse.ArgumentParser(description="Measures how far the first poll is from its floor.")
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--seeds", type=Path, default=Path("seeds"))
    parser.add_argument("--feeds", type=int, default=1000)
    parser.add_argument("--items", type=int, default=30)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with TemporaryDirectory() as folder:
        found = measured(options.seeds, options.feeds, options.items, options.model.resolve(), Path(folder))
    print(f"{options.feeds} feeds of {options.items} items: seconds, processor time, processor ms a feed")
    for name, spent in found.items():
        print(f"{name:16} {spent.seconds:8.2f} {spent.processor:8.2f} {1000 * spent.processor / options.feeds:8.2f}")
    floor = sum(spent.processor for name, spent in found.items() if name != "first poll")
    print(f"the first poll takes {found['first poll'].processor / floor:.1f} times the processor time of the floor")
    if options.json:
        options.json.write_text(json.dumps({name: asdict(spent) for name, spent in found.items()}, indent=1))


if __name__ == "__main__":
    main()
