"""Where work that may hang, crash or eat memory on hostile input is run: worker processes (pebble)."""

import asyncio
import gc
import logging
import multiprocessing
import os
import resource
from collections.abc import Callable, Sequence
from concurrent.futures.process import BrokenProcessPool
from types import TracebackType
from typing import Any, Protocol, Self, TypeVar

from pebble import ProcessExpired, ProcessPool

from monitor.adapters.hatching import PRELOAD, hatch
from monitor.errors import WorkerCrashError, WorkerTimeoutError

T = TypeVar("T")

log = logging.getLogger(__name__)

TASKS_PER_WORKER = 2000
"""After so many tasks a worker is replaced, so that a leak in a library stays small."""

YIELDING = 5
"""A worker's niceness beyond that of the process that decides, stores and sends, which has the processor first."""

STUCK = 40.0
"""Seconds beyond a task's time limit in which no other ended either: then the pool does nothing any more. Longer than
any task of a poll may take, as it may wait for those of others."""


def seldom() -> None:
    """Look for garbage less often, for processes that make values by the thousand which hold no cycles."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


class Engine(Protocol):
    """Runs functions elsewhere: in processes of this machine, or on a cluster.

    Functions and their arguments and results are pickled, so functions must stand at module level.
    """

    @property
    def width(self) -> int:
        """How many tasks it works on side by side."""

    async def run(self, fn: Callable[..., T], *args: object, timeout: float) -> T:  # noqa: ASYNC109  # limits the work
        """Run `fn(*args)`; `timeout` in seconds.

        Raises:
            WorkerTimeoutError: it took longer.
            WorkerCrashError: it raised, or took its worker with it.
            EngineError: there is nobody to run it.
        """


class LocalEngine:
    """The Engine of one machine: a pool of worker processes, which survives every worker.

    Args:
        workers: processes; by default one per core, at most 4.
        memory: bytes of data each may hold, where the system can limit it.
        preload: modules that all workers share. Each worker imports the main module of this process anew; where that
            is heavy, what it imports belongs here, and is then imported once.
    """

    def __init__(self, workers: int | None = None, *, memory: int = 1 << 30, preload: Sequence[str] = PRELOAD) -> None:
        self._workers = workers or min(os.cpu_count() or 1, 4)
        self._memory = memory
        self._preload = preload
        self._starting: asyncio.Future[ProcessPool] | None = None
        self._ended_at = 0.0  # when a task ended last, by the loop's clock

    @property
    def width(self) -> int:
        """How many worker processes there are."""
        return self._workers

    async def __aenter__(self) -> Self:
        self._start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Stop the workers, whatever they are doing."""
        starting, self._starting = self._starting, None
        if starting is not None:
            await _stopped(starting)

    async def run(self, fn: Callable[..., T], *args: object, timeout: float) -> T:  # noqa: ASYNC109  # limits the process
        """Run `fn(*args)` in a worker; `timeout` seconds count from its start, not from its place in the queue.

        Raises:
            WorkerTimeoutError: it took longer; the worker was killed.
            WorkerCrashError: it raised, or took its worker with it.
        """
        for last in (False, True):
            starting = self._start()
            try:
                pool = await asyncio.shield(starting)
                future = pool.schedule(attempt, args=(fn, args), timeout=timeout)
                outcome = await self._outcome(asyncio.wrap_future(future), timeout)
            except TimeoutError as error:
                raise WorkerTimeoutError(f"{fn.__name__} did not end within {timeout:g} s") from error
            except ProcessExpired as error:
                raise WorkerCrashError(f"{fn.__name__} took its worker down (exit code {error.exitcode})") from error
            except (BrokenProcessPool, RuntimeError, OSError) as error:
                # The pool gives up when an idle worker is killed from outside; a new one takes over.
                if last:
                    raise WorkerCrashError("worker processes cannot be started; is memory short?") from error
                await self._replaced(starting)
            else:
                return outcome_of(fn, outcome)  # type: ignore[no-any-return]  # pebble's futures are untyped
        raise AssertionError("unreachable")

    async def _outcome(self, waiting: asyncio.Future[Any], patience: float) -> Any:  # noqa: ANN401  # of any function
        """What comes of a task; BrokenProcessPool where no task has ended for longer than one may take.

        A worker that is killed from outside may take the lock along that all of them wait for, which nobody notices.
        """
        clock = asyncio.get_running_loop().time
        began = clock()
        try:
            done = False
            while not done and clock() - max(began, self._ended_at) <= patience + STUCK:
                done = bool((await asyncio.wait([waiting], timeout=STUCK))[0])
        finally:
            waiting.cancel()  # without effect on one that is done
        if not done:
            raise BrokenProcessPool("no worker takes any task")
        self._ended_at = clock()
        return waiting.result()

    def _start(self) -> asyncio.Future[ProcessPool]:
        """The pool, once it is there. Its first worker takes a second, in which others have the event loop."""
        if self._starting is None:
            self._starting = asyncio.ensure_future(asyncio.to_thread(self._new_pool))
        return self._starting

    def _new_pool(self) -> ProcessPool:
        hatch(self._preload)
        pool = ProcessPool(
            max_workers=self._workers,
            max_tasks=TASKS_PER_WORKER,
            initializer=_begin,
            initargs=(self._memory,),
            context=multiprocessing.get_context("forkserver"),
        )
        pool.schedule(_limit, args=(self._memory,))  # workers start with the first task
        return pool

    async def _replaced(self, broken: asyncio.Future[ProcessPool]) -> None:
        if self._starting is broken:
            log.warning("the worker processes broke down; starting new ones")
            self._starting = None
            await _stopped(broken)


async def _stopped(starting: asyncio.Future[ProcessPool]) -> None:
    try:
        pool = await starting
    except (RuntimeError, OSError):
        return  # it never began
    await asyncio.to_thread(_stop, pool)


class Raised:
    """An exception's text; exceptions themselves do not always survive pickling."""

    __slots__ = ("message",)

    def __init__(self, message: str) -> None:
        self.message = message


def attempt(fn: Callable[..., T], args: tuple[object, ...]) -> T | Raised:
    """What a worker runs: `fn(*args)`, or what it raised."""
    try:
        return fn(*args)
    except Exception as error:  # noqa: BLE001  # the caller gets it as WorkerCrashError
        return Raised(f"{type(error).__name__}: {error}")


def outcome_of(fn: Callable[..., T], outcome: T | Raised) -> T:
    """What `attempt` returned. Raises WorkerCrashError where the function raised."""
    if isinstance(outcome, Raised):
        raise WorkerCrashError(f"{fn.__name__} failed: {outcome.message}")
    return outcome


def _begin(memory: int) -> None:
    """What a worker starts with."""
    _limit(memory)
    seldom()
    os.nice(YIELDING)


def _limit(memory: int) -> None:
    for what, most in ((resource.RLIMIT_DATA, memory), (resource.RLIMIT_CORE, 0)):
        _, hard = resource.getrlimit(what)
        resource.setrlimit(what, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


def _stop(pool: ProcessPool) -> None:
    pool.stop()  # type: ignore[no-untyped-call]
    pool.join()
