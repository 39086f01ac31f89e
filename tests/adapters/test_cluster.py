"""The engine of a Dask cluster, over real processes on loopback."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from monitor.adapters import cluster as adapter
from monitor.adapters.cluster import DaskEngine
from monitor.errors import EngineError, InputError, WorkerCrashError, WorkerTimeoutError
from tests.clusters import Cluster, cluster


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with cluster(tmp_path_factory.mktemp("cluster")) as running:
        yield running


@pytest.fixture
async def engine(running: Cluster) -> AsyncIterator[DaskEngine]:
    async with DaskEngine(running.address) as connected:
        yield connected


def own_pid() -> int:
    return os.getpid()


def fail() -> None:
    raise ValueError("a reason")


def hang() -> None:
    time.sleep(1.5)


def end_the_worker() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def once_slowly(folder: str) -> int:
    """Leaves a note of who worked on it, and takes its time."""
    Path(folder, str(os.getpid())).touch()
    time.sleep(1)
    return os.getpid()


def first_at_work(folder: Path, pids: set[str]) -> str:
    """Which of the processes has left its note; the test's own time limit ends the wait."""
    while not (begun := [path.name for path in folder.iterdir() if path.name in pids]):
        time.sleep(0.02)
    return begun[0]


async def test_work_is_done_by_all_workers(engine: DaskEngine, running: Cluster) -> None:
    assert engine.width == 2
    done = await asyncio.gather(*(engine.run(own_pid, timeout=30) for _ in range(40)))
    assert set(done) == {worker.pid for worker in running.workers}


async def test_what_raises_is_told(engine: DaskEngine) -> None:
    with pytest.raises(WorkerCrashError, match="fail failed: ValueError: a reason"):
        await engine.run(fail, timeout=30)


async def test_a_task_that_takes_too_long_is_given_up(engine: DaskEngine) -> None:
    with pytest.raises(WorkerTimeoutError, match=r"hang did not end within 0\.2 s"):
        await engine.run(hang, timeout=0.2)


async def test_a_worker_of_another_version_is_refused(running: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    """Scores must not depend on who worked."""
    monkeypatch.setattr(adapter, "__version__", "9.9.9")
    with pytest.raises(EngineError, match=r"dask worker tcp://.* has version .* of this program; install 9\.9\.9"):
        async with DaskEngine(running.address):
            pass


async def test_an_address_where_nobody_answers_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapter, "CONNECT_SECONDS", 0.2)
    with pytest.raises(EngineError, match=r"dask_address tcp://127\.0\.0\.1:9: no scheduler answers .* or use engine"):
        async with DaskEngine("tcp://127.0.0.1:9"):
            pass


async def test_without_the_extra_the_way_out_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(InputError, match=r"install it with `pip install 'trafficking-recruitment-monitor\[dask\]'`"):
        async with DaskEngine("tcp://127.0.0.1:9"):
            pass


async def test_a_worker_that_is_lost_costs_nothing_until_none_are_left(tmp_path: Path) -> None:
    """Its work is done again by another; without any, the run ends with a reason."""
    with cluster(tmp_path) as running:
        async with DaskEngine(running.address) as engine:
            work = asyncio.create_task(engine.run(once_slowly, str(tmp_path), timeout=60))
            pids = {str(worker.pid) for worker in running.workers}
            begun = await asyncio.to_thread(first_at_work, tmp_path, pids)
            os.kill(int(begun), signal.SIGKILL)
            (other,) = pids - {begun}
            assert await work == int(other)
            os.kill(int(other), signal.SIGKILL)
            with pytest.raises(EngineError, match="no workers left; start some, then run again"):
                await engine.run(own_pid, timeout=3)


async def test_a_task_that_ends_each_worker_it_meets_is_given_up(tmp_path: Path) -> None:
    with cluster(tmp_path, workers=5) as running:
        async with DaskEngine(running.address) as engine:
            with pytest.raises(WorkerCrashError, match="end_the_worker took its workers down"):
                await engine.run(end_the_worker, timeout=60)
            assert await engine.run(own_pid, timeout=30)


async def test_a_scheduler_that_is_lost_ends_the_run(tmp_path: Path) -> None:
    with cluster(tmp_path, workers=1) as running:
        async with DaskEngine(running.address) as engine:
            running.scheduler.kill()
            with pytest.raises(EngineError, match=f"dask_address {running.address}: "):
                await engine.run(own_pid, timeout=5)
