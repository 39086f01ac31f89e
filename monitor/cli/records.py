"""Commands that list what is stored: items, hits, stories; and `export`."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import Annotated

import typer

from monitor.adapters.records import Filter, Records
from monitor.cli import output
from monitor.cli.export import write_csv, write_rss
from monitor.cli.options import (
    CONFIG,
    ConfigOption,
    CountryOption,
    JsonOption,
    LimitOption,
    QueryOption,
    SignalOption,
    SinceOption,
    moment,
)
from monitor.cli.session import existing_house
from monitor.house import House

ITEM_COLUMNS = ("id", "published_at", "feed", "title", "lang", "scores")
HIT_COLUMNS = (
    "id",
    "item_id",
    "created_at",
    "signal",
    "score",
    "confident",
    "countries",
    "title",
    "feed",
    "story_id",
    "verdict",
)
STORY_COLUMNS = ("id", "last_seen_at", "title", "signals", "hits", "outlets")

WEBSITE = "http://127.0.0.1:8080/"
"""Where the service's pages are unless the config's `web.public_url` says; RSS asks for a link."""

Read = Callable[[Records, Filter], list[dict[str, object]]]


class ExportFormat(StrEnum):
    """What `export hits` can write."""

    CSV = "csv"
    JSONL = "jsonl"
    RSS = "rss"


def listing(read: Read, columns: tuple[str, ...], text: str, *, by_names: bool = False) -> Callable[..., None]:
    """A command that lists one kind of record with the filters all of them share.

    Args:
        read: what it lists.
        columns: what people see of it.
        text: the command's help.
        by_names: look for a country by its names in the text, where its code is not stored.
    """

    def command(
        since: SinceOption = None,
        signal: SignalOption = None,
        country: CountryOption = None,
        query: QueryOption = None,
        limit: LimitOption = 50,
        as_json: JsonOption = False,
        config: ConfigOption = CONFIG,
    ) -> None:
        with existing_house(config) as house:
            warn_of_signal(house, signal)
            wanted = chosen(house.clock.now(), since, signal, country, query, limit)
            rows = read(house.records, replace(by_names_too(wanted), country=None) if by_names else wanted)
            output.emit(rows, columns, as_json=as_json, empty="nothing stored that fits")

    command.__doc__ = text
    return command


items = listing(Records.items, ITEM_COLUMNS, "List stored items, newest first.", by_names=True)
hits = listing(Records.hits, HIT_COLUMNS, "List hits, newest first: items that reached a signal's threshold.")
stories = listing(Records.stories, STORY_COLUMNS, "List stories, the last told first: hits about one event.")


def export(
    what: Annotated[str, typer.Argument(metavar="hits", help="What to export.")],
    form: Annotated[ExportFormat, typer.Option("--format", help="csv, jsonl or rss.")] = ExportFormat.JSONL,
    since: SinceOption = None,
    signal: SignalOption = None,
    country: CountryOption = None,
    query: QueryOption = None,
    limit: Annotated[int | None, typer.Option("--limit", "-n", min=1, help="At most so many.")] = None,
    config: ConfigOption = CONFIG,
) -> None:
    """Write hits to stdout, for a spreadsheet, a program or a feed reader."""
    if what != "hits":
        raise typer.BadParameter(f"{what} cannot be exported; hits can", param_hint="what")
    with existing_house(config) as house:
        warn_of_signal(house, signal)
        now = house.clock.now()
        rows = house.records.export("hits", chosen(now, since, signal, country, query, limit))
        with output.standard_output() as stream:
            if form is ExportFormat.CSV:
                write_csv(rows, stream)
            elif form is ExportFormat.RSS:
                write_rss(rows, house.config.web.public_url or WEBSITE, now, stream)
            else:
                output.emit(rows, (), as_json=True, empty="")


def warn_of_signal(house: House, signal: str | None) -> None:
    """Tell where a signal is not in the config: a slip, or one whose hits are still stored."""
    known = house.config.thresholds()
    if signal is not None and signal not in known:
        output.complain(f"warning: no signal {signal} in the config; there are: {', '.join(known)}")


def chosen(
    now: datetime,
    since: str | None,
    signal: str | None,
    country: str | None,
    query: str | None,
    limit: int | None,
    **more: str | None,
) -> Filter:
    """The filter that the shared options mean."""
    return Filter(
        since=moment(since, now),
        signal=signal,
        query=query,
        country=_code_of(country) if country is not None else None,
        limit=limit,
        channel=more.get("channel"),
        state=more.get("state"),
    )


def by_names_too(wanted: Filter) -> Filter:
    """The filter with the country's names as well, as beginnings of words: its code is stored with hits only."""
    from monitor.adapters.countries import country_names  # noqa: PLC0415  # slow to import, and seldom asked for

    if wanted.country is None:
        return wanted
    return replace(wanted, phrases=tuple(f"{name}*" for name in country_names(wanted.country)))


def _code_of(country: str) -> str:
    from monitor.adapters.countries import country_code  # noqa: PLC0415  # slow to import, and seldom asked for

    return country_code(country)
