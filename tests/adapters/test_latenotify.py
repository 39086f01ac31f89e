"""The notifier that is made when it is needed."""

import asyncio

import pytest

from monitor.adapters.latenotify import LateNotifier
from monitor.domain.message import note
from monitor.ports import Notifier
from tests.fakes import FakeNotifier

MESSAGE = note("told", ["something"], "key")


async def test_it_is_made_once_with_the_first_message_whoever_sends_meanwhile_or_gives_up() -> None:
    made: list[FakeNotifier] = []

    def make() -> Notifier:
        made.append(FakeNotifier())
        return made[-1]

    late = LateNotifier(make)
    assert not made
    given_up, *others = (asyncio.create_task(late.send(channel, MESSAGE)) for channel in ("a", "b", "c"))
    await asyncio.sleep(0)
    given_up.cancel()
    await asyncio.gather(*others)
    assert [sorted(channel for channel, _ in one.sent) for one in made] == [["b", "c"]]


async def test_what_could_not_be_made_is_tried_again_with_the_next_message() -> None:
    faults, notifier = [OSError("no more files")], FakeNotifier()

    def make() -> Notifier:
        if faults:
            raise faults.pop()
        return notifier

    late = LateNotifier(make)
    with pytest.raises(OSError, match="no more files"):
        await late.send("a", MESSAGE)
    await late.send("a", MESSAGE)
    assert notifier.sent == [("a", MESSAGE)]
