"""Repeats the service's jobs. The only importer of APScheduler."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from monitor.errors import MonitorError

log = logging.getLogger(__name__)

Job = Callable[[], Awaitable[None]]


class Scheduler:
    """Runs each job again and again in this event loop, never twice at once.

    A job that is still running when its time comes is skipped, not queued. A job that fails runs again at its next
    time, and its error is logged once: nothing that goes wrong in one cycle stops the service or floods its log.
    """

    def __init__(self) -> None:
        self._scheduler = AsyncIOScheduler(
            timezone=UTC, job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        )
        self._running: set[asyncio.Task[None]] = set()
        self._beats: dict[str, datetime] = {}
        self._failing: dict[str, str] = {}
        self._aside: set[str] = set()

    @property
    def beats(self) -> dict[str, datetime]:
        """When each job last began, UTC; an empty dict before the first."""
        return dict(self._beats)

    def every(self, interval: timedelta, name: str, job: Job, *, first_after: timedelta = timedelta()) -> None:
        """Run `job` after `first_after`, then every `interval`."""

        async def run() -> None:
            self._beats[name] = datetime.now(UTC)
            task = asyncio.ensure_future(self._guarded(name, job))
            self._running.add(task)
            task.add_done_callback(self._running.discard)
            await asyncio.wait([task])

        self._scheduler.add_job(
            run,
            "interval",
            seconds=interval.total_seconds(),
            id=name,
            next_run_time=datetime.now(UTC) + first_after,
        )

    def hasten(self, name: str) -> None:
        """Let a job run now and not at its next time; where it is running, that is left as it is."""
        self._scheduler.modify_job(name, next_run_time=datetime.now(UTC))

    def aside(self, name: str, job: Job) -> None:
        """Run `job` once, beside all others, unless one of this name is still running."""
        if name in self._aside:
            return

        def ended(task: asyncio.Task[None]) -> None:
            self._running.discard(task)
            self._aside.discard(name)

        self._aside.add(name)
        task = asyncio.ensure_future(self._guarded(name, job))
        self._running.add(task)
        task.add_done_callback(ended)

    def start(self) -> None:
        """Begin; needs a running event loop."""
        self._scheduler.start()

    async def stop(self, grace: timedelta) -> None:
        """Start nothing new, give running jobs `grace` to end, then cancel them."""
        if self._scheduler.running:
            self._scheduler.pause()
        if self._running:
            _, late = await asyncio.wait(set(self._running), timeout=grace.total_seconds())
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
            await asyncio.sleep(0)  # APScheduler ends in a callback of this loop

    async def _guarded(self, name: str, job: Job) -> None:
        try:
            await job()
        except MonitorError as error:
            self._tell(name, str(error), traceback=False)
        except Exception as error:  # noqa: BLE001 - a job that dies of a bug must not take the others along
            self._tell(name, f"{type(error).__name__}: {error}", traceback=True)
        else:
            if self._failing.pop(name, None):
                log.info("%s works again", name)

    def _tell(self, name: str, message: str, *, traceback: bool) -> None:
        """Log an error once, not at every tick: a full disk would otherwise fill what is left of it."""
        if self._failing.get(name) != message:
            log.error("%s failed, and is tried again: %s", name, message, exc_info=traceback)
        self._failing[name] = message
