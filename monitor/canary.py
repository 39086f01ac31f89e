"""A bird sent through the mine: a made-up report goes the way of every item, to every channel, and each step is timed.

It is served on loopback, fetched, parsed, scored with the model in use, stored, and sent. Stored twice: into a database
beside the real one that is thrown away, so that no statistic, story or verdict ever knows of it; and into the real one
as a note that is taken back, so that a full disk or a lock shows. Nothing else stands in for the real thing.
"""

import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from classifiers.errors import ClassifierError
from classifiers.seed import load_seeds
from monitor import models
from monitor.adapters.classify import ModelScorer
from monitor.adapters.columns import to_text
from monitor.adapters.database import Database
from monitor.adapters.language import detect
from monitor.adapters.store import SqliteStore
from monitor.adapters.training import seeds_folder
from monitor.app import House, deliver_parts, notifier_for, open_house, open_workers, policy_of, poll_parts
from monitor.config import Config
from monitor.domain.channel import Channel
from monitor.domain.feed import FeedSource, FetchRequest, ParsedFeed, Retrieved, Unchanged
from monitor.domain.item import Item
from monitor.domain.message import Message
from monitor.errors import InputError, ModelError, MonitorError
from monitor.loopback import Sample, rss, serving
from monitor.pipeline import Policy, PollParts, deliver, poll
from monitor.ports import Fetcher, FirstLooks, Notifier, Parser, PollResult, ScoredItem

OUTLET = "Canary, a test"
MARK = "TEST, no event: "
TITLE = "men lured abroad with false job offers, trafficked and forced to fight as mercenaries in a foreign war"
SUMMARY = (
    "This is a test of the alert monitor; nothing has happened. Recruiters promised the men work as cooks and drivers, "
    "took their passports and sold them to a foreign army. Victims of human trafficking were held in forced labour and "
    "debt bondage; others were sent to the front line as foreign fighters. Police arrested the recruiters of the ring."
)
OWN = {"foreign_fighter_recruitment", "human_trafficking"}
"""Signals that title and summary are about."""

LINK = "https://canary.invalid/test"

NOT_REACHED = "not reached"

OUT_OF_THE_WAY = 10**12
"""Ids of what the canary stores begin here: a command that its message names finds no real item, story or alert."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the way; `seconds` is None where it was not reached."""

    step: str
    ok: bool
    seconds: float | None
    detail: str


@dataclass
class Watch:
    """Times the steps, and keeps how each ended."""

    steps: dict[str, Step] = field(default_factory=dict)

    @contextmanager
    def step(self, name: str, detail: str = "") -> Iterator[None]:
        """Time a step; an error is noted as its end and goes on its way."""
        began = time.monotonic()
        try:
            yield
        except MonitorError as error:
            self.steps[name] = Step(name, False, time.monotonic() - began, str(error))
            raise
        self.steps[name] = Step(name, True, time.monotonic() - began, detail)

    def end(self, name: str, *, ok: bool, detail: str) -> None:
        """Say what came of a step that ended without an error."""
        self.steps[name] = replace(self.steps[name], ok=ok, detail=detail)


async def send(config: Config, channels: Sequence[str], *, console: str | None = None) -> list[Step]:
    """Send the canary to these channels; every step in order, also those not reached.

    Args:
        config: names database, model, thresholds and channels.
        channels: of the config.
        console: as in `notifier_for`.
    """
    watch = Watch()
    order = ["database", "model", "fetch", "parse", "score", "store", *(f"channel {name}" for name in channels)]
    try:
        with open_house(config) as house:
            with watch.step("database", "written and taken back"):
                _write_and_take_back(house)
            with watch.step("model"):
                scorer = models.required(house)
        await _fly(config, scorer, channels, watch, console)
    except MonitorError as error:
        if all(step.ok for step in watch.steps.values()):  # what no step stands for
            first = next(name for name in order if name not in watch.steps)
            watch.steps[first] = Step(first, False, None, str(error))
    return [watch.steps.get(name) or Step(name, False, None, NOT_REACHED) for name in order]


class _TakenBackError(Exception):
    """Ends a transaction without storing anything."""


def _write_and_take_back(house: House) -> None:
    with suppress(_TakenBackError), house.database.transaction():
        house.journal.start_run(house.clock.now())
        raise _TakenBackError


async def _fly(config: Config, scorer: ModelScorer, channels: Sequence[str], watch: Watch, console: str | None) -> None:
    policy = _policy(config, channels)
    title, summary = _report(config, scorer)
    async with _beside(config) as house:
        now = house.clock.now()
        sample = Sample(f"{MARK}{title}", summary, f"{LINK}?{now:%Y%m%dT%H%M%S}", now)
        with serving([rss(OUTLET, [sample])]) as (url,):
            house.store.sync_feeds([FeedSource(url, OUTLET)], now)
            _move_ids(house.database)
            async with open_workers(house.config) as workers:
                parts = poll_parts(house, workers, scorer)
                await poll(_timed(parts, house.database, policy, watch), policy, force=True)
        sender = _TimedNotifier(notifier_for(config, console=console), watch)
        await deliver(deliver_parts(house, sender), policy)


