"""How commands speak: tables or JSON lines on stdout; progress and errors on stderr. The only importer of rich.

Titles come from strangers. In tables and messages control characters, with which a title could steer the terminal,
are shown as � and the marks that turn the reading direction around are left out; nothing is taken for markup.
"""

import json
import math
import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TextIO

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from monitor.errors import MonitorError

CONSOLE_ON_STDERR = "console://stderr"
"""Where alerts to the console go while stdout is for JSON."""

PATIENCE = 10
"""Seconds between two lines about progress, where there is no terminal to draw a bar on."""

STDOUT_FAILED = "standard output: cannot be written"

Report = Callable[[str, int, int], None]

_WRAPPED = {"title", "url", "feed", "name", "error", "detail", "reason", "scores", "signals", "outlets", "seed", "why"}
"""Columns that give way on a narrow terminal; the others hold ids, numbers, times and names of signals."""

_UNLIMITED = 1_000_000
"""Columns of characters for a table that no terminal shows: one record, one line."""

_BREAK = re.compile("[\t\n\v\f\r\x85\u2028\u2029]+")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(\+00:00|Z)")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_DIRECTION = re.compile("[\u202a-\u202e\u2066-\u2069]")
_UNSAFE_IN_JSON = re.compile("[\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def printable(text: str) -> str:
    """The text on one line, harmless to a terminal."""
    return _CONTROL.sub("\ufffd", _DIRECTION.sub("", _BREAK.sub(" ", text)))


@contextmanager
def standard_output() -> Iterator[TextIO]:
    """Stdout, to be written to. Where its reader has gone, such as `head`, the command ends there, as done.

    Raises:
        MonitorError: it cannot be written.
    """
    try:
        yield sys.stdout
    except BrokenPipeError as error:
        raise typer.Exit from error
    except OSError as error:
        raise MonitorError(
            f"standard output: cannot be written ({error.strerror}); free space or write elsewhere"
        ) from error


def say(line: str = "") -> None:
    """Print one line of text."""
    with standard_output() as stream:
        stream.write(_encodable(printable(line), stream) + "\n")


def complain(line: str) -> None:
    """Print one line on stderr."""
    sys.stderr.write(_encodable(printable(line), sys.stderr) + "\n")


def ask(question: str) -> str | None:
    """Print a question without a line break, and wait for a line on stdin; None at its end."""
    with standard_output() as stream:
        stream.write(_encodable(printable(question), stream))
        stream.flush()
        line = sys.stdin.buffer.readline()
        if not (sys.stdin.isatty() and line.endswith(b"\n")):  # no terminal broke the line
            stream.write("\n")
    return line.decode("utf-8", "replace") if line else None


def emit_json(record: Mapping[str, object]) -> None:
    """Print one JSON object on a line of its own; what could break the line or steer a terminal is escaped."""
    with standard_output() as stream:
        unicode = (stream.encoding or "").lower().startswith("utf")
        text = json.dumps(_finite(record), ensure_ascii=not unicode, allow_nan=False, default=_plain)
        stream.write(_UNSAFE_IN_JSON.sub(lambda found: f"\\u{ord(found[0]):04x}", text) + "\n")


def emit(rows: Iterable[Mapping[str, object]], columns: Sequence[str], *, as_json: bool, empty: str) -> None:
    """Print records as JSON lines, or as a table of `columns`; `empty` says what no rows means.

    A table fills the terminal. Where stdout is none, lines are as long as they must be.
    """
    if as_json:
        for row in rows:
            emit_json(row)
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column.replace("_", " "), overflow="fold", no_wrap=column not in _WRAPPED)
    count = 0
    for count, row in enumerate(rows, 1):  # noqa: B007 - the count is used after the loop
        table.add_row(*(Text(printable(cell(row.get(column)))) for column in columns))
    if not count:
        complain(empty)
        return
    with standard_output() as stream:
        console = Console(file=stream, width=None if stream.isatty() else _UNLIMITED)
        with console.capture() as printed:
            console.print(table)
        lines = (line.rstrip() for line in printed.get().splitlines())
        stream.write(_encodable("\n".join(lines), stream) + "\n")


@contextmanager
def progress() -> Iterator[Report]:
    """A progress bar on stderr where that is a terminal, else silence."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda *_: None
        return
    bar = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
    )
    with bar:
        task = bar.add_task("", total=None)
        yield lambda what, done, total: bar.update(task, description=what, completed=done, total=total or None)


@contextmanager
def reading() -> Iterator[Callable[[str, int, int], None]]:
    """A progress bar on stderr over the bytes of a file, as `progress`; without a terminal a line now and then."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _now_and_then()
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn())
    with Progress(*columns, TimeRemainingColumn(), console=console, transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda what, done, total: bar.update(
            task, description=printable(what), completed=done, total=total or None
        )


def _now_and_then() -> Report:
    told = time.monotonic()

    def tell(what: str, done: int, total: int) -> None:
        nonlocal told
        if time.monotonic() - told >= PATIENCE:
            told = time.monotonic()
            complain(f"{what} ({done / total:.0%})" if total else what)

    return tell


def cell(value: object) -> str:
    """A value as a person reads it: minutes for times, three digits for numbers, yes and no."""
    match value:
        case None:
            text = ""
        case bool():
            text = "yes" if value else "no"
        case float():
            text = "-" if math.isnan(value) else f"{value:.3f}"
        case datetime():
            text = f"{value.astimezone(UTC):%F %H:%M}Z"
        case str():
            # times are ISO 8601 with microseconds; a person wants minutes
            text = value[:16].replace("T", " ") + "Z" if _TIME.fullmatch(value) else value
        case Mapping():
            text = ", ".join(f"{key} {cell(item)}" for key, item in value.items())
        case Sequence():
            text = ", ".join(cell(item) for item in value)
        case _:
            text = str(value)
    return text


def _encodable(text: str, stream: TextIO) -> str:
    encoding = stream.encoding or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)


def _finite(value: object) -> object:
    """The value with null where a figure is undefined: JSON has no NaN."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return value


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, frozenset | set):
        return sorted(value)
    return str(value)
