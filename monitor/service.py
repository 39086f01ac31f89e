"""The service: polling, delivery and the web pages in one process, until it is told to stop."""

import asyncio
import logging
import secrets
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from monitor.adapters.lock import ServiceLock
from monitor.adapters.schedule import Scheduler
from monitor.app import (
    House,
    Workers,
    deliver_parts,
    hubs_of,
    load_config,
    notifier_for,
    open_house,
    open_workers,
    policy_of,
    poll_once,
    poll_parts,
    switch_for,
    take_over,
    watch_parts,
)
from monitor.config import Config, ConfigWatcher, restart_needed
from monitor.domain.feed import Retrieved
from monitor.domain.ops import Known
from monitor.domain.websub import Subscription
from monitor.errors import ConfigError, ParseError, StorageError
from monitor.forgetting import forget_daily
from monitor.keeper import ModelKeeper
from monitor.pipeline import deliver, subscribe, take_push, waiting_channels, watch
from monitor.web.access import Access
from monitor.web.callback import Callback
from monitor.web.health import Facts, Health, Sentinels, assess
from monitor.web.metrics import Metrics
from monitor.web.server import WebServer

log = logging.getLogger(__name__)

HUBS = timedelta(seconds=5)
"""How often the service looks which hubs are to be asked."""

TICK = timedelta(seconds=2)
"""How often the service looks for feeds that are due, alerts that wait, and edits of the config."""

WATCH = timedelta(minutes=5)
"""How often the service looks for troubles of its own; the first time after the first cycles have shown how it is."""

HEAD_START = timedelta(seconds=2)
"""What the first poll has before the pages take its processor."""

GRACE = timedelta(seconds=4)
"""What running work gets to end by itself after a stop; the whole stop stays under ten seconds."""


