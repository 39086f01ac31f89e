"""Worker processes that hang, die and eat memory; the engine goes on."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from concurrent.futures import Future

import pytest
from threadpoolctl import threadpool_info

from monitor.adapters import engine as adapter
from monitor.adapters.engine import YIELDING, LocalEngine
from monitor.errors import WorkerCrashError, WorkerTimeoutError


def double(number: int) -> int:
    return 2 * number


def own_pid() -> int:
    return os.getpid()


def own_niceness() -> int:
    return os.getpriority(os.PRIO_PROCESS, 0)


def arithmetic_threads() -> set[int]:
    return {library["num_threads"] for library in threadpool_info()}


def hang() -> None:
    time.sleep(60)


def die() -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def hoard() -> int:
    return len(b"x" * (1 << 30))


class UnpicklableError(Exception):
    def __init__(self, *, needed: str) -> None:
        super().__init__(needed)


def fail() -> None:
    raise UnpicklableError(needed="a reason")


@pytest.fixture
async def engine() -> AsyncIterator[LocalEngine]:
    async with LocalEngine(1, memory=512 << 20) as running:
        yield running


async def test_work_is_done_elsewhere(engine: LocalEngine) -> None:
    """In another process, many tasks at once."""
    assert await engine.run(own_pid, timeout=20) != os.getpid()
    assert await asyncio.gather(*(engine.run(double, n, timeout=20) for n in range(9))) == [2 * n for n in range(9)]


async def test_workers_let_this_process_have_the_processor_first(engine: LocalEngine) -> None:
    """It decides, stores and sends, and holds up everything when it waits."""
    assert await engine.run(own_niceness, timeout=20) == own_niceness() + YIELDING


async def test_a_worker_does_arithmetic_with_one_thread(engine: LocalEngine) -> None:
    """More of them wait for each other in loops, on the processors of other workers."""
    assert await engine.run(arithmetic_threads, timeout=20) == {1}


async def test_a_task_that_hangs_is_killed(engine: LocalEngine) -> None:
    """Its worker goes with it, and the next task gets another."""
    before = await engine.run(own_pid, timeout=20)
    with pytest.raises(WorkerTimeoutError, match="hang did not end within"):
        await engine.run(hang, timeout=0.3)
    assert await engine.run(own_pid, timeout=20) != before


async def test_a_worker_that_dies_costs_its_task_only(engine: LocalEngine) -> None:
    with pytest.raises(WorkerCrashError):
        await engine.run(die, timeout=20)
    assert await engine.run(double, 4, timeout=20) == 8


async def test_a_worker_killed_while_idle_is_replaced(engine: LocalEngine) -> None:
    """As the kernel does when memory is short."""
    os.kill(await engine.run(own_pid, timeout=20), signal.SIGKILL)
    assert await engine.run(double, 4, timeout=20) == 8
    assert await engine.run(double, 5, timeout=20) == 10


async def test_memory_is_limited(engine: LocalEngine) -> None:
    """A task cannot take the machine down."""
    with pytest.raises(WorkerCrashError, match="MemoryError"):
        await engine.run(hoard, timeout=20)
    assert await engine.run(double, 4, timeout=20) == 8


async def test_an_exception_is_told_whatever_it_is(engine: LocalEngine) -> None:
    """Exceptions that cannot be pickled would break the pool."""
    with pytest.raises(WorkerCrashError, match="UnpicklableError: a reason"):
        await engine.run(fail, timeout=20)
    assert await engine.run(double, 4, timeout=20) == 8


async def test_closing_does_not_wait_for_work() -> None:
    """The service stops within seconds, and leaves no process behind."""
    engine = LocalEngine(1)
    pid = await engine.run(own_pid, timeout=20)
    task = asyncio.create_task(engine.run(hang, timeout=60))
    await asyncio.sleep(0)
    async with asyncio.timeout(10):
        await engine.close()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


class DeafPool:
    """Takes tasks and does none of them, as a pool does whose lock went with a killed worker."""

    def __init__(self) -> None:
        self.stopped = False

    def schedule(self, *_: object, **__: object) -> "Future[object]":
        return Future()

    def stop(self) -> None:
        self.stopped = True

    def join(self) -> None:
        """Nobody is to be waited for."""


async def test_a_pool_that_does_nothing_any_more_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once longer has passed than a task may take; the work is done by the next."""
    monkeypatch.setattr(adapter, "STUCK", 0.05)
    deaf, engine = DeafPool(), LocalEngine(1)
    working = engine._new_pool
    pools = iter([lambda: deaf, working])

    def new_pool() -> object:
        return next(pools)()

    monkeypatch.setattr(engine, "_new_pool", new_pool)
    async with engine:
        assert await engine.run(double, 4, timeout=4) == 8
    assert deaf.stopped
