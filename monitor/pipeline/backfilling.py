"""backfill(): an archive, chunk by chunk: read and scored side by side elsewhere, decided and stored in its order."""

import asyncio
import logging
from collections import defaultdict, deque
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain

from monitor.domain import alert, item
from monitor.domain.alert import Alert, AlertState
from monitor.domain.archive import Chunk, Fault, Raw
from monitor.domain.item import IdentityKind
from monitor.domain.story import Assignments, Told, Weigh, arrival
from monitor.errors import InputError, WorkerCrashError, WorkerTimeoutError
from monitor.pipeline.parts import Policy
from monitor.pipeline.settling import assigned
from monitor.ports import Clock, Filed, Listed, ScoredItem
from monitor.ports.archives import Archive, ArchiveStore, ChunkResult, Prepared, Preparer, ScoredDocument

log = logging.getLogger(__name__)

AHEAD = 3
"""Chunks in work, or ready, for each place at which one is worked on: enough that none waits for the database."""


@dataclass(frozen=True, slots=True)
class BackfillParts:
    """What backfill() works with."""

    preparer: Preparer
    store: ArchiveStore
    clock: Clock
    weigh: Weigh


@dataclass(frozen=True, slots=True)
class BackfillSummary:
    """What one archive brought; `alerts` counts those planned as pending, `bad` the records that could not be used."""

    records: int = 0
    new_items: int = 0
    known_items: int = 0
    bad: int = 0
    hits: int = 0
    stories: int = 0
    alerts: int = 0

    def __add__(self, other: "BackfillSummary") -> "BackfillSummary":
        return BackfillSummary(*(getattr(self, name) + getattr(other, name) for name in self.__slots__))


@dataclass(frozen=True, slots=True)
class Step:
    """A chunk that is stored now: where the archive stands, everything so far, and what of the chunk was bad."""

    chunk: Chunk
    total: BackfillSummary
    faults: tuple[Fault, ...]


async def backfill(
    parts: BackfillParts, policy: Policy, archive: Archive, tell: Callable[[Step], None]
) -> BackfillSummary:
    """Score what an archive holds after its checkpoint, and store it with the checkpoint: what is ready, in one go.

    A run that was cut off is taken up where it stopped, and what is known already is not stored again. A bad record
    costs itself only.

    Args:
        parts: what it works with.
        policy: without channels no alerts are planned at all.
        archive: stories follow the times of publication.
        tell: called after each chunk.

    Raises:
        InputError: the archive cannot be read; what came before is stored.
        StorageError: the database cannot be read or written.
        EngineError: there is nobody to do the work.
    """
    done = await asyncio.to_thread(parts.store.checkpoint, archive.name)
    total = BackfillSummary()
    async with aclosing(_prepared(parts.preparer, archive.chunks(done))) as ready:
        async for chunks in ready:
            settled = await asyncio.to_thread(_settle, parts, policy, chunks)
            for (chunk, prepared), brought in zip(chunks, settled, strict=True):
                total += brought
                tell(Step(chunk, total, prepared.faults))
    return total


async def _prepared(preparer: Preparer, chunks: Iterator[Chunk]) -> AsyncGenerator[list[tuple[Chunk, Prepared]]]:
    """The chunks in their order, read and scored: the next one, with those after it that are ready, too.

    A few are in work meanwhile, and one is read. Where the archive breaks off, what was read before counts; then comes
    the error.
    """
    ahead: deque[tuple[Chunk, asyncio.Task[Prepared]]] = deque()
    reading = asyncio.create_task(asyncio.to_thread(_next, chunks))
    more = True
    try:
        while more or ahead:
            while more and len(ahead) < AHEAD * preparer.width:
                chunk = await reading
                if isinstance(chunk, Chunk):
                    ahead.append((chunk, asyncio.create_task(_patiently(preparer, chunk.records))))
                    reading = asyncio.create_task(asyncio.to_thread(_next, chunks))
                else:
                    more = False
            if ahead:
                chunk, work = ahead.popleft()
                ready = [(chunk, await work)]
                while ahead and ahead[0][1].done() and not ahead[0][1].exception():
                    chunk, work = ahead.popleft()
                    ready.append((chunk, work.result()))
                yield ready
    finally:
        reading.cancel()
        for _, work in ahead:
            work.cancel()
    if isinstance(broken := await reading, InputError):
        raise broken


def _next(chunks: Iterator[Chunk]) -> Chunk | InputError | None:
    """The next chunk; None at the end; the error where there is none because the archive cannot be read."""
    try:
        return next(chunks, None)
    except InputError as error:
        return error


async def _patiently(preparer: Preparer, records: Sequence[Raw], *, again: bool = True) -> Prepared:
    """Read and score; where that takes a worker down, once more, then by halves until the bad record stands alone."""
    if not records:
        return Prepared()
    try:
        return await preparer.prepare(records)
    except (WorkerCrashError, WorkerTimeoutError) as error:
        if again and isinstance(error, WorkerCrashError):
            log.warning("a worker was lost (%s); its work is done again", error)
            return await _patiently(preparer, records, again=False)
        if len(records) == 1:
            return Prepared(faults=(Fault(records[0].place, str(error)),))
    middle = len(records) // 2
    first = await _patiently(preparer, records[:middle], again=False)
    return first + await _patiently(preparer, records[middle:], again=False)


