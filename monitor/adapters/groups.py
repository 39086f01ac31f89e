"""Work for an engine, in groups: a task has its price, and most of what is asked for is small."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from monitor.errors import WorkerCrashError, WorkerTimeoutError
from monitor.together import Together

A = TypeVar("A")
R = TypeVar("R")

log = logging.getLogger(__name__)

TOGETHER = 5.0
"""Seconds that a group may take. Most take a tenth of one; what is in a group with a hostile document waits so long."""


class Groups(Generic[A, R]):
    """Answers calls one by one, and has workers do them in groups.

    What brings a worker down, or takes it too long, is found by doing each of its group by itself, and costs only its
    own caller an error.

    Args:
        run: does several in a worker, within a time in seconds; an answer for each, in order.
        width: groups under way at the same time.
        most: weight of one group.
        weight: of one call.
        alone: seconds that one by itself may take.
    """

    def __init__(
        self,
        run: Callable[[Sequence[A], float], Awaitable[Sequence[R]]],
        *,
        width: int,
        most: int,
        weight: Callable[[A], int],
        alone: float,
    ) -> None:
        self._run = run
        self._alone = alone
        self._together: Together[A, R] = Together(self._do, most=most, at_once=width, weight=weight)

    async def __call__(self, one: A) -> R:
        """The answer to one call.

        Raises:
            WorkerTimeoutError, WorkerCrashError: it was too much for a worker.
            MonitorError: what `run` raises else.
        """
        return await self._together(one)

    async def _do(self, several: Sequence[A]) -> Sequence[R | Exception]:
        if len(several) > 1:
            try:
                return await self._run(several, min(TOGETHER, self._alone))
            except (WorkerTimeoutError, WorkerCrashError) as error:
                log.debug("a group of %d is taken apart: %s", len(several), error)
        answers = await asyncio.gather(*(self._run([one], self._alone) for one in several), return_exceptions=True)
        return [_answer(answer) for answer in answers]


def _answer(answer: Sequence[R] | BaseException) -> R | Exception:
    if isinstance(answer, Exception):
        return answer
    if isinstance(answer, BaseException):
        raise answer
    return answer[0]
