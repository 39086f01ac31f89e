"""`monitor canary`: a test report on its way from a feed to every channel."""

import asyncio
from dataclasses import asdict
from typing import Annotated

import typer

from monitor import canary
from monitor.cli import output
from monitor.cli.options import CONFIG, ConfigOption, JsonOption
from monitor.cli.session import read_config
from monitor.errors import InputError


def run_canary(
    channel: Annotated[str | None, typer.Option("--channel", help="Only this channel.")] = None,
    as_json: JsonOption = False,
    config: ConfigOption = CONFIG,
) -> None:
    """Send a test report from a feed through the model to every channel, and time each step.

    Exit 1 where any step fails. The message says that it is a test; no hit or story is stored.
    """
    loaded = read_config(config)
    known = tuple(loaded.channel_urls())
    if channel is not None and channel not in known:
        raise InputError(f"no channel {channel} in the config; there are: {', '.join(known)}")
    chosen = known if channel is None else (channel,)
    console = output.CONSOLE_ON_STDERR if as_json else None
    steps = asyncio.run(canary.send(loaded, chosen, console=console))
    rows = [asdict(step) for step in steps]
    output.emit(rows, ("step", "ok", "seconds", "detail"), as_json=as_json, empty="no steps")
    if not all(step.ok for step in steps):
        raise typer.Exit(1)
