"""Work in groups, over real worker processes: what is too much for one costs nobody else anything."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Sequence

import pytest

from monitor.adapters.engine import LocalEngine
from monitor.adapters.groups import Groups
from monitor.errors import WorkerCrashError, WorkerTimeoutError

HANG, DIE = -1, -2


def doubled(several: Sequence[int]) -> list[int]:
    if HANG in several:
        time.sleep(60)
    if DIE in several:
        os.kill(os.getpid(), signal.SIGSEGV)
    return [2 * one for one in several]


@pytest.fixture
async def engine() -> AsyncIterator[LocalEngine]:
    async with LocalEngine(1) as running:
        yield running


async def answers(engine: LocalEngine, *calls: int) -> tuple[list[int | BaseException], list[int]]:
    """What each call got, and the sizes of the groups that were tried."""
    sizes: list[int] = []

    async def run(several: Sequence[int], timeout: float) -> list[int]:  # noqa: ASYNC109  # of the engine
        sizes.append(len(several))
        return await engine.run(doubled, several, timeout=timeout)

    groups = Groups(run, width=1, most=100, weight=lambda _: 1, alone=2.0)
    return await asyncio.gather(*map(groups, calls), return_exceptions=True), sizes


async def test_ordinary_work_is_done_in_one_task(engine: LocalEngine) -> None:
    assert await answers(engine, 1, 2, 3) == ([2, 4, 6], [3])


@pytest.mark.parametrize(("hostile", "error"), [(HANG, WorkerTimeoutError), (DIE, WorkerCrashError)])
async def test_what_takes_its_worker_down_is_found(engine: LocalEngine, hostile: int, error: type[Exception]) -> None:
    """The others of its group are done again, each by itself."""
    (first, bad, last), sizes = await answers(engine, 1, hostile, 3)
    assert (first, last) == (2, 6)
    assert isinstance(bad, error)
    assert sizes == [3, 1, 1, 1]