@asynccontextmanager
async def _beside(config: Config) -> AsyncIterator[House]:
    """A house with an empty database in the real one's folder, gone afterwards."""
    with TemporaryDirectory(prefix=".canary-", dir=config.database.parent) as folder:
        poll_section = config.poll.model_copy(update={"allow_private_addresses": True})  # it is served on loopback
        with open_house(replace(config, database=Path(folder) / "canary.db", poll=poll_section)) as house:
            yield house


def _policy(config: Config, channels: Sequence[str]) -> Policy:
    """As configured, but whatever a channel wants to hear, and when, it hears the canary now."""
    configured = policy_of(config)
    plain = {name: Channel(name, restrained=configured.channels[name].restrained) for name in channels}
    return replace(configured, channels=plain)


def _report(config: Config, scorer: ModelScorer) -> tuple[str, str]:
    """Title and summary: our own where the shipped signals are watched, else a seed of a signal that is."""
    watched = {signal for signal in config.thresholds() if signal in scorer.signals}
    if not watched:
        raise ModelError(f"model {scorer.model_id} knows none of the configured signals; run `monitor train`")
    if OWN & watched:
        return TITLE, SUMMARY
    try:
        seeds = load_seeds(seeds_folder(config.seeds), detect=detect)
    except ClassifierError as error:
        raise InputError(str(error)) from error
    seed = next((seed for seed in seeds if seed.labels & watched), None)
    if seed is None:
        raise InputError(f"seeds {config.seeds}: none for {', '.join(sorted(watched))}; add some, then `monitor train`")
    return seed.title, seed.body


def _move_ids(database: Database) -> None:
    """Let the ids of items, stories and alerts begin beyond all real ones."""
    long_ago = to_text(datetime(1990, 1, 1, tzinfo=UTC))
    first = {"id": OUT_OF_THE_WAY, "at": long_ago}
    with database.transaction():
        database.execute(
            "INSERT INTO items (id, feed_id, guid, url, title, summary, first_seen_at, key) "
            "SELECT :id, id, '', '', '', '', :at, '' FROM feeds",
            first,
        )
        database.execute(
            "INSERT INTO stories (id, title, first_seen_at, last_seen_at, outlets, members) "
            "VALUES (:id, '', :at, :at, '[]', '[]')",
            first,
        )
        database.execute(
            "INSERT INTO alerts (id, channel, reason, state, created_at, due_at, key) "
            "VALUES (:id, '', 'old_news', 'suppressed', :at, :at, '')",
            first,
        )


def _timed(parts: PollParts, database: Database, policy: Policy, watch: Watch) -> PollParts:
    return replace(
        parts,
        fetcher=_TimedFetcher(parts.fetcher, watch),
        parser=_TimedParser(parts.parser, watch),
        first_looks=_TimedLooks(parts.first_looks, policy.thresholds, watch),
        store=_TimedStore(database, watch),
    )


@dataclass(frozen=True, slots=True)
class _TimedFetcher:
    fetcher: Fetcher
    watch: Watch

    async def fetch(self, request: FetchRequest) -> Retrieved | Unchanged:
        with self.watch.step("fetch", "from loopback, as any feed"):
            return await self.fetcher.fetch(request)


@dataclass(frozen=True, slots=True)
class _TimedParser:
    parser: Parser
    watch: Watch

    async def parse(self, retrieved: Retrieved, now: datetime) -> ParsedFeed:
        with self.watch.step("parse"):
            return await self.parser.parse(retrieved, now)


@dataclass(frozen=True, slots=True)
class _TimedLooks:
    looks: FirstLooks
    thresholds: Mapping[str, float]
    watch: Watch

    async def take(self, items: Sequence[Item]) -> list[ScoredItem]:
        with self.watch.step("score"):
            scored = await self.looks.take(items)
        found = [score for entry in scored for score in entry.scores if score.signal in self.thresholds]
        detail = ", ".join(f"{one.signal} {one.value:.2f} of {self.thresholds[one.signal]:.2f}" for one in found)
        hit = any(one.value >= self.thresholds[one.signal] for one in found)
        self.watch.end("score", ok=hit, detail=detail if hit else f"no hit: {detail}; see `monitor tune`")
        return scored


class _TimedStore(SqliteStore):
    def __init__(self, database: Database, watch: Watch) -> None:
        super().__init__(database)
        self._watch = watch

    def record(self, result: PollResult) -> None:
        if not result.items:  # a feed that failed; the step that did has said so
            super().record(result)
            return
        with self._watch.step("store", "beside the real database, and thrown away"):
            super().record(result)


@dataclass(frozen=True, slots=True)
class _TimedNotifier:
    notifier: Notifier
    watch: Watch

    async def send(self, channel: str, message: Message) -> None:
        with self.watch.step(f"channel {channel}", "sent"):
            await self.notifier.send(channel, message)
