"""The scheduler: jobs repeat, never twice at once, survive their errors, and stop in time."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from monitor.adapters.schedule import Scheduler
from monitor.errors import StorageError

OFTEN = timedelta(milliseconds=10)
LIMIT = 5.0


async def test_a_job_runs_again_and_again_and_leaves_a_beat() -> None:
    """Each start of a job is noted, as a sign of life."""
    scheduler, runs = Scheduler(), 0
    third = asyncio.Event()

    async def job() -> None:
        nonlocal runs
        runs += 1
        if runs == 3:
            third.set()

    scheduler.every(OFTEN, "count", job)
    assert scheduler.beats == {}
    scheduler.start()
    await asyncio.wait_for(third.wait(), LIMIT)
    await scheduler.stop(timedelta(seconds=1))
    assert scheduler.beats["count"]


async def test_a_job_that_is_hastened_runs_now() -> None:
    """And not at its next time, a day away."""
    scheduler = Scheduler()
    ran = asyncio.Event()

    async def job() -> None:
        ran.set()

    scheduler.every(timedelta(days=1), "daily", job, first_after=timedelta(days=1))
    scheduler.start()
    scheduler.hasten("daily")
    await asyncio.wait_for(ran.wait(), LIMIT)
    await scheduler.stop(timedelta(seconds=1))


async def test_a_job_that_is_late_is_not_started_twice() -> None:
    """While one run goes on, the times that pass are skipped."""
    scheduler, at_once, most, others = Scheduler(), 0, 0, 0
    let_go = asyncio.Event()

    async def slow() -> None:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        await let_go.wait()
        at_once -= 1

    async def quick() -> None:
        nonlocal others
        others += 1
        if others == 5:
            let_go.set()

    scheduler.every(OFTEN, "slow", slow)
    scheduler.every(OFTEN, "quick", quick)
    scheduler.start()
    await asyncio.wait_for(let_go.wait(), LIMIT)
    await scheduler.stop(timedelta(seconds=1))
    assert most == 1


@pytest.mark.parametrize("error", [StorageError("monitor.db: the disk is full"), ZeroDivisionError("bug")])
async def test_a_job_that_fails_runs_again(error: Exception, caplog: pytest.LogCaptureFixture) -> None:
    """The error is logged once however often it comes: one line for what we raise on purpose, a traceback for a bug."""
    caplog.set_level("INFO")
    scheduler, runs = Scheduler(), 0
    again = asyncio.Event()

    async def job() -> None:
        nonlocal runs
        runs += 1
        if runs == 5:
            again.set()
        if runs < 4:
            raise error

    scheduler.every(OFTEN, "poll", job)
    scheduler.start()
    await asyncio.wait_for(again.wait(), LIMIT)
    await scheduler.stop(timedelta(seconds=1))
    told, solved = [record for record in caplog.records if record.name == "monitor.adapters.schedule"]
    assert told.getMessage() == f"poll failed, and is tried again: {_words(error)}"
    assert bool(told.exc_info) is not isinstance(error, StorageError)
    assert solved.getMessage() == "poll works again"


def _words(error: Exception) -> str:
    return str(error) if isinstance(error, StorageError) else f"{type(error).__name__}: {error}"


async def test_stopping_waits_for_running_work_and_cancels_what_does_not_end() -> None:
    """Work that ends within the grace ends by itself; the rest is cancelled; nothing starts any more."""
    scheduler = Scheduler()
    started, ended, cancelled = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def stubborn() -> None:
        started.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.set()
            raise

    async def polite() -> None:
        await started.wait()
        await asyncio.sleep(0)
        ended.set()

    scheduler.every(timedelta(hours=1), "stubborn", stubborn)
    scheduler.every(timedelta(hours=1), "polite", polite)
    scheduler.start()
    await asyncio.wait_for(started.wait(), LIMIT)
    await scheduler.stop(timedelta(milliseconds=200))
    assert ended.is_set()
    assert cancelled.is_set()


async def test_a_job_aside_runs_beside_the_others_and_once_at_a_time() -> None:
    """Of one name, a second is not begun before the first has ended; another name is another matter."""
    scheduler = Scheduler()
    let_go, begun = asyncio.Event(), list[str]()

    def job(name: str) -> Callable[[], Awaitable[None]]:
        async def run() -> None:
            begun.append(name)
            await let_go.wait()

        return run

    for name in ("a", "b", "a", "b"):
        scheduler.aside(name, job(name))
    await asyncio.sleep(0)
    assert begun == ["a", "b"]
    let_go.set()
    await scheduler.stop(timedelta(seconds=1))
    scheduler.aside("a", job("again"))
    await asyncio.sleep(0)
    assert begun == ["a", "b", "again"]
    await scheduler.stop(timedelta(seconds=1))


async def test_a_job_aside_is_cancelled_when_it_outlasts_the_stop() -> None:
    """Nothing holds the service up."""
    scheduler, cancelled = Scheduler(), asyncio.Event()

    async def hang() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    scheduler.aside("hang", hang)
    await asyncio.sleep(0)
    await asyncio.wait_for(scheduler.stop(timedelta(0)), LIMIT)
    assert cancelled.is_set()
