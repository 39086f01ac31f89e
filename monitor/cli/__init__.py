"""The command line: `monitor`, also `python -m monitor`.

Exit 0 done, 1 failed at run time, 2 bad usage, config or input. Errors are one line on stderr, never a traceback.
"""

import gc
import os
import sys
from typing import Annotated

import typer

from monitor import __version__
from monitor.cli import output
from monitor.cli.commands import LazyGroup
from monitor.errors import MonitorError

app = typer.Typer(
    name="monitor",
    cls=LazyGroup,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


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
    code: int | str | None = 0
    try:
        app(prog_name="monitor")
    except MonitorError as error:
        output.complain(f"error: {error}")
        code = error.exit_code
    except SystemExit as end:
        code = end.code
    gc.freeze()  # the process ends: Python would look for garbage in everything once more, for a quarter of a second
    sys.exit(_flushed() or code)


def _flushed() -> int:
    """Hand over what is still in stdout's buffer; 1 where it cannot be written. A reader that has gone is no fault."""
    try:
        sys.stdout.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # Python flushes once more at its end
        if isinstance(error, BrokenPipeError):
            return 0
        output.complain(f"error: {output.STDOUT_FAILED} ({error.strerror}); free space or write elsewhere")
        return 1
    return 0
