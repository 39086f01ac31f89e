"""One archive through each engine, a worker killed on the way: the same database, nothing lost, nothing doubled."""

import asyncio
import os
import signal
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from monitor import backfill, models
from monitor.adapters.cluster import DaskEngine
from monitor.adapters.engine import LocalEngine
from monitor.errors import WorkerCrashError
from monitor.house import House, load_config, open_house
from monitor.pipeline import BackfillSummary, Step
from tests.archives import lines, record, web_archive, written
from tests.cli.conftest import write_config
from tests.clusters import cluster
from tests.servers import Entry, rss

FREED = "Women rescued from forced labour, traffickers arrested"
TABLES = {
    "feeds": "url, name, state, reason",
    "items": "id, feed_id, guid, url, title, summary, lang, published_at, key",
    "seen": "feed_id, key, item_id",
    "scores": "item_id, signal, score, model_id",
    "hits": "item_id, signal, score, story_id, countries, why",
    "stories": "id, title, first_seen_at, last_seen_at, outlets, members",
    "archives": "name, records, digest",
}


@pytest.fixture
def archives(tmp_path: Path) -> list[Path]:
    """Items of two feeds with a bad line among them, and a web archive with a feed and a page."""
    told: list[dict[str, object] | str] = [
        record(n, f"{FREED} in town {n // 90}" if n % 30 == 0 else "", feed=f"https://{n % 2}.example/rss")
        for n in range(3000)
    ]
    told.insert(700, "{")
    listed = rss(Entry("Council talks about roads", "https://a.example/1", "Nothing.", "g1"))
    page = f"<html><title>{FREED}</title><body><p>Police said so.</p></body></html>".encode()
    captured = [("https://a.example/rss", "application/rss+xml", listed), ("https://b.example/1", "text/html", page)]
    return [
        written(tmp_path / "news.jsonl.gz", lines(told)),
        written(tmp_path / "crawl.warc", web_archive(captured)),
    ]


Contents = dict[str, list[tuple[object, ...]]]


def fill(
    folder: Path,
    engine: LocalEngine | DaskEngine,
    archives: list[Path],
    at_first: Callable[[], None],
    beside: Sequence[asyncio.Task[None]] = (),
) -> tuple[BackfillSummary, Contents]:
    """A new database in the folder, filled; what is in it.

    Calls `at_first` when the first chunk is stored; what that adds to `beside` is waited for.
    """
    folder.mkdir()
    calls = [at_first]

    def tell(_: Step) -> None:
        if calls:
            calls.pop()()

    async def run(house: House) -> BackfillSummary:
        scorer = models.required(house)
        total = BackfillSummary()
        async with engine:
            for path in archives:
                total += await backfill.run(house, engine, scorer, str(path), tell)
            await asyncio.gather(*beside)
        return total

    with open_house(load_config(write_config(folder), os.environ)) as house:
        total = asyncio.run(run(house))
        contents = {
            table: [tuple(row.values()) for row in house.database.rows(f"SELECT {columns} FROM {table} ORDER BY 1, 2")]
            for table, columns in TABLES.items()
        }
    return total, contents


@pytest.mark.timeout(240)
def test_every_engine_fills_the_same_database_though_a_worker_is_killed(
    tmp_path: Path, archives: list[Path], tiny_model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Here with workers that live, here with one killed, and on a cluster that loses one of two."""
    monkeypatch.setenv("MONITOR_SHIPPED_MODEL", str(tiny_model_folder))
    total, contents = fill(tmp_path / "whole", LocalEngine(2), archives, lambda: None)
    assert (total.records, total.new_items, total.bad) == (3003, 3002, 1)
    assert total.hits >= 100
    assert total.stories >= 2

    local, killings = LocalEngine(2), list[asyncio.Task[None]]()
    at_first = lambda: killings.append(asyncio.create_task(kill_a_worker(local, tmp_path / "pid")))  # noqa: E731
    assert fill(tmp_path / "killed", local, archives, at_first, killings) == (total, contents)
    assert killings[0].done()

    with cluster(tmp_path, preload="monitor.beforehand") as running:  # as the manual has it
        lost = running.workers[0]
        done = fill(tmp_path / "cluster", DaskEngine(running.address), archives, lost.kill)
        assert done == (total, contents)
        assert lost.wait() == -signal.SIGKILL
        assert running.workers[1].poll() is None


def linger(note: str) -> None:
    """Tell one's process and be busy."""
    Path(note).write_text(str(os.getpid()))
    time.sleep(60)


async def kill_a_worker(engine: LocalEngine, note: Path) -> None:
    """Kill one from outside that is at work, as a system does that is short of memory."""
    busy = asyncio.create_task(engine.run(linger, str(note), timeout=90))
    await asyncio.to_thread(kill_who_wrote, note)
    with pytest.raises(WorkerCrashError):
        await busy


def kill_who_wrote(note: Path) -> None:
    while not (note.exists() and note.read_text()):  # the test's own time limit ends the wait
        time.sleep(0.01)
    os.kill(int(note.read_text()), signal.SIGKILL)
