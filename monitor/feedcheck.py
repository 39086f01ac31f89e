"""Which feeds answer, and with what: fetched and parsed now, nothing stored."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from monitor.app import Workers, open_workers
from monitor.config import Config
from monitor.domain.feed import FeedSource, FetchRequest, Unchanged
from monitor.errors import FetchError, ParseError
from monitor.ports import Progress


@dataclass(frozen=True, slots=True)
class FeedCheck:
    """How a feed answered: `answer` is `ok` or the reason it failed, `newest` the latest publication time."""

    source: FeedSource
    answer: str
    seconds: float
    items: int = 0
    newest: datetime | None = None
    error: str | None = None


async def check_feeds(config: Config, sources: Sequence[FeedSource], progress: Progress) -> list[FeedCheck]:
    """Ask every feed once, in the order given."""
    done = 0
    asking = asyncio.Semaphore(config.poll.concurrency)

    async def check(workers: Workers, source: FeedSource) -> FeedCheck:
        nonlocal done
        async with asking:
            result = await _check(workers, source)
        done += 1
        progress("feeds", done, len(sources))
        return result

    async with open_workers(config) as workers:
        return list(await asyncio.gather(*(check(workers, source) for source in sources)))


async def _check(workers: Workers, source: FeedSource) -> FeedCheck:
    began = time.monotonic()
    request = FetchRequest(source.url, user_agent=source.user_agent, headers=source.headers)
    try:
        got = await workers.fetcher.fetch(request)
        if isinstance(got, Unchanged):  # to an unconditional request that is a fault of the server
            return FeedCheck(source, "unchanged", time.monotonic() - began, error="answers 304 to a first request")
        parsed = await workers.parser.parse(got, datetime.now(UTC))
    except (FetchError, ParseError) as error:
        return FeedCheck(source, error.reason, time.monotonic() - began, error=str(error))
    newest = max((item.published_at for item in parsed.items if item.published_at), default=None)
    return FeedCheck(source, "ok", time.monotonic() - began, len(parsed.items), newest)
