"""Calls that come at the same time, joined into one: what a call costs by itself is then paid once for many."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

A = TypeVar("A")
R = TypeVar("R")


class Together(Generic[A, R]):
    """Answers each call by itself, but does what waits in groups.

    A call that comes alone is done at once and alone. While that is under way others gather, and go together as soon
    as there is room. Whoever stops waiting for an answer takes nothing from the others.

    Args:
        do: does several at once; an answer for each, in order. An exception among the answers is raised to the one
            that it is an answer to; one that is raised instead goes to all.
        most: weight of one group; a call that weighs more goes alone.
        at_once: groups under way at the same time.
        weight: of one call; each counts 1 where it is left out.
    """

    def __init__(
        self,
        do: Callable[[Sequence[A]], Awaitable[Sequence[R | Exception]]],
        *,
        most: int,
        at_once: int = 1,
        weight: Callable[[A], int] = lambda _: 1,
    ) -> None:
        self._do = do
        self._most = most
        self._room = at_once
        self._weight = weight
        self._waiting: deque[tuple[A, asyncio.Future[R]]] = deque()
        self._running: set[asyncio.Task[None]] = set()  # a task that nobody holds may vanish

    async def __call__(self, one: A) -> R:
        """The answer to one call; raises what `do` raised, or gave as the answer."""
        answer: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.append((one, answer))
        if self._room:
            self._room -= 1
            task = asyncio.create_task(self._work())
            self._running.add(task)
            task.add_done_callback(self._running.discard)
        return await answer

    async def _work(self) -> None:
        try:
            while group := self._next():
                await self._answer(group)
        finally:
            self._room += 1

    async def _answer(self, group: Sequence[tuple[A, asyncio.Future[R]]]) -> None:
        answers: Sequence[R | BaseException]
        try:
            answers = await self._do([one for one, _ in group])
        except Exception as error:  # noqa: BLE001  # it is raised, to those who asked
            answers = [error] * len(group)
        except asyncio.CancelledError:  # the loop ends
            for _, future in group:
                future.cancel()
            raise
        for (_, future), answer in zip(group, answers, strict=True):
            if future.done():  # nobody waits for it any more
                continue
            if isinstance(answer, BaseException):
                future.set_exception(answer)
            else:
                future.set_result(answer)

    def _next(self) -> list[tuple[A, asyncio.Future[R]]]:
        group: list[tuple[A, asyncio.Future[R]]] = []
        room = self._most
        while self._waiting:
            one, future = self._waiting[0]
            if not future.done():
                weight = self._weight(one)
                if group and weight > room:
                    break
                room -= weight
                group.append((one, future))
            self._waiting.popleft()
        return group
