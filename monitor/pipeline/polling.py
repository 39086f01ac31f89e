"""poll(): the feeds that are due, fetched side by side, decided upon and stored one after the other."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from itertools import chain

from monitor.domain import alert, feed, item, pace, polled, story
from monitor.domain.alert import AlertState
from monitor.domain.feed import Feed, FeedUpdate, ParsedFeed, Retrieved
from monitor.domain.fulltext import FAILED, UNASKED, WINDOW, Mode, Spent
from monitor.domain.websub import Delivered, Subscription
from monitor.errors import EngineError, FetchError, ModelError, ParseError, StorageError
from monitor.pipeline.parts import Policy, PollParts, PollSummary
from monitor.pipeline.secondlook import SecondLooks
from monitor.pipeline.settling import assigned, with_hits
from monitor.ports import PollResult, Progress, ScoredItem

log = logging.getLogger(__name__)

OURS = (StorageError, ModelError, EngineError)
"""Errors that no feed is to blame for."""

UNDER_WAY = 4
"""Feeds under way for each that is fetched or parsed: what is scored and stored holds no body any more, and goes the
better together the more of it there is."""


async def poll(
    parts: PollParts, policy: Policy, *, force: bool = False, progress: Progress | None = None
) -> PollSummary:
    """Poll the feeds that are due (all with `force`), and store what they brought.

    One bad entry never costs the feed, one bad feed never the cycle. Where nothing can be stored, or nobody can parse
    or score, the cycle ends: nothing of the feeds under way is kept, and they are due again.

    Raises:
        StorageError: the database cannot be read or written.
        ModelError, EngineError: the processes that work for us have no model, or are not there.
    """
    now = parts.clock.now()
    feeds = await asyncio.to_thread(parts.store.due_feeds, now, force=force)
    gray = any(one.source.fulltext == Mode.GRAY for one in feeds)
    spent = await asyncio.to_thread(parts.store.fulltext_spent, now - WINDOW) if gray else Spent()
    cycle = _Cycle(parts, policy, spent, total=len(feeds), progress=progress)
    waiting = iter(feeds)

    async def worker() -> None:
        for one in waiting:
            await cycle.take(one)

    try:
        async with asyncio.TaskGroup() as group:
            if feeds:  # the first hit needs it, and nobody waits for a processor yet
                group.create_task(asyncio.to_thread(parts.geographer.ready))
            for _ in range(min(UNDER_WAY * policy.concurrency, len(feeds))):
                group.create_task(worker())
    except ExceptionGroup as errors:  # `except*` would raise a group again in early versions of Python 3.11
        ours = errors.subgroup(OURS)
        if ours is None:
            raise
        raise ours.exceptions[0] from None
    await cycle.finish()
    return cycle.summary


class _Cycle:
    """One run over the due feeds: fetching is concurrent, deciding and storing is one feed after the other."""

    def __init__(
        self, parts: PollParts, policy: Policy, spent: Spent, *, total: int, progress: Progress | None
    ) -> None:
        self.summary = PollSummary()
        self._parts = parts
        self._policy = policy
        self._total = total
        self._progress = progress
        self._reading = asyncio.Semaphore(policy.concurrency)
        self._looks = SecondLooks(parts, policy, spent)
        self._failed: list[tuple[Feed, FetchError | ParseError]] = []

    async def take(self, one: Feed) -> None:
        """Fetch, parse and store one feed; a failure is kept for the end of the cycle."""
        try:
            summary = await self._polled(one)
            self.summary += summary  # not in one statement: the sum before the wait is not the sum after it
        except (FetchError, ParseError) as error:
            self._failed.append((one, error))
        except OURS:
            raise
        except Exception as error:  # a bug met by one feed is logged with its traceback and costs that feed only
            log.exception("feed %s: unexpected error", one.label)
            self._failed.append((one, ParseError(f"{type(error).__name__}: {error}", reason="internal_error")))
        if self._progress:
            self._progress("feeds", self.summary.feeds + len(self._failed), self._total)

    async def finish(self) -> None:
        """Store the failures, gently where it is our network and not the feeds."""
        ours = pace.systemic_failure([error.reason for _, error in self._failed], answered=self.summary.feeds)
        if ours:
            log.warning("all %d feeds fail at network level: taken for this machine's network", len(self._failed))
        updates = []
        for one, error in self._failed:
            now = self._parts.clock.now()
            jitter = self._parts.clock.jitter()
            update = polled.after_failure(one, error, now=now, jitter=jitter, blameless=ours, every=self._policy.every)
            if not ours:
                log.warning("feed %s: %s (next poll %s)", one.label, error, f"{update.next_poll_at:%F %H:%M}Z")
            updates.append(update)
        await asyncio.gather(*map(self._record, updates))
        self.summary += PollSummary(feeds_failed=len(updates))

    async def _polled(self, one: Feed) -> PollSummary:
        read = await self._read(one)
        if isinstance(read, FeedUpdate):
            await self._record(read)
            return PollSummary(feeds_unchanged=1)
        return await _take_in(self._parts, self._policy, self._looks, one, *read)

    async def _read(self, one: Feed) -> FeedUpdate | tuple[Retrieved, ParsedFeed]:
        """Fetch and parse; bounds how many bodies are held at once. An update where nothing changed."""
        clock = self._parts.clock
        async with self._reading:
            got = await self._parts.fetcher.fetch(feed.request_for(one, clock.now()))
            if isinstance(got, feed.Unchanged) or (got.body_hash and got.body_hash == one.body_hash):
                now, jitter = clock.now(), clock.jitter()
                return polled.after_unchanged(one, got, now=now, jitter=jitter, every=self._policy.every)
            return await _parsed(self._parts, one, got)

    async def _record(self, update: FeedUpdate) -> None:
        await self._parts.deciding.turn(partial(self._parts.store.record, PollResult(update)))


async def take_push(parts: PollParts, policy: Policy, subscription: Subscription, got: Retrieved) -> PollSummary:
    """Take in what a hub brought: the same way as what a poll brings, for the one feed it was asked for.

    Raises:
        ParseError: it is no feed.
        StorageError: the database cannot be read or written; nothing of it is kept.
    """
    one = await asyncio.to_thread(parts.store.feed, subscription.feed_id)
    if one is None:
        return PollSummary()
    gray = one.source.fulltext == Mode.GRAY
    spent = await asyncio.to_thread(parts.store.fulltext_spent, parts.clock.now() - WINDOW) if gray else Spent()
    read = await _parsed(parts, one, got)
    summary = await _take_in(parts, policy, SecondLooks(parts, policy, spent), one, *read, subscription)
    return replace(summary, feeds_ok=0)


async def _parsed(parts: PollParts, one: Feed, got: Retrieved) -> tuple[Retrieved, ParsedFeed]:
    """A body that came, whoever sent it, parsed; it is let go."""
    parsed = await parts.parser.parse(got, parts.clock.now())
    for warning in parsed.warnings:
        log.warning("feed %s: %s", one.label, warning)
    return replace(got, body=b""), parsed


async def _take_in(
    parts: PollParts,
    policy: Policy,
    looks: SecondLooks,
    one: Feed,
    got: Retrieved,
    parsed: ParsedFeed,
    pushed: Subscription | None = None,
) -> PollSummary:
    """What a document lists: drop what was seen, score, decide, store."""
    async with parts.deciding.feed(one.id):
        fresh = await parts.deciding.turn(partial(_new, parts, one, parsed))
        for warning in fresh.warnings:
            log.warning("feed %s: %s", one.label, warning)
        looked = await looks.take(one, await parts.first_looks.take(fresh.items))
        brought = Brought(got, parsed, fresh, pushed)
        result = await parts.deciding.turn(partial(settle, parts, policy, one, brought, looked))
    pending = sum(planned.state is AlertState.PENDING for planned in result.alerts)
    hits = sum(len(scored.hits) for scored in result.items)
    new_stories = sum(told.id < 0 for told in result.stories)
    asked = [entry.look for entry in result.items if entry.look is not None and entry.look not in UNASKED]
    failed = sum(look in FAILED for look in asked)
    return PollSummary(1, 0, 0, len(result.items), hits, new_stories, pending, len(asked), failed)


@dataclass(frozen=True, slots=True)
class Brought:
    """What one poll of a feed brought, in its three states, or the hub of the subscription it was pushed for."""

    got: Retrieved
    parsed: ParsedFeed
    fresh: item.NewItems[item.Item]
    pushed: Subscription | None = None


def _new(parts: PollParts, one: Feed, parsed: ParsedFeed) -> item.NewItems[item.Item]:
    """What of a document had not been listed before."""
    keys = set(chain.from_iterable(entry.identity.keys() for entry in parsed.items))
    return item.new_items(one.identity, parsed.items, parts.store.known_keys(one.id, keys))


def settle(parts: PollParts, policy: Policy, one: Feed, brought: Brought, looked: Sequence[ScoredItem]) -> PollResult:
    """Decide everything about what a feed brought, and store it, all or nothing."""
    now = parts.clock.now()
    entries = with_hits(parts.scorer, parts.geographer, policy.thresholds, looked)
    struck = [entry for entry in entries if entry.hits]
    outlet = feed.outlet(one, brought.parsed)
    stories = assigned(parts.store, parts.weigh, [story.Told(entry.item, outlet, now) for entry in struck])
    reports = [
        alert.Report(story_id, entry.item, entry.hits, entry.countries)
        for entry, story_id in zip(struck, stories.story_ids, strict=True)
    ]
    story_ids = iter(stories.story_ids)
    result = PollResult(
        update=_update(parts, policy, one, brought, now),
        items=tuple(replace(entry, story_id=next(story_ids)) if entry.hits else entry for entry in entries),
        seen=brought.fresh.seen,
        stories=stories.stories,
        alerts=alert.plan_alerts(
            reports,
            policy.channels.values(),
            {told.id: len(told.outlets) for told in stories.stories},
            parts.store.histories({report.story_id for report in reports if report.story_id > 0}),
            feed_id=one.id,
            primed=one.primed,
            now=now,
        ),
        config_hash=policy.config_hash,
    )
    parts.store.record(result)
    return result


def _update(parts: PollParts, policy: Policy, one: Feed, brought: Brought, now: datetime) -> FeedUpdate | Delivered:
    """What the feed itself becomes. A push says nothing of how the feed's own server is to be asked."""
    if brought.pushed is not None:
        return Delivered(one.id, brought.pushed.path, now)
    return polled.after_items(
        one, brought.got, brought.parsed, brought.fresh, now=now, jitter=parts.clock.jitter(), every=policy.every
    )
