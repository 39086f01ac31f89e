"""How commands speak: tables or JSON lines on stdout; progress and errors on stderr. The only importer of rich."""

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

Report = Callable[[str, int, int], None]


def stdout() -> Console:
    """A console for people; never interprets what it prints as markup."""
    return Console(markup=False, highlight=False, emoji=False, soft_wrap=not sys.stdout.isatty())


def say(line: str) -> None:
    """Print one line of plain text."""
    stdout().print(line)


def complain(line: str) -> None:
    """Print one line on stderr."""
    Console(stderr=True, markup=False, highlight=False, emoji=False, soft_wrap=True).print(line)


def emit_json(record: Mapping[str, object]) -> None:
    """Print one JSON object on a line of its own."""
    sys.stdout.write(json.dumps(record, ensure_ascii=False, default=_plain) + "\n")


def emit(rows: Iterable[Mapping[str, object]], columns: Sequence[str], *, as_json: bool, empty: str) -> None:
    """Print records as JSON lines, or as a table of `columns`; `empty` says what no rows means."""
    if as_json:
        for row in rows:
            emit_json(row)
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column.replace("_", " "), overflow="fold", no_wrap=column in {"id", "score", "state"})
    count = 0
    for count, row in enumerate(rows, 1):  # noqa: B007 - the count is used after the loop
        table.add_row(*(Text(_cell(row.get(column))) for column in columns))
    if count:
        stdout().print(table)
    else:
        complain(empty)


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


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.3f}"
    if isinstance(value, str):
        # stored times are ISO 8601 with microseconds; a person wants minutes
        return value[:16].replace("T", " ") + "Z" if _is_time(value) else value
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_cell(item)}" for key, item in value.items())
    if isinstance(value, Sequence):
        return ", ".join(_cell(item) for item in value)
    return str(value)


def _is_time(value: str) -> bool:
    return len(value) >= 20 and value[4:5] == "-" and value[10:11] == "T" and value[13:14] == ":"


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, frozenset | set | tuple):
        return sorted(value) if isinstance(value, frozenset | set) else list(value)
    return str(value)
