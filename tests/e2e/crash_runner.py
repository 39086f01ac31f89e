"""The program that the crash test kills: the real store, outbox, pipeline and notifier, over and over.

Started once, it imports everything and then forks a child for each line it reads, so that a start costs milliseconds.
A line is JSON: the database, the webhook's address, the run, which sets what the feeds list, its time, and where the
child is to die, if anywhere: before its n-th SQL statement, before or after its n-th message, or after so many seconds,
wherever it is then. The answer to a line is the signal that ended the child, or 0.
"""

import asyncio
import json
import logging
import os
import random
import signal
import sys
import time
import traceback
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from monitor.adapters.database import open_database
from monitor.adapters.notify import AppriseNotifier
from monitor.adapters.outbox import SqliteOutbox
from monitor.adapters.store import SqliteStore
from monitor.domain.channel import Channel, Schedule
from monitor.domain.feed import FeedSource, FetchRequest, ParsedFeed, Retrieved
from monitor.domain.item import Item, identity_of
from monitor.domain.message import Message
from monitor.domain.resemblance import by_length
from monitor.pipeline import Deciding, DeliverParts, Policy, PollParts, deliver, poll
from tests.fakes import FakeGeographer, FakeReader, FakeScorer

SIGNAL = "human_trafficking"
FEEDS = ("https://one.example/feed", "https://two.example/feed")
BEGIN = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
STEP = timedelta(minutes=10)
"""Between two runs: longer than a lease, so that what a killed run had taken is free for the next."""

LISTED = 40
"""Entries a feed lists: more than come in while a kill keeps it from being stored."""

PER_RUN = 1


class Clock:
    """The time of a run; it does not pass within one."""

    def __init__(self, at: int) -> None:
        self._now = BEGIN + at * STEP

    def now(self) -> datetime:
        return self._now

    def jitter(self) -> float:
        return 0.5


class World:
    """Feeds that list one item more in every run, each an event of its own."""

    def __init__(self, run: int) -> None:
        self._run = run

    async def fetch(self, request: FetchRequest) -> Retrieved:
        return Retrieved(f"{request.url} {self._run}".encode(), request.url, body_hash=f"{self._run}")

    async def parse(self, retrieved: Retrieved, now: datetime) -> ParsedFeed:
        del now
        feed = FEEDS.index(retrieved.url)
        last = PER_RUN * (self._run + 1)
        return ParsedFeed(tuple(event(feed, number) for number in range(max(0, last - LISTED), last)))


def event(feed: int, number: int) -> Item:
    """An item whose words no other shares, so that it is a story of its own."""
    dice = random.Random(f"{feed}/{number}")
    words = ["".join(dice.choices("abcdefghijklmnopqrstuvwxyz", k=9)) for _ in range(8)]
    name = words[0]
    url = f"https://news.example/{name}"
    published = BEGIN + number // PER_RUN * STEP
    return Item(
        name, url, f"trafficked {' '.join(words)}", "", "en", published, identity_of(name, url, name, published)
    )


class Fuse:
    """Kills this process at the n-th time it is passed; never where n is None."""

    def __init__(self, after: int | None) -> None:
        self._left = after

    def __call__(self, *_: object) -> None:
        if self._left is not None:
            self._left -= 1
            if self._left < 0:
                os.kill(os.getpid(), signal.SIGKILL)


class FusedNotifier:
    """Sends in earnest; a fuse before each message and one after."""

    def __init__(self, url: str, before: Fuse, after: Fuse) -> None:
        self._notifier = AppriseNotifier({"now": f"{url}/now", "hourly": f"{url}/hourly"})
        self._before, self._after = before, after

    async def send(self, channel: str, message: Message) -> None:
        self._before()
        await self._notifier.send(channel, message)
        self._after()


async def run(order: dict[str, Any]) -> None:
    """One life: poll and deliver until there is nothing left to do."""
    clock, world, kill = Clock(order["at"]), World(order["run"]), order["kill"]
    channels = (Channel("now", max_per_hour=10_000), Channel("hourly", when=Schedule("hourly"), max_per_hour=10_000))
    policy = Policy({SIGNAL: 0.5}, {channel.name: channel for channel in channels}, timedelta(minutes=5))
    with open_database(Path(order["database"])) as database:
        database._db.conn.set_trace_callback(Fuse(kill.get("statement")))
        store, outbox = SqliteStore(database), SqliteOutbox(database)
        notifier = FusedNotifier(order["url"], Fuse(kill.get("before_send")), Fuse(kill.get("after_send")))
        store.sync_feeds([FeedSource(url) for url in FEEDS], clock.now())
        scorer = FakeScorer({SIGNAL: {"trafficked": 0.9}})
        parts = PollParts(
            fetcher=world,
            parser=world,
            reader=FakeReader(),
            first_looks=scorer,
            scorer=scorer,
            store=store,
            clock=clock,
            geographer=FakeGeographer(),
            weigh=by_length,
            deciding=Deciding(database.transaction),
        )
        await poll(parts, policy, force=True)
        await deliver(DeliverParts(outbox, notifier, clock), policy)


def live(order: dict[str, Any]) -> None:
    """What a child does: exit 0 where it came to its end, 1 where it failed."""
    status = 1
    try:
        asyncio.run(run(order))
        status = 0
    except Exception:  # noqa: BLE001 - the child ends here, whatever it was
        traceback.print_exc()
    finally:
        os._exit(status)


def main() -> None:
    """Fork a child for each order on standard input."""
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if child == 0:
            live(order)
        if (seconds := order["kill"].get("seconds")) is not None:
            time.sleep(seconds)
            os.kill(child, signal.SIGKILL)  # a child that has ended keeps its id until it is waited for
        _, status = os.waitpid(child, 0)
        ended = os.WTERMSIG(status) if os.WIFSIGNALED(status) else -os.WEXITSTATUS(status)
        sys.stdout.write(f"{ended}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    AppriseNotifier({"warm": "json://127.0.0.1:9/"})  # loads the plugins once for all children
    main()