def _settle(parts: BackfillParts, policy: Policy, chunks: Sequence[tuple[Chunk, Prepared]]) -> list[BackfillSummary]:
    """Decide and store what several chunks brought, one after the other, in one transaction: it takes less writing."""
    with parts.store.deciding():  # a service may poll into the same database
        return [_settle_one(parts, policy, chunk, prepared) for chunk, prepared in chunks]


def _settle_one(parts: BackfillParts, policy: Policy, chunk: Chunk, prepared: Prepared) -> BackfillSummary:
    """Decide everything about what a chunk brought, and store it with its checkpoint."""
    now = parts.clock.now()
    feeds = _new(parts.store, prepared.documents, now)
    stories = assigned(parts.store, parts.weigh, [one for feed in feeds for one in feed.told()])
    ids = iter(stories.story_ids)
    for feed in feeds:
        feed.belong(ids)
    alerts = _planned(parts.store, policy, feeds, stories, now) if policy.channels else ()
    result = ChunkResult(
        before=chunk.before,
        after=chunk.after,
        at=now,
        listed=tuple(Listed(feed.id, tuple(feed.items), tuple(feed.seen)) for feed in feeds),
        stories=stories.stories,
        alerts=alerts,
        config_hash=policy.config_hash,
    )
    parts.store.record_chunk(result)
    new_items = sum(len(feed.items) for feed in feeds)
    return BackfillSummary(
        records=len(chunk.records),
        new_items=new_items,
        known_items=sum(len(one.items) for one in prepared.documents) - new_items,
        bad=len(prepared.faults),
        hits=sum(len(one.hits) for feed in feeds for one in feed.hits()),
        stories=sum(story.id < 0 for story in stories.stories),
        alerts=sum(one.state is AlertState.PENDING for one in alerts),
    )


@dataclass(slots=True)
class _Feed:
    """What one feed lists in a chunk, in one document or several.

    Attributes:
        known: keys it listed before.
        items: what is new.
        seen: every key it lists.
    """

    id: int
    outlet: str
    known: set[str]
    items: list[Filed] = field(default_factory=list)
    seen: dict[str, None] = field(default_factory=dict)

    def take(self, listed: Sequence[Filed]) -> None:
        """Take a document; it may list again what one before it did."""
        fresh = item.new_items(IdentityKind.GUID, listed, self.known)
        self.items.extend(fresh.items)
        self.known.update(fresh.seen)
        self.seen.update(dict.fromkeys(fresh.seen))

    def told(self) -> Iterator[Told]:
        """What it tells stories with."""
        for one in self.items:
            if one.entry is not None and one.told_at is not None:
                yield Told(one.entry.item, self.outlet, one.told_at)

    def belong(self, story_ids: Iterator[int]) -> None:
        """Learn the stories of what `told` gave, in its order."""
        self.items = [one if one.told_at is None else one.with_story(next(story_ids)) for one in self.items]

    def hits(self) -> Iterator[ScoredItem]:
        """The new items that have hits."""
        return (one.entry for one in self.items if one.entry is not None)


def _new(store: ArchiveStore, documents: Sequence[ScoredDocument], now: datetime) -> list[_Feed]:
    """What of a chunk is new, feed by feed."""
    outlets = store.archive_feeds({one.outlet for one in documents}, now)
    keys: dict[int, set[str]] = defaultdict(set)
    for one in documents:
        keys[outlets[one.outlet][0]].update(chain.from_iterable(entry.identity.keys() for entry in one.items))
    known = store.known_of(keys)
    feeds: dict[int, _Feed] = {}
    for one in documents:
        feed_id, name = outlets[one.outlet]
        feeds.setdefault(feed_id, _Feed(feed_id, name, known[feed_id])).take(one.items)
    return list(feeds.values())


def _planned(
    store: ArchiveStore, policy: Policy, feeds: Sequence[_Feed], stories: Assignments, now: datetime
) -> tuple[Alert, ...]:
    """As for a poll of the feed that told each story first; a story is decided upon once a chunk."""
    told = sorted(((one, feed.id) for feed in feeds for one in feed.hits()), key=lambda pair: arrival(pair[0].item))
    first: dict[int, int] = {}
    reports: dict[int, list[alert.Report]] = defaultdict(list)
    for one, feed_id in told:
        if one.story_id is not None:
            report = alert.Report(one.story_id, one.item, one.hits, one.countries)
            reports[first.setdefault(one.story_id, feed_id)].append(report)
    outlets = {one.id: len(one.outlets) for one in stories.stories}
    histories = store.histories({one for one in outlets if one > 0})
    channels = tuple(policy.channels.values())
    return tuple(
        chain.from_iterable(
            alert.plan_alerts(several, channels, outlets, histories, feed_id=feed_id, primed=True, now=now)
            for feed_id, several in reports.items()
        )
    )
