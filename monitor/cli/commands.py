"""The table of commands, and the group that imports a command's module only when that command is called.

What one command needs (scikit-learn, a web server) would cost every other one seconds at each start.
"""

import gc
from collections.abc import Sequence
from importlib import import_module
from typing import Any, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_group

from monitor.adapters.hatching import ARCHIVES, PRELOAD, hatch


class Entry(NamedTuple):
    """A command.

    Attributes:
        target: where it is, as `module:attribute`.
        help: its line in the list: the first of its own help text.
        workers: modules that the processes share in which it has work done; none where it has no such processes. What
            they are forked from is started before the command is imported.
    """

    target: str
    help: str
    workers: Sequence[str] = ()


COMMANDS = {
    "run": Entry(
        "service:run",
        "Start the service: polling, delivery, health and metrics, until SIGTERM or Ctrl-C.",
        workers=PRELOAD,
    ),
    "poll": Entry(
        "poll:poll",
        "Run one cycle over the feeds that are due, deliver what waits, and print a summary.",
        workers=PRELOAD,
    ),
    "demo": Entry(
        "poll:run_demo", "Show the whole flow with no network and no secrets, on bundled sample feeds.", workers=PRELOAD
    ),
    "backfill": Entry(
        "backfill:backfill",
        "Score archives into the database: JSON lines, CSV or WARC, by path or URL.",
        workers=ARCHIVES,
    ),
    "feeds": Entry("feeds:app", "Feeds and their health; add, remove, import, export and check them."),
    "items": Entry("records:items", "List stored items, newest first."),
    "hits": Entry("records:hits", "List hits, newest first: items that reached a signal's threshold."),
    "stories": Entry("records:stories", "List stories, the last told first: hits about one event."),
    "alerts": Entry(
        "alerts:app", "List alerts with the reason for each; show what one rests on; test channels; retry what failed."
    ),
    "label": Entry("verdicts:label", "Record a verdict; the next `monitor train` learns from it."),
    "review": Entry("review:review", "Ask for verdicts in the terminal, the most useful items first."),
    "export": Entry("records:export", "Write hits to stdout, for a spreadsheet, a program or a feed reader."),
    "score": Entry("learning:score", "Score documents: the probability of each signal, and the words that weigh."),
    "evaluate": Entry("learning:evaluate", "Measure the model on graded items: recall, false alerts, calibration."),
    "train": Entry("learning:train", "Fit a model from seeds and verdicts, and use it unless it is worse."),
    "tune": Entry("tune:tune", "Show what each threshold would have meant: alerts a day, which stories, how sure."),
    "models": Entry("versions:app", "Model versions: list, activate, roll back."),
    "seeds": Entry("learning:seeds_app", "The seeds the model is trained on."),
    "config": Entry("upkeep:config_app", "The config file."),
    "doctor": Entry("diagnosis:run_doctor", "Check database, model, feeds and channels end to end; sends nothing."),
    "canary": Entry(
        "canary:run_canary", "Send a test report from a feed through the model to every channel, and time each step."
    ),
    "db": Entry("upkeep:db_app", "The database: backup and pruning."),
}
"""In the order of `monitor --help`: work, look, teach, keep in order."""


class LazyGroup(TyperGroup):
    """The group of `COMMANDS`. Until a command is called, a stand-in with its name holds its place."""

    def __init__(self, **attributes: Any) -> None:  # noqa: ANN401  # handed on to Typer
        super().__init__(**attributes)
        self.commands.update({name: TyperCommand(name=name, help=entry.help) for name, entry in COMMANDS.items()})

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ANN401  # Typer's types for these are private
        """The command itself, imported now."""
        return load_command(cmd_name) if cmd_name in COMMANDS else super().get_command(ctx, cmd_name)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:  # noqa: ANN401  # Typer's types are private
        """The command that is to be run."""
        if args and args[0] in COMMANDS and (shared := COMMANDS[args[0]].workers) and "--help" not in args:
            hatch(shared)
        gc.disable()  # what is imported stays: looking for garbage in it takes a tenth of the time
        try:
            return super().resolve_command(ctx, args)
        finally:
            gc.freeze()
            gc.enable()

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401, ARG002  # Typer's types are private
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.help) for name, entry in COMMANDS.items()])


def load_command(name: str) -> Any:  # noqa: ANN401  # Typer's type for it is private
    """Import a command and build it."""
    module, _, attribute = COMMANDS[name].target.partition(":")
    target = getattr(import_module(f"monitor.cli.{module}"), attribute)
    holder = typer.Typer(pretty_exceptions_enable=False, rich_markup_mode=None)
    if isinstance(target, typer.Typer):
        holder.add_typer(target, name=name)
    else:
        holder.command(name)(target)
    return get_group(holder).commands[name]
