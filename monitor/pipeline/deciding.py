"""Whose turn it is to decide: one after the other, several in one transaction."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TypeVar, cast
from weakref import WeakValueDictionary

from monitor.errors import StorageError
from monitor.together import Together

T = TypeVar("T")

Job = Callable[[], object]
"""Looks at what is stored, decides, stores. May be done again after everything it stored was taken back."""

MOST_AT_ONCE = 64
"""Jobs in one transaction: enough that a commit costs little, few enough that other programs get at the database."""


class Deciding:
    """What was polled and what was pushed is decided upon one after the other.

    Stories and alerts depend on what was stored before, whatever the feed; what is new in a feed, on the body before.

    Args:
        transaction: what is done inside is stored as a whole or not at all.
    """

    def __init__(self, transaction: Callable[[], AbstractContextManager[None]] = nullcontext) -> None:
        self._transaction = transaction
        self._together: Together[Job, object] = Together(self._do, most=MOST_AT_ONCE)
        self._feeds: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()

    def feed(self, feed_id: int) -> asyncio.Lock:
        """Held from the look at what a feed has listed before until it is stored what it lists now."""
        lock = self._feeds.get(feed_id)
        if lock is None:
            lock = self._feeds[feed_id] = asyncio.Lock()
        return lock

    async def turn(self, job: Callable[[], T]) -> T:
        """Do a job in a thread when its turn comes; when this returns, what it stored is stored.

        Jobs that wait at the same time share a transaction. Where one of them raises, all are taken back, and each is
        done again in a transaction of its own: a fault costs its own job only.
        """
        return cast("T", await self._together(job))

    async def _do(self, jobs: Sequence[Job]) -> Sequence[object]:
        return await asyncio.to_thread(self._in_order, jobs)

    def _in_order(self, jobs: Sequence[Job]) -> Sequence[object]:
        try:
            return self._in_one(jobs)
        except StorageError:
            raise  # whoever comes next would meet the same full or locked disk
        except Exception as error:  # noqa: BLE001  # raised in whoever wanted the job
            return [error] if len(jobs) == 1 else [self._alone(job) for job in jobs]

    def _alone(self, job: Job) -> object:
        try:
            return self._in_one([job])[0]
        except Exception as error:  # noqa: BLE001  # as above
            return error

    def _in_one(self, jobs: Sequence[Job]) -> list[object]:
        with self._transaction():
            return [job() for job in jobs]
