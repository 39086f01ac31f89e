"""`monitor alerts`: the list, the record of one, a test message, and another try for what could not be delivered."""

import asyncio
from typing import Annotated

import typer

from monitor.cli import dossier, output
from monitor.cli.options import (
    CONFIG,
    ConfigOption,
    CountryOption,
    JsonOption,
    LimitOption,
    QueryOption,
    SignalOption,
    SinceOption,
)
from monitor.cli.records import chosen, warn_of_signal
from monitor.cli.session import existing_house, read_config
from monitor.domain.alert import AlertState
from monitor.domain.message import note
from monitor.errors import DeliveryError, InputError
from monitor.ports import Notifier

ALERT_COLUMNS = ("id", "created_at", "channel", "state", "reason", "score", "confident", "title", "attempts", "error")

app = typer.Typer(
    help="List alerts with the reason for each; show what one rests on; test channels; retry what failed."
)

ChannelOption = Annotated[str | None, typer.Option("--channel", help="Only this channel.")]


@app.callback(invoke_without_command=True)
def alerts(
    context: typer.Context,
    since: SinceOption = None,
    signal: SignalOption = None,
    country: CountryOption = None,
    query: QueryOption = None,
    limit: LimitOption = 50,
    state: Annotated[AlertState | None, typer.Option("--state", help="Only alerts in this state.")] = None,
    channel: ChannelOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = CONFIG,
) -> None:
    """List alerts, newest first, also those decided against: each has its reason."""
    if context.invoked_subcommand is not None:
        return
    with existing_house(config) as house:
        warn_of_signal(house, signal)
        wanted = chosen(
            house.clock.now(), since, signal, country, query, limit, state=state and state.value, channel=channel
        )
        output.emit(house.records.alerts(wanted), ALERT_COLUMNS, as_json=as_json, empty="no such alerts")


@app.command("show")
def show(
    alert_id: Annotated[int, typer.Argument(metavar="ID", help="The alert's number.")],
    as_json: JsonOption = False,
    config: ConfigOption = CONFIG,
) -> None:
    """Print all that one alert rests on: story, items, scores, thresholds, model, config, deliveries, reasons."""
    with existing_house(config) as house:
        record = house.dossiers.alert(alert_id)
    if as_json:
        output.emit_json(record)
        return
    for line in dossier.lines(record):
        output.say(line)


@app.command("test")
def send_test(channel: ChannelOption = None, as_json: JsonOption = False, config: ConfigOption = CONFIG) -> None:
    """Send a test message to every channel, or to one, and say how each took it."""
    from monitor.app import notifier_for  # noqa: PLC0415  # slow to import, and the list does without

    loaded = read_config(config)
    names = _channels(tuple(loaded.channel_urls()), channel)
    notifier = notifier_for(loaded, console=output.CONSOLE_ON_STDERR if as_json else None)
    outcomes = asyncio.run(_send_tests(notifier, names))
    rows = [{"channel": name, "ok": error is None, "error": error} for name, error in outcomes.items()]
    output.emit(rows, ("channel", "ok", "error"), as_json=as_json, empty="no channels")
    if any(outcomes.values()):
        raise typer.Exit(1)


@app.command("retry")
def retry(channel: ChannelOption = None, as_json: JsonOption = False, config: ConfigOption = CONFIG) -> None:
    """Queue again what could not be delivered; the running service, or the next `monitor poll`, sends it."""
    with existing_house(config) as house:
        count = house.outbox.requeue_dead(house.clock.now(), channel)
    if as_json:
        output.emit_json({"requeued": count})
    else:
        output.say(f"{count} alerts queued again" if count else "no dead alerts")


def _channels(known: tuple[str, ...], wanted: str | None) -> tuple[str, ...]:
    if wanted is None:
        return known
    if wanted not in known:
        raise InputError(f"no channel {wanted} in the config; there are: {', '.join(known)}")
    return (wanted,)


async def _send_tests(notifier: Notifier, channels: tuple[str, ...]) -> dict[str, str | None]:
    message = note(
        "Test of the trafficking-recruitment alert monitor",
        ["This channel works: alerts will arrive here.", "Sent by monitor alerts test; no event is behind it."],
        key="test",
    )
    outcomes: dict[str, str | None] = {}
    for channel in channels:
        try:
            await notifier.send(channel, message)
        except DeliveryError as error:
            outcomes[channel] = str(error)
        else:
            outcomes[channel] = None
    return outcomes
