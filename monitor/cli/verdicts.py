"""What analysts say about hits: `monitor label`."""

from enum import StrEnum
from typing import Annotated

import typer

from monitor.cli import output
from monitor.cli.options import CONFIG, ConfigOption
from monitor.cli.session import existing_house
from monitor.labelling import record_verdict


class Answer(StrEnum):
    """A verdict."""

    YES = "yes"
    NO = "no"


def label(
    item: Annotated[int, typer.Argument(min=1, help="Id of the item, as `monitor hits` and the alert show it.")],
    signal: Annotated[str, typer.Argument(help="The signal.")],
    verdict: Annotated[Answer, typer.Argument(help="Is it one?")],
    config: ConfigOption = CONFIG,
) -> None:
    """Record a verdict; the next `monitor train` learns from it."""
    with existing_house(config) as house:
        record_verdict(house, item, signal, verdict is Answer.YES)
    output.say(f"item {item}: {signal} {verdict.value}")
