"""`monitor config check` and `monitor db`: is the config in order, and keeping the database so."""

import os
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from monitor.cli import output
from monitor.cli.options import CONFIG, ConfigOption, JsonOption
from monitor.cli.session import existing_house
from monitor.config import InvalidConfigError
from monitor.domain.forgetting import Doubt
from monitor.errors import MonitorError
from monitor.forgetting import forget, told
from monitor.house import load_config

config_app = typer.Typer(no_args_is_help=True, help="The config file.")
db_app = typer.Typer(no_args_is_help=True, help="The database: backup and pruning.")


@config_app.command("check")
def check_config(as_json: JsonOption = False, config: ConfigOption = CONFIG) -> None:
    """Validate the config file: every mistake with its line, and what is odd but no mistake."""
    try:
        loaded = load_config(config, os.environ)
    except InvalidConfigError as error:
        for problem in error.problems:
            output.emit_json({"ok": False, "problem": str(problem)}) if as_json else output.complain(str(problem))
        raise typer.Exit(error.exit_code) from error
    for warning in loaded.warnings:
        output.complain(f"warning: {warning}")
    summary = {
        "ok": True,
        "config": str(loaded.path),
        "feeds": len(loaded.feed_sources()),
        "signals": dict(loaded.thresholds()),
        "channels": list(loaded.channel_urls()),
    }
    if as_json:
        output.emit_json(summary)
    else:
        signals = ", ".join(f"{name} from {threshold:g}" for name, threshold in loaded.thresholds().items())
        channels = ", ".join(loaded.channel_urls())
        output.say(f"{config}: good; {len(loaded.feed_sources())} feeds; signals {signals}; channels {channels}")


@db_app.command()
def backup(
    path: Annotated[Path, typer.Argument(help="The file to write; it must not exist yet.")],
    config: ConfigOption = CONFIG,
) -> None:
    """Write a consistent copy of the database, while the service runs on."""
    with existing_house(config) as house:
        house.upkeep.backup(path)
    output.say(f"backup written to {path} ({path.stat().st_size / 1e6:.1f} MB)")


@db_app.command()
def prune(
    trust_clock: Annotated[
        bool, typer.Option("--trust-clock", help="Prune though time leapt: this machine's clock is right.")
    ] = False,
    as_json: JsonOption = False,
    config: ConfigOption = CONFIG,
) -> None:
    """Forget what is older than the config's `retention`; the service does so once a day by itself."""
    with existing_house(config) as house:
        outcome = forget(house, house.config.retention, trusted=trust_clock)
    if isinstance(outcome, Doubt):
        raise MonitorError(told(outcome))
    if as_json:
        output.emit_json(asdict(outcome))
    else:
        output.say(f"forgot {outcome.items} items, {outcome.hits} hits, {outcome.stories} stories")
