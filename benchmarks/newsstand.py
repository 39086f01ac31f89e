"""A server of many feeds on loopback, in a process of its own, whose every round changes some of them.

Each feed has an address of its own in 127.0.0.0/8, as each publisher has: limits per host then bind as they do in the
wild. The texts are sentences of the seeds, so that they have the lengths and the languages of news.
"""

import asyncio
import multiprocessing
import random
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from hashlib import blake2b
from html import escape
from multiprocessing.connection import Connection
from pathlib import Path

from aiohttp import web

from classifiers.seed import load_seeds

CHANGED = 10
"""Every so manieth feed has one new item in each round after the first."""

POSITIVE = 1 / 1000
"""Share of items told in the words of a positive seed, as in real news."""


@dataclass(frozen=True, slots=True)
class Stand:
    """A running server: the addresses of its feeds, and the way to the next round."""

    urls: tuple[str, ...]
    _pipe: Connection

    def next_round(self) -> None:
        """From now on a tenth of the feeds list one more item than before."""
        self._pipe.send("next")
        self._pipe.recv()

    def first_served(self) -> dict[int, float]:
        """When each feed's present edition was first sent, by the system's monotonic clock."""
        self._pipe.send("served")
        return dict(self._pipe.recv())


@contextmanager
def newsstand(seeds: Path, feeds: int, items: int, *, positive: float = POSITIVE) -> Iterator[Stand]:
    """Serve so many feeds of so many items each; `positive` is the share of reports among what later rounds bring."""
    ours, theirs = multiprocessing.get_context("spawn").Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(theirs, seeds, feeds, items, positive))
    process.start()
    try:
        port = ours.recv()
        yield Stand(tuple(f"http://{_address(number)}:{port}/{number}.xml" for number in range(feeds)), ours)
    finally:
        process.terminate()
        process.join()


def _address(number: int) -> str:
    return f"127.{1 + number // 62500}.{number // 250 % 250}.{1 + number % 250}"


def _serve(pipe: Connection, seeds: Path, feeds: int, items: int, positive: float) -> None:
    asyncio.run(_serving(pipe, _Press(seeds, feeds, items, positive)))


async def _serving(pipe: Connection, press: "_Press") -> None:
    app = web.Application()
    app.router.add_get("/{number}.xml", press.answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "0.0.0.0", 0, backlog=4096)  # noqa: S104  # all of 127.0.0.0/8, each feed its own
    await site.start()
    pipe.send(runner.addresses[0][1])
    while True:
        if await asyncio.to_thread(pipe.recv) == "served":
            pipe.send(press.served)
        else:
            press.round += 1
            press.served.clear()
            pipe.send(press.round)


class _Press:
    """Prints feeds. An even feed answers 304 to its ETag, an odd one sends its body again: both are common."""

    def __init__(self, seeds: Path, feeds: int, items: int, positive: float = POSITIVE) -> None:
        everything = load_seeds(seeds)
        self.round = 0
        self.served: dict[int, float] = {}
        self._share = positive
        self._positive = [_sentences(seed.title, seed.body) for seed in everything if seed.labels]
        self._ordinary = [_sentences(seed.title, seed.body) for seed in everything if not seed.labels]
        self._items = items
        self._start = datetime.now(UTC) - timedelta(hours=20)
        self._bodies = [(0, self._body(number, 0)) for number in range(feeds)]

    async def answer(self, request: web.Request) -> web.Response:
        number = int(request.match_info["number"])
        edition = self.round if number % CHANGED == 0 else 0
        printed, body = self._bodies[number]
        if printed != edition:
            body = self._body(number, edition)
            self._bodies[number] = (edition, body)
        headers = {}
        if number % 2 == 0:
            headers["ETag"] = f'"{blake2b(body, digest_size=8).hexdigest()}"'
            if request.headers.get("If-None-Match") == headers["ETag"]:
                return web.Response(status=304, headers=headers)
        self.served.setdefault(number, time.monotonic())
        return web.Response(body=body, content_type="application/rss+xml", headers=headers)

    def _body(self, feed: int, edition: int) -> bytes:
        entries = "".join(self._entry(feed, number) for number in range(edition + self._items, edition, -1))
        return (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            '<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" '
            'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:atom="http://www.w3.org/2005/Atom"><channel>'
            f"<title>Outlet {feed}</title><link>https://outlet{feed}.example/</link><description>News</description>"
            f"<language>en</language>{entries}</channel></rss>"
        ).encode()

    def _entry(self, feed: int, number: int) -> str:
        deal = random.Random(feed * 100_003 + number)  # noqa: S311  # the same feed in every run
        share = self._share if number > self._items else POSITIVE
        title, *rest = deal.choice(self._positive if deal.random() < share else self._ordinary)
        lead = " ".join([*deal.sample(rest, min(2, len(rest))), deal.choice(deal.choice(self._ordinary))])
        link = f"https://outlet{feed}.example/2026/{number}/story?utm_source=rss&amp;id={number}"
        at = format_datetime(self._start + timedelta(minutes=number), usegmt=True)
        body = escape(f'<p><img src="https://outlet{feed}.example/{number}.jpg" alt=""/>{lead}</p><p>{title}</p>')
        return (
            f"<item><title>{escape(title)} ({number})</title><link>{link}</link>"
            f'<guid isPermaLink="false">outlet{feed}-{number}</guid><pubDate>{at}</pubDate>'
            f"<dc:creator>Staff</dc:creator><category>World</category><description>{body}</description></item>"
        )


def _sentences(title: str, body: str) -> Sequence[str]:
    return [title, *re.split(r"(?<=[.!?।。])\s+", " ".join(body.split())[:1500])]
