"""The options that many commands share, and how their values are read."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from monitor.config.values import duration
from monitor.errors import InputError

ConfigOption = Annotated[
    Path,
    typer.Option(
        "--config",
        "-c",
        envvar="MONITOR_CONFIG",
        help="The config file; its folder is what relative paths start from.",
        show_default=True,
    ),
]
CONFIG = Path("config.yaml")

JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object a line on stdout.")]
SinceOption = Annotated[
    str | None, typer.Option("--since", help="A date or time (2026-11-01, 2026-11-01T08:00Z), or an age (24h, 7d).")
]
SignalOption = Annotated[str | None, typer.Option("--signal", help="Only this signal.")]
CountryOption = Annotated[
    str | None, typer.Option("--country", help="Only what mentions this country; ISO code such as NP.")
]
QueryOption = Annotated[
    str | None, typer.Option("--query", "-q", help='Words that must all occur; "a phrase" and begin* work too.')
]
LimitOption = Annotated[int, typer.Option("--limit", "-n", min=1, help="At most so many.")]


def moment(since: str | None, now: datetime) -> datetime | None:
    """The time that `--since` means, UTC. Raises InputError for what is neither a time nor an age."""
    if since is None:
        return None
    try:
        stated = datetime.fromisoformat(since)
    except ValueError:
        pass
    else:
        return (stated if stated.tzinfo else stated.replace(tzinfo=UTC)).astimezone(UTC)
    try:
        return now - duration(since)
    except (ValueError, OverflowError) as error:
        raise InputError(f"--since {since}: not a time; write 2026-11-01, 2026-11-01T08:00Z, 24h or 7d") from error
