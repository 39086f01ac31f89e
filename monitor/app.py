"""The only wiring: which adapters stand behind the ports, for every command and for the service."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from monitor.adapters.article import ArticleReader
from monitor.adapters.classify import ModelScorer
from monitor.adapters.cluster import DaskEngine
from monitor.adapters.console import CONSOLE_URL
from monitor.adapters.countries import CldrGeographer, english_names
from monitor.adapters.engine import LocalEngine
from monitor.adapters.fetch import HttpFetcher
from monitor.adapters.firstlooks import EngineLooks
from monitor.adapters.hatching import PRELOAD
from monitor.adapters.hub import HubClient
from monitor.adapters.latenotify import LateNotifier
from monitor.adapters.limits import FetchSettings, user_agent
from monitor.adapters.parse import FeedParser
from monitor.adapters.ping import DeadMansSwitch
from monitor.adapters.termweights import TermWeights
from monitor.config import Config
from monitor.domain.writing import Voice
from monitor.errors import InputError
from monitor.house import House, load_config, open_house
from monitor.pipeline import (
    DeliverParts,
    DeliverySummary,
    Policy,
    PollParts,
    PollSummary,
    SubscribeParts,
    WatchParts,
    deliver,
    poll,
    watch,
)
from monitor.ports import Fetcher, Notifier, Parser, Progress, Reader

__all__ = [
    "House",
    "Hubs",
    "Workers",
    "deliver_parts",
    "engine_of",
    "hubs_of",
    "load_config",
    "notifier_for",
    "open_house",
    "open_workers",
    "policy_of",
    "poll_and_deliver",
    "poll_once",
    "poll_parts",
    "switch_for",
    "take_over",
    "watch_parts",
]


PING_TIME = timedelta(seconds=10)
"""For one GET of `alerts.ping_url`."""


@dataclass(frozen=True, slots=True)
class Workers:
    """What stays open between cycles: the HTTP sessions, and the processes that work."""

    engine: LocalEngine | DaskEngine
    fetcher: Fetcher
    parser: Parser
    reader: Reader
    courier: Fetcher  # for addresses that the config names: may be private ones


@asynccontextmanager
async def open_workers(config: Config) -> AsyncIterator[Workers]:
    """Start what fetches and parses by the config's `poll` section; stop it at the end."""
    settings = FetchSettings(
        timeout=config.poll.timeout,
        max_bytes=config.poll.max_bytes,
        allow_private_addresses=config.poll.allow_private_addresses,
        concurrency=config.poll.concurrency,
        per_host=config.poll.per_host,
        spacing=config.poll.spacing,
        user_agent=user_agent(config.poll.contact),
    )
    trusting = FetchSettings(timeout=PING_TIME, allow_private_addresses=True)
    async with engine_of(config) as engine, HttpFetcher(settings) as fetcher, HttpFetcher(trusting) as courier:
        yield Workers(
            engine=engine,
            fetcher=fetcher,
            parser=FeedParser(engine),
            reader=ArticleReader(fetcher, engine),
            courier=courier,
        )


def engine_of(
    config: Config, kind: str | None = None, workers: int | None = None, preload: Sequence[str] = PRELOAD
) -> LocalEngine | DaskEngine:
    """Where the config, or else `kind`, has the work done.

    Args:
        config: names the engine, and the address of a cluster.
        kind: `local` or `dask`; the config's where None.
        workers: processes of this machine; one a core, at most 4, where None.
        preload: modules that processes of this machine share.

    Raises:
        InputError: a cluster is wanted, and the config has no address.
    """
    if (kind or config.settings.engine) == "local":
        return LocalEngine(workers, preload=preload)
    if not config.settings.dask_address:
        raise InputError(f"{config.path}: dask_address: needed for engine dask; write one such as tcp://10.0.0.5:8786")
    return DaskEngine(config.settings.dask_address)


def notifier_for(config: Config, *, console: str | None = None) -> Notifier:
    """Sends to the config's channels, or to the console where it has none.

    Args:
        config: names the channels.
        console: where console channels lead instead, such as `console://stderr` while stdout is for records.
    """
    urls = {
        name: console if console and url.startswith(CONSOLE_URL) else url for name, url in config.channel_urls().items()
    }

    def make() -> Notifier:
        from monitor.adapters.notify import AppriseNotifier  # noqa: PLC0415  # only once there is something to send

        return AppriseNotifier(urls)

    return LateNotifier(make)


def policy_of(config: Config) -> Policy:
    """What the pipeline needs of the config."""
    return Policy(
        thresholds=config.thresholds(),
        channels={channel.name: channel for channel in config.channels()},
        every=config.poll.every,
        concurrency=config.poll.concurrency,
        fulltext_share=config.poll.fulltext_share,
        config_hash=config.hash,
    )


def take_over(house: House, config: Config) -> None:
    """Make the stored feeds those of the config, and note the config itself: decisions are kept with its hash."""
    now = house.clock.now()
    house.store.sync_feeds(config.feed_sources(), now)
    house.journal.keep_config(config.hash, config.without_secrets(), now)


def poll_parts(house: House, workers: Workers, scorer: ModelScorer) -> PollParts:
    """What one cycle works with."""
    geographer = CldrGeographer()
    return PollParts(
        fetcher=workers.fetcher,
        parser=workers.parser,
        reader=workers.reader,
        first_looks=EngineLooks(workers.engine, scorer),
        scorer=scorer,
        store=house.store,
        clock=house.clock,
        geographer=geographer,
        weigh=TermWeights(scorer, geographer),
        deciding=house.deciding,
    )


@dataclass(frozen=True, slots=True)
class Hubs:
    """How hubs are followed."""

    client: HubClient
    parts: SubscribeParts


def hubs_of(house: House, workers: Workers) -> Hubs | None:
    """How hubs are followed; None without `web.public_url`, as they could not reach the service."""
    if not house.config.web.public_url:
        return None
    client = HubClient(workers.fetcher, house.config.web.public_url)
    return Hubs(client, SubscribeParts(house.subscriptions, client, house.clock))


def deliver_parts(house: House, notifier: Notifier) -> DeliverParts:
    """What one round of deliveries works with."""
    voice = Voice(country_names=english_names(), public_url=house.config.web.public_url)
    return DeliverParts(house.outbox, notifier, house.clock, voice)


def watch_parts(house: House, running_since: datetime | None = None) -> WatchParts:
    """What one look for troubles works with."""
    return WatchParts(house.troubles, house.clock, running_since)


def switch_for(config: Config, courier: Fetcher) -> DeadMansSwitch:
    """Pings the config's `alerts.ping_url`, where there is one."""
    return DeadMansSwitch(config.settings.alerts.ping_url.get_secret_value(), courier)


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
    house: House,
    scorer: ModelScorer,
    *,
    force: bool = False,
    progress: Progress | None = None,
    console: str | None = None,
) -> tuple[PollSummary, DeliverySummary]:
    """The whole of `monitor poll`: feeds as configured now, one cycle, then what waits is sent (see `notifier_for`)."""
    config = house.config
    take_over(house, config)
    house.subscriptions.begin_anew(house.clock.now())
    policy = policy_of(config)
    async with open_workers(config) as workers:
        parts = poll_parts(house, workers, scorer)
        polled = await poll_once(house, parts, policy, force=force, progress=progress)
        if not polled.unanswered:
            await switch_for(config, workers.courier).ping(house.clock.now())
    await watch(watch_parts(house), policy.channels.values())
    return polled, await deliver(deliver_parts(house, notifier_for(config, console=console)), policy)
