"""`monitor models`: the versions kept, and which of them is in use."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from monitor.adapters.journal import ModelVersion
from monitor.cli import output
from monitor.cli.options import CONFIG, ConfigOption, JsonOption
from monitor.cli.session import existing_house
from monitor.house import House

if TYPE_CHECKING:
    from monitor.models import Activated

app = typer.Typer(no_args_is_help=True, help="Model versions: list, activate, roll back.")


@app.command("list")
def list_models(as_json: JsonOption = False, config: ConfigOption = CONFIG) -> None:
    """List the model versions, newest first, with their cross-validated average precision."""
    with existing_house(config) as house:
        rows = [_model_row(version) for version in house.journal.list_models()]
    columns = ("id", "created_at", "active", "seeds", "verdicts", "average_precision")
    output.emit(rows, columns, as_json=as_json, empty="no models yet; run `monitor train`")


@app.command("activate")
def activate(
    model: Annotated[str, typer.Argument(metavar="ID", help="Id of the version.")], config: ConfigOption = CONFIG
) -> None:
    """Use a kept version; a running service takes it over by itself."""
    from monitor import models  # noqa: PLC0415  # loads the classifier, which the list does without

    _put_in_use(config, lambda house: models.activate(house, model))


@app.command("rollback")
def rollback(config: ConfigOption = CONFIG) -> None:
    """Use the version that was in use before."""
    from monitor import models  # noqa: PLC0415  # as above

    _put_in_use(config, models.rollback)


def _put_in_use(config: ConfigOption, act: "Callable[[House], Activated]") -> None:
    with existing_house(config) as house:
        activated = act(house)
    if activated.worse:
        output.complain(f"warning: worse than the one before: {activated.worse}")
    output.say(f"model {activated.scorer.model_id} is in use")


def _model_row(version: ModelVersion) -> dict[str, object]:
    manifest: Mapping[str, Any] = version.manifest
    return {
        "id": version.id,
        "created_at": version.created_at.isoformat(),
        "active": version.active,
        "seeds": manifest["seeds"],
        "verdicts": manifest["verdicts"],
        "average_precision": {signal: one["average_precision"] for signal, one in manifest["reports"].items()},
    }
