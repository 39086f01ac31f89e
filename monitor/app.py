"""The only wiring: which adapters stand behind the ports, for every command and for the service."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from monitor.adapters.clock import SystemClock
from monitor.adapters.database import Database, open_database
from monitor.adapters.engine import Engine
from monitor.adapters.fetch import FetchSettings, HttpFetcher
from monitor.adapters.journal import Journal
from monitor.adapters.notify import AppriseNotifier, check_url
from monitor.adapters.outbox import SqliteOutbox
from monitor.adapters.parse import FeedParser
from monitor.adapters.records import Records
from monitor.adapters.store import SqliteStore
from monitor.adapters.upkeep import Upkeep
from monitor.config import Config, InvalidConfigError, load
from monitor.pipeline import DeliverParts, DeliverySummary, Policy, PollParts, PollSummary, deliver, poll
from monitor.ports import Clock, Fetcher, Notifier, Parser, Progress, Scorer

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class House:
    """A config and the open database it names, with one view of it per task."""

    config: Config
    database: Database
    store: SqliteStore
    outbox: SqliteOutbox
    journal: Journal
    records: Records
    upkeep: Upkeep
    clock: Clock


@dataclass(frozen=True, slots=True)
class Workers:
    """What stays open between cycles: the HTTP session, and the processes that parse."""

    fetcher: Fetcher
    parser: Parser
    engine: Engine


def load_config(path: Path, environ: Mapping[str, str]) -> Config:
    """Load a config and check what only the adapters can: that Apprise understands each channel's URL.

    Raises:
        InvalidConfigError: with every problem, each at its line.
    """
    config = load(path, environ)
    problems = [
        config.problem(("alerts", "channels", index, "url_file" if entry.url is None else "url"), fault)
        for index, entry in enumerate(config.settings.alerts.channels)
        if (fault := check_url(config.urls[entry.name]))
    ]
    if problems:
        raise InvalidConfigError(problems, config.files)
    return config


@contextmanager
def open_house(config: Config, *, create: bool = True) -> Iterator[House]:
    """Open the config's database, made and migrated where need be, and close it at the end.

    Raises:
        StorageError: it cannot be used; with `create=False` also where there is none yet.
    """
    with open_database(config.database, create=create) as database:
        yield House(
            config=config,
            database=database,
            store=SqliteStore(database),
            outbox=SqliteOutbox(database),
            journal=Journal(database),
            records=Records(database),
            upkeep=Upkeep(database),
            clock=SystemClock(),
        )


@asynccontextmanager
async def open_workers(config: Config) -> AsyncIterator[Workers]:
    """Start what fetches and parses by the config's `poll` section; stop it at the end."""
    settings = FetchSettings(
        timeout=config.poll.timeout,
        max_bytes=config.poll.max_bytes,
        allow_private_addresses=config.poll.allow_private_addresses,
        concurrency=config.poll.concurrency,
        per_host=config.poll.per_host,
    )
    async with Engine() as engine, HttpFetcher(settings) as fetcher:
        yield Workers(fetcher, FeedParser(engine), engine)


def notifier_for(config: Config) -> Notifier:
    """Sends to the config's channels, or to the console where it has none."""
    return AppriseNotifier(config.channel_urls())


def policy_of(config: Config) -> Policy:
    """What the pipeline needs of the config."""
    return Policy(
        thresholds=config.thresholds(),
        channels={channel.name: channel for channel in config.channels()},
        every=config.poll.every,
        concurrency=config.poll.concurrency,
    )


def poll_parts(house: House, workers: Workers, scorer: Scorer) -> PollParts:
    """What one cycle works with."""
    return PollParts(workers.fetcher, workers.parser, scorer, house.store, house.clock)


def deliver_parts(house: House, notifier: Notifier) -> DeliverParts:
    """What one round of deliveries works with."""
    return DeliverParts(house.outbox, notifier, house.clock)


async def poll_once(
    house: House, parts: PollParts, policy: Policy, *, force: bool = False, progress: Progress | None = None
) -> PollSummary:
    """One cycle, noted in `runs` where any feed is due; a row without an end is a cycle that was cut off."""
    if not await asyncio.to_thread(house.store.due_feeds, house.clock.now(), force=force):
        return PollSummary()
    run = await asyncio.to_thread(house.journal.start_run, house.clock.now())
    summary = await poll(parts, policy, force=force, progress=progress)
    await asyncio.to_thread(house.journal.finish_run, run, asdict(summary), house.clock.now())
    return summary


async def poll_and_deliver(
    house: House, scorer: Scorer, *, force: bool = False, progress: Progress | None = None
) -> tuple[PollSummary, DeliverySummary]:
    """The whole of `monitor poll`: feeds as configured now, one cycle, then what waits is sent."""
    config = house.config
    house.store.sync_feeds(config.feed_sources(), house.clock.now())
    policy = policy_of(config)
    async with open_workers(config) as workers:
        parts = poll_parts(house, workers, scorer)
        polled = await poll_once(house, parts, policy, force=force, progress=progress)
    return polled, await deliver(deliver_parts(house, notifier_for(config)), policy)
