"""`monitor backfill`: archives into the database."""

import asyncio
import signal
import time
from collections.abc import Sequence
from dataclasses import asdict
from enum import StrEnum
from typing import Annotated

import typer

from monitor import backfill as backfilling
from monitor import models
from monitor.adapters.archive import public_name
from monitor.adapters.classify import ModelScorer
from monitor.adapters.cluster import DaskEngine
from monitor.adapters.engine import Engine, LocalEngine
from monitor.adapters.hatching import ARCHIVES
from monitor.app import engine_of
from monitor.cli import output
from monitor.cli.options import CONFIG, ConfigOption, JsonOption
from monitor.cli.refusals import Refusals
from monitor.cli.session import working_house
from monitor.errors import InputError, MonitorError
from monitor.house import House
from monitor.pipeline import BackfillSummary, Step
from monitor.ports import Progress

_STOPPING = (signal.SIGINT, signal.SIGTERM)


class EngineKind(StrEnum):
    """Where the work is done."""

    LOCAL = "local"
    DASK = "dask"


def backfill(
    addresses: Annotated[list[str], typer.Argument(metavar="PATH|URL…", help="JSON lines, CSV or WARC; may be gzip.")],
    engine: Annotated[EngineKind | None, typer.Option("--engine", help="Instead of the config's engine.")] = None,
    workers: Annotated[
        int | None, typer.Option("--workers", min=1, max=64, help="Processes of the local engine; one a core, up to 4.")
    ] = None,
    alert: Annotated[bool, typer.Option("--alert", help="Plan alerts too, as a poll does: for news of today.")] = False,
    as_json: JsonOption = False,
    config: ConfigOption = CONFIG,
) -> None:
    """Score archives into the database: JSON lines, CSV or WARC, by path or URL.

    A run that was stopped goes on where it was; what is stored already is not stored twice. Bad records are told with
    file and line, and the rest goes on; the exit code is 1 then.
    """
    refusals = Refusals()
    with working_house(config) as house, output.reading() as bar:
        scorer = models.required(house)
        chosen = engine_of(house.config, engine.value if engine else None, workers, ARCHIVES)
        run = _Run(house, scorer, refusals, bar, alert=alert, as_json=as_json)
        asyncio.run(run.over(addresses, chosen))
    refusals.end()


class _Run:
    """One call of the command, over all its archives."""

    def __init__(
        self, house: House, scorer: ModelScorer, refusals: Refusals, bar: Progress, *, alert: bool, as_json: bool
    ) -> None:
        self._house = house
        self._scorer = scorer
        self._refusals = refusals
        self._bar = bar
        self._alert = alert
        self._as_json = as_json
        self._reading = ""

    async def over(self, addresses: Sequence[str], engine: LocalEngine | DaskEngine) -> None:
        """One archive after the other; SIGINT and SIGTERM end the run between two chunks."""
        loop = asyncio.get_running_loop()
        if this := asyncio.current_task():
            for number in _STOPPING:
                loop.add_signal_handler(number, this.cancel)
        try:
            async with engine:
                for address in addresses:
                    await self._one(address, engine)
        except asyncio.CancelledError:
            for number in _STOPPING:  # an archive far away may hang: a second signal ends it at once
                loop.remove_signal_handler(number)
            raise MonitorError(
                f"{self._reading}: stopped; what was stored stays, and the same command goes on from there"
            ) from None

    async def _one(self, address: str, engine: Engine) -> None:
        self._reading = name = public_name(address)
        began = time.monotonic()
        total = BackfillSummary()

        def tell(step: Step) -> None:
            nonlocal total
            if not total.records and step.chunk.before.records:
                output.complain(f"{name}: {step.chunk.before.records} records are stored; going on from there")
            total = step.total
            rate = total.records / max(time.monotonic() - began, 1e-9)
            self._bar(f"{name}: {total.records} records, {rate:.0f} a second", step.chunk.position, step.chunk.size)
            for fault in step.faults:
                self._refusals.add(f"{name}:{fault.place}: {fault.message}", 1)

        try:
            await backfilling.run(self._house, engine, self._scorer, address, tell, alert=self._alert)
        except InputError as error:
            self._refusals.add(str(error), error.exit_code)
            if not total.records:
                return
        self._summary(name, total, time.monotonic() - began)

    def _summary(self, name: str, total: BackfillSummary, seconds: float) -> None:
        if self._as_json:
            output.emit_json({"archive": name} | asdict(total) | {"seconds": round(seconds, 3)})
            return
        output.say(
            f"{name}: {total.records} records in {seconds:.1f} s ({total.records / seconds:.0f} a second); "
            f"{total.new_items} new items, {total.known_items} known, {total.bad} bad, "
            f"{total.hits} hits, {total.stories} new stories"
            + (f", {total.alerts} alerts pending" if self._alert else "")
        )
