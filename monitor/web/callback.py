"""Where hubs call: what they ask is answered, what they bring is checked and handed on. Knows nothing of HTTP servers.

A hub proves itself by the path, which nobody can guess, and what it brings by the signature of its body. Everything
before the signature is checked is bounded: bodies in memory, their size, and the time they take.
"""

import asyncio
import logging
from collections.abc import AsyncIterable, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from monitor.adapters.hub import HubClient
from monitor.domain.feed import Retrieved
from monitor.domain.websub import State, Subscription
from monitor.pipeline import SubscribeParts, confirm

log = logging.getLogger(__name__)

BODIES = 16
"""Bodies in memory at once, from their first byte until what is in them is stored."""

RETRY_AFTER = "60"

TAKEN, NOT_OURS, NOT_FOUND, TOO_LARGE, UNREADABLE, NOT_NOW = 202, 403, 404, 413, 415, 503

Take = Callable[[Subscription, Retrieved], Awaitable[None]]
"""Takes in what a hub brought; never raises."""

Aside = Callable[[str, Callable[[], Awaitable[None]]], None]
"""Runs a job of that name beside all others."""


@dataclass(slots=True)
class Callback:
    """Answers hubs.

    Args:
        parts: to answer questions with.
        hub: knows the secrets.
        take: what to do with what a hub brought, after it was answered.
        aside: runs that.
        max_bytes: of one body.
        timeout: for one body to come.
    """

    parts: SubscribeParts
    hub: HubClient
    take: Take
    aside: Aside
    max_bytes: int
    timeout: timedelta
    _slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(BODIES))
    _busy: set[str] = field(default_factory=set)
    _taken: int = 0

    async def question(self, path: str, said: Mapping[str, str]) -> str | None:
        """The answer to a hub's question; None = not found."""
        return await confirm(self.parts, path, said)

    async def push(self, path: str, headers: Mapping[str, str], chunks: AsyncIterable[bytes]) -> int:
        """The status to answer to what a hub brings; what is taken is processed afterwards.

        Args:
            path: the last part of the address it called.
            headers: names in lower case.
            chunks: the body, as it comes.
        """
        subscription = await asyncio.to_thread(self.parts.store.by_path, path)
        if subscription is None or subscription.state is State.LEAVING:
            return NOT_FOUND
        if headers.get("content-encoding", "identity").strip().lower() not in {"", "identity"}:
            return UNREADABLE  # no hub does it, and the signature is of what was sent
        if path in self._busy or self._slots.locked():  # one body a hub: none keeps the others out
            return NOT_NOW
        self._busy.add(path)
        await self._slots.acquire()
        handed_on = False
        try:
            status, body = await self._body(subscription, headers, chunks)
            if status == TAKEN:
                got = Retrieved(body, subscription.announced.topic, headers.get("content-type", ""))
                self._taken += 1
                self.aside(f"push {self._taken}", lambda: self._take(subscription, got))
                handed_on = True
            return status
        finally:
            if not handed_on:
                self._release(path)

    async def _body(
        self, subscription: Subscription, headers: Mapping[str, str], chunks: AsyncIterable[bytes]
    ) -> tuple[int, bytes]:
        body = bytearray()
        try:
            async with asyncio.timeout(self.timeout.total_seconds()):
                async for chunk in chunks:
                    body += chunk
                    if len(body) > self.max_bytes:
                        log.warning("feed %d: a push larger than %s bytes", subscription.feed_id, f"{self.max_bytes:,}")
                        return TOO_LARGE, b""
        except TimeoutError:
            return NOT_NOW, b""
        fault = self.hub.fault(subscription.path, bytes(body), headers)
        if fault is None:
            return TAKEN, bytes(body)
        log.warning("feed %d: a push is not taken (%s)", subscription.feed_id, fault)
        return (NOT_NOW if fault == "no_secret" else NOT_OURS), b""

    async def _take(self, subscription: Subscription, got: Retrieved) -> None:
        try:
            await self.take(subscription, got)
        finally:
            self._release(subscription.path)

    def _release(self, path: str) -> None:
        self._slots.release()
        self._busy.discard(path)
