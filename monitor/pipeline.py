"""poll() and deliver(): the only place where the stages are put in order.

poll():    due feeds → fetch → parse → drop what was seen → score → hits → stories → alerts → one transaction a feed.
deliver(): waiting alerts → fold → lease → send → confirm or reschedule.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import chain

from monitor.domain import alert, delivery, feed, hit, item, message, pace, story
from monitor.domain.alert import AlertState, Channel
from monitor.domain.delivery import Attempt
from monitor.domain.feed import Feed, ParsedFeed, Retrieved
from monitor.errors import DeliveryError, FetchError, ParseError, StorageError
from monitor.ports import (
    Clock,
    Fetcher,
    Geographer,
    Notifier,
    OutboxStore,
    Parser,
    PollResult,
    PollStore,
    Progress,
    ScoredItem,
    Scorer,
)

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=5)
"""Longer than any single send may take; after a crash, the alert is free again when it ends."""


@dataclass(frozen=True, slots=True)
class PollParts:
    """What poll() works with."""

    fetcher: Fetcher
    parser: Parser
    scorer: Scorer
    store: PollStore
    clock: Clock
    geographer: Geographer
    weigh: story.Weigh


@dataclass(frozen=True, slots=True)
class DeliverParts:
    """What deliver() works with; no model, so alerts go out while one is being trained."""

    outbox: OutboxStore
    notifier: Notifier
    clock: Clock
    country_names: Mapping[str, str] = field(default_factory=dict)  # by ISO code; a code without a name is shown itself


@dataclass(frozen=True, slots=True)
class Policy:
    """What the config decides; replaced as a whole when the file changes."""

    thresholds: Mapping[str, float]
    channels: Mapping[str, Channel]
    every: timedelta
    concurrency: int = 64


@dataclass(frozen=True, slots=True)
class PollSummary:
    """What one cycle did; `alerts` counts those planned as pending."""

    feeds_ok: int = 0
    feeds_unchanged: int = 0
    feeds_failed: int = 0
    new_items: int = 0
    hits: int = 0
    stories: int = 0
    alerts: int = 0

    @property
    def feeds(self) -> int:
        """Feeds polled."""
        return self.feeds_ok + self.feeds_unchanged + self.feeds_failed

    def __add__(self, other: "PollSummary") -> "PollSummary":
        return PollSummary(*(getattr(self, name) + getattr(other, name) for name in self.__slots__))


@dataclass(frozen=True, slots=True)
class DeliverySummary:
    """What one round of deliveries did; `pending` were left for later."""

    sent: int = 0
    retried: int = 0
    dead: int = 0
    pending: int = 0


async def poll(
    parts: PollParts, policy: Policy, *, force: bool = False, progress: Progress | None = None
) -> PollSummary:
    """Poll the feeds that are due (all with `force`), and store what they brought.

    One bad entry never costs the feed, one bad feed never the cycle. What cannot be stored ends the cycle:
    nothing of that feed is kept, and it is due again.

    Raises:
        StorageError: the database cannot be read or written.
    """
    feeds = await asyncio.to_thread(parts.store.due_feeds, parts.clock.now(), force=force)
    cycle = _Cycle(parts, policy, total=len(feeds), progress=progress)
    waiting = iter(feeds)

    async def worker() -> None:
        for one in waiting:
            await cycle.take(one)

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(min(policy.concurrency, len(feeds))):
                group.create_task(worker())
    except* StorageError as errors:
        raise errors.exceptions[0] from None
    await cycle.finish()
    return cycle.summary


class _Cycle:
    """One run over the due feeds: fetching is concurrent, deciding and storing is one feed at a time."""

    def __init__(self, parts: PollParts, policy: Policy, *, total: int, progress: Progress | None) -> None:
        self.summary = PollSummary()
        self._parts = parts
        self._policy = policy
        self._total = total
        self._progress = progress
        self._deciding = asyncio.Lock()  # stories and alerts depend on what the feed before has stored
        self._failed: list[tuple[Feed, FetchError | ParseError]] = []

    async def take(self, one: Feed) -> None:
        """Fetch, parse and store one feed; a failure is kept for the end of the cycle."""
        try:
            polled = await self._polled(one)
            self.summary += polled  # not in one statement: the sum before the wait is not the sum after it
        except (FetchError, ParseError) as error:
            self._failed.append((one, error))
        except StorageError:
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
        for one, error in self._failed:
            now = self._parts.clock.now()
            jitter = self._parts.clock.jitter()
            update = feed.after_failure(one, error, now=now, jitter=jitter, blameless=ours, every=self._policy.every)
            if not ours:
                log.warning("feed %s: %s (next poll %s)", one.label, error, f"{update.next_poll_at:%F %H:%M}Z")
            await asyncio.to_thread(self._parts.store.record, PollResult(update))
            self.summary += PollSummary(feeds_failed=1)

    async def _polled(self, one: Feed) -> PollSummary:
        clock = self._parts.clock
        got = await self._parts.fetcher.fetch(feed.request_for(one, clock.now()))
        if isinstance(got, feed.Unchanged) or (got.body_hash and got.body_hash == one.body_hash):
            update = feed.after_unchanged(one, got, now=clock.now(), jitter=clock.jitter(), every=self._policy.every)
            await asyncio.to_thread(self._parts.store.record, PollResult(update))
            return PollSummary(feeds_unchanged=1)
        parsed = await self._parts.parser.parse(got, clock.now())
        for warning in parsed.warnings:
            log.warning("feed %s: %s", one.label, warning)
        async with self._deciding:
            result = await asyncio.to_thread(settle, self._parts, self._policy, one, got, parsed)
        pending = sum(planned.state is AlertState.PENDING for planned in result.alerts)
        hits = sum(len(scored.hits) for scored in result.items)
        new_stories = sum(told.id < 0 for told in result.stories)
        return PollSummary(1, 0, 0, len(result.items), hits, new_stories, pending)


def settle(parts: PollParts, policy: Policy, one: Feed, got: Retrieved, parsed: ParsedFeed) -> PollResult:
    """Decide everything about what a feed brought, and store it in one transaction."""
    now = parts.clock.now()
    keys = set(chain.from_iterable(entry.identity.keys() for entry in parsed.items))
    fresh = item.new_items(one.identity, parsed.items, parts.store.known_keys(one.id, keys))
    for warning in fresh.warnings:
        log.warning("feed %s: %s", one.label, warning)
    scored = _scored(parts, policy.thresholds, fresh.items)
    struck = [entry for entry in scored if entry.hits]
    told = [entry.item for entry in struck]
    terms = story.search_terms(told, now, parts.weigh)
    open_stories = parts.store.open_stories(now - story.STORY_WINDOW, terms) if struck else []
    assigned = story.assign(told, open_stories, feed.outlet(one, parsed), now, parts.weigh)
    reports = [
        alert.Report(story_id, entry.item, entry.hits, entry.countries)
        for entry, story_id in zip(struck, assigned.story_ids, strict=True)
    ]
    story_ids = iter(assigned.story_ids)
    result = PollResult(
        update=feed.after_items(one, got, parsed, fresh, now=now, jitter=parts.clock.jitter(), every=policy.every),
        items=tuple(replace(entry, story_id=next(story_ids)) if entry.hits else entry for entry in scored),
        seen=fresh.seen,
        stories=assigned.stories,
        alerts=alert.plan_alerts(
            reports,
            policy.channels.values(),
            parts.store.told({report.story_id for report in reports if report.story_id > 0}),
            feed_id=one.id,
            primed=one.primed,
            now=now,
        ),
    )
    parts.store.record(result)
    return result


def _scored(parts: PollParts, thresholds: Mapping[str, float], items: Sequence[item.Item]) -> list[ScoredItem]:
    scored, scorer = [], parts.scorer
    for entry, scores in zip(items, scorer.score(items), strict=True):
        hits = tuple(
            hit.Hit(
                score.signal, score.value, thresholds[score.signal], score.model_id, scorer.why(entry, score.signal)
            )
            for score in hit.reaching(scores, thresholds)
        )
        told = parts.geographer.countries(f"{entry.title}\n{entry.summary}", entry.lang) if hits else ()
        scored.append(ScoredItem(entry, scores, hits, countries=told))
    return scored


async def deliver(parts: DeliverParts, policy: Policy) -> DeliverySummary:
    """Send what waits and is due. Channels are served side by side: a slow or broken one delays no other.

    An alert is marked as sent after its service took it, never before: a crash in between sends it twice, not never.

    Raises:
        StorageError: the database cannot be read or written.
    """
    now = parts.clock.now()
    waiting = await asyncio.to_thread(parts.outbox.waiting, now)
    sent = await asyncio.to_thread(parts.outbox.sent_since, now - timedelta(hours=1))
    plan = alert.plan_sending(waiting, sent, policy.channels.values(), now)
    digests = await asyncio.to_thread(parts.outbox.fold, plan.folds, now)
    channel_of = {one.alert_id: one.channel for one in waiting} | digests
    queues: dict[str, list[int]] = {}
    for alert_id in (*plan.send, *digests, *plan.dead):
        queues.setdefault(channel_of[alert_id], []).append(alert_id)
    results = await asyncio.gather(*(_send_all(parts, queue) for queue in queues.values()))
    attempts = [attempt for attempts in results for attempt in attempts]
    folded = sum(len(fold.alert_ids) for fold in plan.folds)
    return DeliverySummary(
        sent=sum(attempt.ok for attempt in attempts),
        retried=sum(attempt.state == AlertState.PENDING for attempt in attempts),
        dead=sum(attempt.state == AlertState.DEAD for attempt in attempts),
        pending=len(waiting) - folded + len(digests) - sum(attempt.state != AlertState.PENDING for attempt in attempts),
    )


async def _send_all(parts: DeliverParts, queue: Sequence[int]) -> list[Attempt]:
    """Send a channel's alerts one after the other, each leased just before, so that a slow one cannot outlast it."""
    attempts = []
    for alert_id in queue:
        now = parts.clock.now()
        for pending in await asyncio.to_thread(parts.outbox.lease, [alert_id], now, now + LEASE):
            attempt = await _send(parts, pending)
            await asyncio.to_thread(parts.outbox.finish, attempt)
            attempts.append(attempt)
    return attempts


async def _send(parts: DeliverParts, pending: message.PendingAlert) -> Attempt:
    try:
        await parts.notifier.send(pending.channel, message.write(pending, country_names=parts.country_names))
    except DeliveryError as error:
        log.warning("alert %d to %s: %s", pending.id, pending.channel, error)
        return delivery.failed(
            pending,
            str(error),
            permanent=error.permanent,
            retry_after=error.retry_after,
            now=parts.clock.now(),
            jitter=parts.clock.jitter(),
        )
    log.info("alert %d to %s: sent", pending.id, pending.channel)
    return delivery.succeeded(pending, parts.clock.now())
