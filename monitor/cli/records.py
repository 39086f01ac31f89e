"""Commands that list what is stored: items, hits, stories; and `export`."""

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from typing import Annotated

import typer

from monitor.adapters.countries import country_names
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

ITEM_COLUMNS = ("id", "published_at", "feed", "title", "lang", "scores")
HIT_COLUMNS = ("id", "item_id", "created_at", "signal", "score", "title", "feed", "story_id", "verdict")
STORY_COLUMNS = ("id", "last_seen_at", "title", "signals", "hits", "outlets")

WEBSITE = "http://127.0.0.1:8080/"
"""Where the service's pages are unless the config's `web.public_url` says; RSS asks for a link."""

Read = Callable[[Records, Filter], list[dict[str, object]]]


class ExportFormat(StrEnum):
    """What `export hits` can write."""

    CSV = "csv"
    JSONL = "jsonl"
    RSS = "rss"


def listing(read: Read, columns: tuple[str, ...], text: str) -> Callable[..., None]:
    """A command that lists one kind of record with the filters all of them share."""

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
            rows = read(house.records, chosen(house.clock.now(), since, signal, country, query, limit))
            output.emit(rows, columns, as_json=as_json, empty="nothing stored that fits")

    command.__doc__ = text
    return command


items = listing(Records.items, ITEM_COLUMNS, "List stored items, newest first.")
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
        now = house.clock.now()
        rows = house.records.export("hits", chosen(now, since, signal, country, query, limit))
        with output.standard_output() as stream:
            if form is ExportFormat.CSV:
                write_csv(rows, stream)
            elif form is ExportFormat.RSS:
                write_rss(rows, house.config.web.public_url or WEBSITE, now, stream)
            else:
                output.emit(rows, (), as_json=True, empty="")


def chosen(
    now: datetime,
    since: str | None,
    signal: str | None,
    country: str | None,
    query: str | None,
    limit: int | None,
    **more: str | None,
) -> Filter:
    """The filter that the shared options mean; a country is looked for by its names as beginnings of words."""
    names = tuple(f"{name}*" for name in country_names(country)) if country is not None else ()
    return Filter(
        since=moment(since, now),
        signal=signal,
        query=query,
        phrases=names,
        limit=limit,
        channel=more.get("channel"),
        state=more.get("state"),
    )
