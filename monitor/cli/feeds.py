"""`monitor feeds`: the feeds and how they are doing; adding, removing, importing, exporting and checking them."""

import asyncio
import os
import sys
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from monitor.adapters.configedit import add_feeds, remove_feed
from monitor.adapters.opml import read_opml, write_opml
from monitor.cli import output
from monitor.cli.options import CONFIG, ConfigOption, JsonOption
from monitor.cli.session import read_config, working_house
from monitor.config import Config
from monitor.config.values import address_key, duration_text, web_address
from monitor.domain.feed import FeedSource
from monitor.errors import InputError
from monitor.house import House

FEED_COLUMNS = (
    "id",
    "name",
    "state",
    "reason",
    "last_ok_at",
    "next_poll_at",
    "interval",
    "push",
    "items_a_day",
    "hit_share",
    "url",
)
CHECK_COLUMNS = ("answer", "items", "newest", "seconds", "name", "url", "error")
MAX_OPML_BYTES = 10_000_000
_MINUTE = 60

app = typer.Typer(no_args_is_help=True, help="Feeds and their health; add, remove, import, export and check them.")


@app.command("list")
def list_feeds(as_json: JsonOption = False, config: ConfigOption = CONFIG) -> None:
    """List the feeds: state, reason, last success, next poll, interval, push by a hub, items a day, share of hits."""
    with working_house(config) as house:
        _sync(house)
        now = house.clock.now()
        told = house.subscriptions.told(now)
        unreachable = None if house.config.web.public_url else "no_public_url"
        rows = [
            row
            | {
                "interval": _interval(row["interval_s"]),
                "push": (unreachable or told[row["id"]]) if row["id"] in told else None,
            }
            for row in house.records.feeds(now)
        ]
        output.emit(rows, FEED_COLUMNS, as_json=as_json, empty="no feeds; add one with feeds add URL")


@app.command()
def add(
    url: Annotated[str, typer.Argument(help="Address of the feed.")],
    name: Annotated[str, typer.Option("--name", help="What to call it.")] = "",
    tag: Annotated[list[str] | None, typer.Option("--tag", help="A tag; may be repeated.")] = None,
    config: ConfigOption = CONFIG,
) -> None:
    """Add a feed to the config file; a running service takes it over by itself."""
    loaded = read_config(config)
    try:
        web_address(url)
    except ValueError as fault:
        raise InputError(f"feed {url}: {fault}") from fault
    if address_key(url) in _keys(loaded):
        raise InputError(f"feed {url}: the config has it already; `monitor feeds list` shows it")
    add_feeds(config, [{"url": url, "name": name, "tags": tag}], os.environ)
    output.say(f"added {url} to {config}")


@app.command()
def remove(
    feed: Annotated[str, typer.Argument(metavar="FEED", help="Id, name or address of the feed.")],
    config: ConfigOption = CONFIG,
) -> None:
    """Take a feed out of the config file; what it brought stays stored."""
    with working_house(config) as house:
        _sync(house)
        url = _url_of(house, feed)
    if not remove_feed(config, url, os.environ):
        raise InputError(f"{url}: not listed in {config} itself; take it out of the OPML file that the config names")
    output.say(f"removed {url} from {config}")


@app.command("import")
def import_opml(
    opml: Annotated[Path, typer.Argument(metavar="OPML", help="The OPML file.")],
    config: ConfigOption = CONFIG,
) -> None:
    """Add the feeds of an OPML file to the config file; those it has already are left as they are."""
    try:
        with opml.open("rb") as stream:
            body = stream.read(MAX_OPML_BYTES + 1)
    except OSError as error:
        raise InputError(f"{opml}: cannot be read ({error.strerror}); name an OPML file") from error
    if len(body) > MAX_OPML_BYTES:
        raise InputError(f"{opml}: larger than {MAX_OPML_BYTES // 1_000_000} MB; split it")
    loaded = read_config(config)
    found = read_opml(body, str(opml))
    feeds = {address_key(source.url): source for source in reversed(found.feeds)}
    new = {key: feeds[key] for key in reversed(feeds) if key not in _keys(loaded)}
    if new:
        entries = [{"url": one.url, "name": one.name, "tags": list(one.tags)} for one in new.values()]
        add_feeds(config, entries, os.environ)
    output.say(f"{len(new)} feeds added to {config}, {len(found.feeds) - len(new)} were there already")
    if found.others:
        output.complain(f"warning: {opml}: {found.others} entries left out, whose address is not http or https")


@app.command("export")
def export_opml(config: ConfigOption = CONFIG) -> None:
    """Write the configured feeds to stdout as OPML."""
    sys.stdout.buffer.write(write_opml(read_config(config).feed_sources()))


@app.command()
def check(
    feeds: Annotated[list[str] | None, typer.Argument(metavar="[FEED]...", help="Addresses or names.")] = None,
    as_json: JsonOption = False,
    config: ConfigOption = CONFIG,
) -> None:
    """Fetch and parse feeds now, without storing anything, and tell which answer with how many items."""
    from monitor.feedcheck import check_feeds  # noqa: PLC0415  # slow to import, and the other commands do without

    loaded = read_config(config)
    sources = _chosen(loaded, feeds or [])
    with output.progress() as progress:
        checks = asyncio.run(check_feeds(loaded, sources, progress))
    rows = [
        {
            "answer": check.answer, "items": check.items, "newest": check.newest, "seconds": round(check.seconds, 2),
            "name": check.source.name, "url": check.source.url, "error": check.error,
        }
        for check in checks
    ]  # fmt: skip
    output.emit(rows, CHECK_COLUMNS, as_json=as_json, empty="no feeds; add one with feeds add URL")
    broken = sum(check.error is not None for check in checks)
    output.complain(f"{len(checks) - broken} of {len(checks)} feeds answer")
    if broken:
        raise typer.Exit(1)


def _sync(house: House) -> None:
    house.store.sync_feeds(house.config.feed_sources(), house.clock.now())


def _interval(seconds: float | None) -> str | None:
    """In whole minutes, or seconds below one; None before the first poll."""
    if seconds is None:
        return None
    return duration_text(timedelta(minutes=round(seconds / 60)) if seconds >= _MINUTE else timedelta(seconds=seconds))


def _keys(config: Config) -> set[str]:
    return {address_key(source.url) for source in config.feed_sources()}


def _url_of(house: House, wanted: str) -> str:
    for row in house.records.feeds(house.clock.now()):
        if wanted in {str(row["id"]), row["name"], row["url"]} and row["state"] != "removed":
            return str(row["url"])
    raise InputError(f"no feed {wanted}; `monitor feeds list` shows them with their ids")


def _chosen(config: Config, wanted: list[str]) -> list[FeedSource]:
    sources = {key: source for source in config.feed_sources() for key in (source.url, source.name) if key}
    if not wanted:
        return list(config.feed_sources())
    return [sources.get(one) or _ad_hoc(one) for one in wanted]


def _ad_hoc(wanted: str) -> FeedSource:
    if not wanted.startswith(("http://", "https://")):
        raise InputError(f"no feed {wanted} in the config; give its name, or an address that begins with https://")
    return FeedSource(wanted)
