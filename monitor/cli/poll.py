"""`monitor poll` and `demo`."""

import asyncio
import os
from dataclasses import asdict
from typing import Annotated

import typer

from monitor import demo, models
from monitor.adapters.lock import ServiceLock
from monitor.app import open_house, poll_and_deliver
from monitor.cli import output
from monitor.cli.options import CONFIG, ConfigOption, JsonOption
from monitor.cli.session import read_config
from monitor.config import Config
from monitor.errors import InputError
from monitor.pipeline import DeliverySummary, PollSummary
from monitor.ports import Progress


def poll(
    force: Annotated[bool, typer.Option("--force", help="All feeds, not only those that are due.")] = False,
    as_json: JsonOption = False,
    config: ConfigOption = CONFIG,
) -> None:
    """Run one cycle over the feeds that are due, deliver what waits, and print a summary."""
    loaded = read_config(config)
    if not loaded.feed_sources():
        raise InputError(f"{config}: no feeds; add one with `monitor feeds add URL`")
    with output.progress() as progress:
        polled, delivered = asyncio.run(_poll(loaded, progress, force=force, console=_console(as_json)))
    print_summary(polled, delivered, as_json=as_json)


def run_demo(as_json: JsonOption = False, config: ConfigOption = CONFIG) -> None:
    """Show the whole flow with no network and no secrets, on bundled sample feeds."""
    with output.progress() as progress:
        shown = asyncio.run(demo.show(config, os.environ, progress, console=_console(as_json)))
    print_summary(shown.polled, shown.delivered, as_json=as_json)
    if not as_json:
        output.say(f"{len(shown.quiet)} of {shown.items} items raised nothing, as they should:")
        for title, score in shown.quiet:
            output.say(f"  {score:.3f}  {title}")


def print_summary(polled: PollSummary, delivered: DeliverySummary, *, as_json: bool) -> None:
    """What a cycle did, as one JSON object or as two lines."""
    if as_json:
        output.emit_json(
            asdict(polled)
            | {"alerts_sent": delivered.sent, "alerts_pending": delivered.pending}
            | {"alerts_dead": delivered.dead}
        )
        return
    output.say(
        f"feeds: {polled.feeds_ok} ok, {polled.feeds_unchanged} unchanged, {polled.feeds_failed} failed; "
        f"{polled.new_items} new items, {polled.hits} hits, {polled.stories} new stories"
    )
    if polled.articles:
        output.say(f"articles: {polled.articles} asked for, {polled.articles_failed} not read")
    given_up = f", {delivered.dead} given up" if delivered.dead else ""
    output.say(f"alerts: {delivered.sent} sent, {delivered.pending} pending{given_up}")


def _console(as_json: bool) -> str | None:
    return output.CONSOLE_ON_STDERR if as_json else None


async def _poll(
    config: Config, progress: Progress, *, force: bool, console: str | None
) -> tuple[PollSummary, DeliverySummary]:
    with ServiceLock(config.database), open_house(config) as house:
        return await poll_and_deliver(house, await models.ready(house), force=force, progress=progress, console=console)
