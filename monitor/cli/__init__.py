"""The command line: `monitor`, also `python -m monitor`.

Exit 0 done, 1 failed at run time, 2 bad usage, config or input. Errors are one line on stderr, never a traceback.
"""

import os
import sys
from collections.abc import Callable
from typing import Annotated

import typer

from monitor import __version__
from monitor.cli import alerts, feeds, learning, output, records, service, upkeep
from monitor.errors import MonitorError

app = typer.Typer(
    name="monitor",
    help="Watches news feeds for foreign-fighter recruitment and human trafficking, and alerts people in time.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

_COMMANDS: tuple[tuple[str, Callable[..., None]], ...] = (
    ("run", service.run),
    ("poll", service.poll),
    ("demo", service.run_demo),
    ("train", learning.train),
    ("score", learning.score),
    ("evaluate", learning.evaluate),
    ("items", records.items),
    ("hits", records.hits),
    ("stories", records.stories),
    ("label", learning.label),
    ("export", records.export),
    ("doctor", upkeep.run_doctor),
)

for _name, _command in _COMMANDS:
    app.command(_name)(_command)
app.add_typer(feeds.app, name="feeds")
app.add_typer(alerts.app, name="alerts")
app.add_typer(learning.models_app, name="models")
app.add_typer(learning.seeds_app, name="seeds")
app.add_typer(upkeep.config_app, name="config")
app.add_typer(upkeep.db_app, name="db")


def _show_version(wanted: bool) -> None:
    if wanted:
        output.say(f"monitor {__version__}")
        raise typer.Exit


@app.callback()
def root(
    _version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Watches news feeds for foreign-fighter recruitment and human trafficking, and alerts people in time."""


def main() -> None:
    """Run a command; what fails on purpose becomes one line and an exit code."""
    try:
        app()
    except MonitorError as error:
        output.complain(f"error: {error}")
        sys.exit(error.exit_code)
    except BrokenPipeError:
        # the reader of a pipe, such as `head`, has seen enough; Python would complain again at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except KeyboardInterrupt:
        sys.exit(130)
