"""backfill(): an archive, chunk by chunk: read and scored side by side elsewhere, decided and stored in its order."""

import asyncio
import logging
from collections import defaultdict, deque
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain

from monitor.domain import alert, item
from monitor.domain.alert import Alert, AlertState
from monitor.domain.archive import Chunk, Fault, Outlet, Raw
from monitor.domain.item import IdentityKind
from monitor.domain.story import Assignments, Told, Weigh, arrival
from monitor.errors import InputError, WorkerCrashError, WorkerTimeoutError
from monitor.pipeline.parts import Policy
from monitor.pipeline.settling import assigned
from monitor.ports import (
    Archive,
    ArchiveStore,
    ChunkResult,
    Clock,
    Listed,
    Prepared,
    Preparer,
    ScoredDocument,
    ScoredItem,
)

log = logging.getLogger(__name__)

AHEAD = 2
"""Chunks in work for each place at which one is worked on: enough that none of them waits for the database."""


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
    """Score what an archive holds after its checkpoint, and store it with the checkpoint, a transaction a chunk.

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
    async with aclosing(_prepared(parts.preparer, archive.chunks(done))) as chunks:
        async for chunk, prepared in chunks:
            total += await asyncio.to_thread(settle_chunk, parts, policy, chunk, prepared)
            tell(Step(chunk, total, prepared.faults))
    return total


async def _prepared(preparer: Preparer, chunks: Iterator[Chunk]) -> AsyncGenerator[tuple[Chunk, Prepared]]:
    """The chunks in their order, each read and scored; a few are in work ahead of the one that is handed out."""
    ahead: deque[tuple[Chunk, asyncio.Task[Prepared]]] = deque()
    broken: InputError | None = None
    more = True
    try:
        while more or ahead:
            while more and len(ahead) < AHEAD * preparer.width:
                try:
                    chunk = await asyncio.to_thread(next, chunks, None)
                except InputError as error:
                    chunk, broken = None, error
                if chunk is None:
                    more = False
                else:
                    ahead.append((chunk, asyncio.create_task(_patiently(preparer, chunk.records))))
            if ahead:
                chunk, work = ahead.popleft()
                yield chunk, await work
    finally:
        for _, work in ahead:
            work.cancel()
    if broken is not None:  # only now: what was read before it counts
        raise broken


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


def settle_chunk(parts: BackfillParts, policy: Policy, chunk: Chunk, prepared: Prepared) -> BackfillSummary:
    """Decide everything about what a chunk brought, and store it with its checkpoint in one transaction."""
    now = parts.clock.now()
    with parts.store.deciding():  # a service may poll into the same database
        outlets = parts.store.archive_feeds({one.outlet for one in prepared.documents}, now)
        fresh = _Fresh(parts.store, outlets, prepared.documents)
        told = [Told(one.entry.item, one.outlet, one.at) for one in fresh.entries if one.entry.hits]
        stories = assigned(parts.store, parts.weigh, told)
        entries = _with_stories(fresh.entries, stories.story_ids)
        alerts = _planned(parts.store, policy, entries, stories, now) if policy.channels else ()
        result = ChunkResult(
            before=chunk.before,
            after=chunk.after,
            at=now,
            listed=tuple(_listed(entries, fresh.seen)),
            stories=stories.stories,
            alerts=alerts,
            config_hash=policy.config_hash,
        )
        parts.store.record_chunk(result)
    return BackfillSummary(
        records=len(chunk.records),
        new_items=len(entries),
        known_items=sum(len(one.items) for one in prepared.documents) - len(entries),
        bad=len(prepared.faults),
        hits=sum(len(one.entry.hits) for one in entries),
        stories=sum(story.id < 0 for story in stories.stories),
        alerts=sum(one.state is AlertState.PENDING for one in alerts),
    )


@dataclass(frozen=True, slots=True)
class _New:
    """An entry that its feed had not listed before."""

    feed_id: int
    outlet: str
    entry: ScoredItem
    at: datetime


class _Fresh:
    """What of a chunk is new, document by document: a later one may list what an earlier one did."""

    def __init__(
        self,
        store: ArchiveStore,
        outlets: Mapping[Outlet, tuple[int, str]],
        documents: Sequence[ScoredDocument],
    ) -> None:
        self.entries: list[_New] = []
        self.seen: dict[int, dict[str, None]] = defaultdict(dict)
        keys: dict[int, set[str]] = defaultdict(set)
        for document in documents:
            listed = (entry.item.identity.keys() for entry in document.items)
            keys[outlets[document.outlet][0]].update(chain.from_iterable(listed))
        self._known = store.known_of(keys)
        for document in documents:
            self._take(document, *outlets[document.outlet])

    def _take(self, document: ScoredDocument, feed_id: int, outlet: str) -> None:
        known = self._known[feed_id]
        listed = [entry.item for entry in document.items]
        fresh = item.new_items(IdentityKind.GUID, listed, known)
        # Identities may have been narrowed, and equal texts have equal scores.
        scored = {_content(entry.item): (entry, at) for entry, at in zip(document.items, document.times, strict=True)}
        for one in fresh.items:
            entry, at = scored[_content(one)]
            entry = entry if entry.item is one else replace(entry, item=one)
            self.entries.append(_New(feed_id, outlet, entry, at))
        known.update(fresh.seen)
        self.seen[feed_id].update(dict.fromkeys(fresh.seen))


def _content(one: item.Item) -> tuple[object, ...]:
    return (one.title, one.summary, one.lang, one.published_at)


def _with_stories(entries: Sequence[_New], story_ids: Iterable[int]) -> list[_New]:
    ids = iter(story_ids)
    return [replace(one, entry=replace(one.entry, story_id=next(ids))) if one.entry.hits else one for one in entries]


def _listed(entries: Iterable[_New], seen: Mapping[int, Iterable[str]]) -> Iterator[Listed]:
    by_feed: dict[int, list[ScoredItem]] = defaultdict(list)
    for one in entries:
        by_feed[one.feed_id].append(one.entry)
    for feed_id, keys in seen.items():
        yield Listed(feed_id, tuple(by_feed[feed_id]), tuple(keys))


def _planned(
    store: ArchiveStore, policy: Policy, entries: Sequence[_New], stories: Assignments, now: datetime
) -> tuple[Alert, ...]:
    """As for a poll of the feed that told each story first; a story is decided upon once a chunk."""
    told = sorted((one for one in entries if one.entry.story_id is not None), key=lambda one: arrival(one.entry.item))
    first: dict[int | None, int] = {}
    for one in told:
        first.setdefault(one.entry.story_id, one.feed_id)
    reports: dict[int, list[alert.Report]] = defaultdict(list)
    for one in told:
        if one.entry.story_id is not None:
            report = alert.Report(one.entry.story_id, one.entry.item, one.entry.hits, one.entry.countries)
            reports[first[one.entry.story_id]].append(report)
    outlets = {one.id: len(one.outlets) for one in stories.stories}
    histories = store.histories({one for one in outlets if one > 0})
    channels = tuple(policy.channels.values())
    return tuple(
        chain.from_iterable(
            alert.plan_alerts(several, channels, outlets, histories, feed_id=feed_id, primed=True, now=now)
            for feed_id, several in reports.items()
        )
    )
