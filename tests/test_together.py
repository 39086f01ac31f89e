"""Calls that come at the same time are done together, and each gets its own answer."""

import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.together import Together


class Office:
    """Doubles numbers in groups while its door is open; remembers the groups. Odd things happen to some numbers."""

    def __init__(self) -> None:
        self.groups: list[list[int]] = []
        self.door = asyncio.Event()
        self.door.set()

    async def do(self, several: Sequence[int]) -> Sequence[int | Exception]:
        self.groups.append(list(several))
        await self.door.wait()
        if 13 in several:
            raise RuntimeError("nobody gets anything")
        return [ValueError(f"not {one}") if one < 0 else 2 * one for one in several]


async def start(*calls: "asyncio.Task[int]") -> None:
    """Let calls get as far as they come by themselves."""
    for _ in range(3 * len(calls) + 3):
        await asyncio.sleep(0)


async def test_a_call_that_comes_alone_is_done_alone_and_at_once() -> None:
    office = Office()
    together = Together(office.do, most=9)
    assert [await together(1), await together(2)] == [2, 4]
    assert office.groups == [[1], [2]]


async def test_what_comes_meanwhile_is_done_together() -> None:
    """As many at once as a group may weigh, in the order they came."""
    office = Office()
    office.door.clear()
    together = Together(office.do, most=3)
    calls = [asyncio.create_task(together(1))]
    await start(*calls)
    calls += [asyncio.create_task(together(one)) for one in (2, 3, 4, 5)]
    await start(*calls)
    office.door.set()
    assert await asyncio.gather(*calls) == [2, 4, 6, 8, 10]
    assert office.groups == [[1], [2, 3, 4], [5]]


async def test_as_many_groups_are_under_way_as_there_is_room_for() -> None:
    office = Office()
    office.door.clear()
    together = Together(office.do, most=1, at_once=2)
    calls = [asyncio.create_task(together(one)) for one in (1, 2, 3)]
    await start(*calls)
    assert office.groups == [[1], [2]]
    office.door.set()
    assert await asyncio.gather(*calls) == [2, 4, 6]


async def test_an_exception_is_raised_to_the_one_that_it_is_an_answer_to() -> None:
    office = Office()
    together = Together(office.do, most=9)
    answers = await asyncio.gather(*(together(one) for one in (1, -2, 3)), return_exceptions=True)
    assert [str(answer) for answer in answers] == ["2", "not -2", "6"]


async def test_what_is_raised_goes_to_all_of_the_group_and_to_nobody_else() -> None:
    office = Office()
    together = Together(office.do, most=9)
    answers = await asyncio.gather(*(together(one) for one in (12, 13)), return_exceptions=True)
    assert [str(answer) for answer in answers] == ["nobody gets anything"] * 2
    assert await together(14) == 28


async def test_who_stops_waiting_takes_nothing_from_the_others() -> None:
    """Neither while it is done, nor before: then it is not done at all."""
    office = Office()
    office.door.clear()
    together = Together(office.do, most=9)
    first, other = asyncio.create_task(together(1)), asyncio.create_task(together(2))
    await start(first, other)
    late, last = asyncio.create_task(together(3)), asyncio.create_task(together(4))
    await start(late, last)
    first.cancel()
    late.cancel()
    await start(first, late)
    office.door.set()
    assert [await other, await last] == [4, 8]
    assert office.groups == [[1, 2], [4]]
    with pytest.raises(asyncio.CancelledError):
        await first


@given(st.lists(st.integers(1, 9)), st.integers(1, 12), st.integers(1, 3))
async def test_whatever_comes_every_call_gets_its_answer(weights: list[int], most: int, at_once: int) -> None:
    """No group weighs more than it may, unless it is one call alone."""
    office = Office()
    together = Together(office.do, most=most, at_once=at_once, weight=lambda one: one)
    assert await asyncio.gather(*map(together, weights)) == [2 * one for one in weights]
    assert all(sum(group) <= most or len(group) == 1 for group in office.groups)
    assert sorted(one for group in office.groups for one in group) == sorted(weights)