async def serve(config: Config, environ: Mapping[str, str]) -> None:
    """Run until SIGTERM or SIGINT.

    Raises:
        ServiceRunningError: another service works on the same database.
        MonitorError: the database, the model or the web address cannot be used.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with running(config, environ) as service:
        log.info(
            "service started: %d feeds, channels %s, health on http://%s:%d/healthz",
            len(config.feed_sources()),
            ", ".join(config.channel_urls()),
            config.web.host,
            service.port,
        )
        await stop.wait()
        log.info("stopping")
    log.info("stopped")


@asynccontextmanager
async def running(config: Config, environ: Mapping[str, str]) -> AsyncIterator["Service"]:
    """A service at work inside the `async with`; everything is closed in order at its end."""
    async with AsyncExitStack() as stack:
        stack.enter_context(ServiceLock(config.database))
        house = stack.enter_context(open_house(config))
        workers = await stack.enter_async_context(open_workers(config))
        service = Service(house, workers, config, environ)
        web = WebServer(service.pages, config.web.host, config.web.port, after=service.first_cycle)
        service.port = (await stack.enter_async_context(web)).port
        stack.push_async_callback(service.stop)
        service.start()
        yield service


class Service:
    """What runs between start and stop. Each job is a method; the scheduler repeats it."""

    def __init__(self, house: House, workers: Workers, config: Config, environ: Mapping[str, str]) -> None:
        self.metrics = Metrics()
        self.port = 0
        self._house = house
        self._workers = workers
        self._config = config
        self._policy = policy_of(config)
        self._notifier = notifier_for(config)
        self._watcher = ConfigWatcher(config, environ, load_config)
        self._scheduler = Scheduler()
        self._models = ModelKeeper(house)
        self._switch = switch_for(config, workers.courier)
        self._hubs = hubs_of(house, workers)
        self._troubles: tuple[Known, ...] = ()
        self._started_at = house.clock.now()
        self._last_poll_at: datetime | None = None
        self._polled = asyncio.Event()
        self._pinged_for: datetime | None = None
        self._unanswered = False
        self._config_error: str | None = None

    def start(self) -> None:
        """Take over the config's feeds and begin."""
        take_over(self._house, self._config)
        self._house.subscriptions.begin_anew(self._house.clock.now())
        self._scheduler.every(TICK, "heartbeat", self._beat)
        self._scheduler.every(TICK, "config", self._follow_config)
        self._scheduler.every(TICK, "model", self._follow_model)
        self._scheduler.every(TICK, "poll", self._poll)
        self._scheduler.every(TICK, "deliver", self._deliver)
        self._scheduler.every(TICK, "ping", self._ping)
        if self._hubs:
            self._scheduler.every(HUBS, "subscribe", partial(subscribe, self._hubs.parts))
        self._scheduler.every(WATCH, "watch", self._watch, first_after=WATCH)
        self._scheduler.every(timedelta(days=1), "prune", self._prune, first_after=timedelta(hours=1))
        self._scheduler.start()

    async def first_cycle(self) -> None:
        """Wait for the first poll, but not for long: what the pages need is not to keep it waiting."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._polled.wait(), HEAD_START.total_seconds())

    def pages(self) -> object:
        """The web application; what it imports takes half a second."""
        from monitor.web.desk import Desk  # noqa: PLC0415  # see above
        from monitor.web.pages import create_app  # noqa: PLC0415  # see above

        web, token = self._config.web, secrets.token_urlsafe(32)
        access = Access(web.host, web.password.get_secret_value(), web.public_url, token)
        return create_app(self.health, self.metrics, access, Desk(self._house, token), self.callback())

    async def stop(self) -> None:
        """End running work: what is not stored is polled again, what is not confirmed is sent again."""
        await self._scheduler.stop(GRACE)

    async def health(self) -> Health:
        """What `/healthz` says."""
        now = self._house.clock.now()
        facts = Facts(
            started_at=self._started_at,
            heartbeat_at=self._scheduler.beats.get("heartbeat"),
            last_poll_at=self._last_poll_at,
            model=self._models.scorer.model_id if self._models.scorer else None,
            model_problem=self._models.problem,
            sentinels={
                outcome.signal: Sentinels(
                    outcome.reports, len(outcome.found), outcome.others, len(outcome.raised), outcome.failing
                )
                for outcome in self._models.outcomes
            },
            config_error=self._config_error,
            unanswered=self._unanswered,
            troubles=Counter(str(one.trouble.condition) for one in self._troubles),
        )
        try:
            stored = await asyncio.to_thread(self._house.upkeep.health, now)
        except StorageError as error:
            return assess(replace(facts, database_error=str(error)), now)
        alerts = stored.alerts
        return assess(
            replace(
                facts,
                feeds=dict(stored.feeds),
                pending_alerts=alerts.get("pending", 0),
                dead_alerts=alerts.get("dead", 0),
            ),
            now,
        )

    async def _beat(self) -> None:
        """Proof that the scheduler and this loop are alive."""

    async def _poll(self) -> None:
        if self._models.scorer is None:
            return
        parts = poll_parts(self._house, self._workers, self._models.scorer)
        began = time.monotonic()
        summary = await poll_once(self._house, parts, self._policy)
        self._polled.set()
        self._last_poll_at = self._house.clock.now()
        if not summary.feeds:
            return
        self._unanswered = summary.unanswered
        seconds = time.monotonic() - began
        self.metrics.polled(summary, seconds)
        log.info(
            "polled %d feeds in %.1f s: %d ok, %d unchanged, %d failed; %d new items, %d hits, %d new stories",
            summary.feeds,
            seconds,
            summary.feeds_ok,
            summary.feeds_unchanged,
            summary.feeds_failed,
            summary.new_items,
            summary.hits,
            summary.stories,
        )
        if summary.articles:
            log.info("asked for %d articles, %d not read", summary.articles, summary.articles_failed)
        if summary.alerts:
            await self._deliver()

    def callback(self) -> Callback | None:
        """What answers hubs; None where they cannot reach the service."""
        if self._hubs is None:
            return None
        poll = self._config.poll
        return Callback(
            self._hubs.parts, self._hubs.client, self._take_push, self._scheduler.aside, poll.max_bytes, poll.timeout
        )

    async def _take_push(self, subscription: Subscription, got: Retrieved) -> None:
        """Go a polled body's way with what a hub brought. What is lost on the way is polled for."""
        done = False
        try:
            if self._models.scorer is not None:
                parts = poll_parts(self._house, self._workers, self._models.scorer)
                summary = await take_push(parts, self._policy, subscription, got)
                done = True
                self.metrics.pushed(summary)
                log.info("feed %d: pushed, %d new items", subscription.feed_id, summary.new_items)
                if summary.alerts:
                    await self._deliver()
        except ParseError as error:
            log.warning("feed %d: a push cannot be read: %s", subscription.feed_id, error)
        finally:
            if not done:
                await asyncio.to_thread(self._house.subscriptions.hurry, subscription.feed_id, self._house.clock.now())

    async def _deliver(self) -> None:
        """Begin a round for each channel that something waits for and that has none under way."""
        for channel in await waiting_channels(deliver_parts(self._house, self._notifier)):
            self._scheduler.aside(f"deliver to {channel}", partial(self._deliver_to, channel))

    async def _deliver_to(self, channel: str) -> None:
        self.metrics.delivered(await deliver(deliver_parts(self._house, self._notifier), self._policy, channel))

    async def _watch(self) -> None:
        channels = self._policy.channels.values()
        self._troubles = await watch(watch_parts(self._house, self._started_at), channels)

    async def _ping(self) -> None:
        """After a cycle that went well; at most once a minute."""
        if self._last_poll_at is not None and self._last_poll_at != self._pinged_for and not self._unanswered:
            cycle = self._last_poll_at
            if await self._switch.ping(self._house.clock.now()):
                self._pinged_for = cycle

    async def _follow_config(self) -> None:
        try:
            config = await asyncio.to_thread(self._watcher.changed)
        except ConfigError as error:
            self._config_error = str(error)
            log.error("config not taken over, the last good one stays: %s", error)  # noqa: TRY400 - the line is enough
            return
        if config is None:
            return
        for warning in config.warnings:
            log.warning("config: %s", warning)
        await asyncio.to_thread(take_over, self._house, config)
        if late := restart_needed(self._config, config):
            log.warning("config: restart to apply %s", ", ".join(late))
        self._config, self._config_error = config, None
        self._policy, self._notifier = policy_of(config), notifier_for(config)
        self._switch = switch_for(config, self._workers.courier)
        log.info("config taken over: %d feeds, channels %s", len(config.feeds), ", ".join(config.channel_urls()))

    async def _follow_model(self) -> None:
        first = self._models.scorer is None
        await self._models.follow(self._config.thresholds())
        if first and self._models.scorer is not None:
            self._scheduler.hasten("poll")

    async def _prune(self) -> None:
        await asyncio.to_thread(forget_daily, self._house, self._config.retention)
