"""Keeps a model in the running service: follows the active one, tests it in this process, refuses a failing one."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from classifiers.sentinels import Outcome
from monitor import models
from monitor.adapters.classify import ModelScorer
from monitor.adapters.journal import ModelVersion
from monitor.app import House
from monitor.errors import MonitorError, StorageError

log = logging.getLogger(__name__)

FIRST_PAUSE = timedelta(minutes=1)
"""Before a model that could not be loaded or trained is tried again; doubled each time."""

LONGEST_PAUSE = timedelta(hours=1)

Tested = tuple[ModelScorer, tuple[Outcome, ...]]


class ModelKeeper:
    """The model in use, and what is known of it.

    Attributes:
        scorer: None until the first model is there.
        outcomes: how it did on the sentinels, in this process and at the thresholds in force.
        problem: why it is not the active one, in one line; None where it is.
    """

    def __init__(self, house: House) -> None:
        self.scorer: ModelScorer | None = None
        self.outcomes: tuple[Outcome, ...] = ()
        self.problem: str | None = None
        self._house = house
        self._thresholds: Mapping[str, float] = {}
        self._failed: tuple[str | None, datetime, timedelta] | None = None  # which, when to try again, pause after that

    async def follow(self, thresholds: Mapping[str, float]) -> None:
        """Take over the active model, trained or rolled back meanwhile; make one where there is none.

        Raises:
            StorageError: the database cannot be read.
        """
        active = await asyncio.to_thread(self._house.journal.active_model)
        wanted = active.id if active else None
        if self.scorer and self.scorer.model_id == wanted:
            if self._failed:
                self.problem = self._failed = None
            if thresholds != self._thresholds:
                self._use((self.scorer, await self._test(self.scorer, thresholds)), thresholds)
            return
        if self._failed and self._failed[0] == wanted and self._house.clock.now() < self._failed[1]:
            return
        try:
            await self._take_over(active, thresholds)
        except StorageError:
            raise
        except MonitorError as error:
            self._postpone(wanted, str(error))

    async def _take_over(self, active: ModelVersion | None, thresholds: Mapping[str, float]) -> None:
        fresh = await models.ready(self._house)
        outcomes = await self._test(fresh, thresholds)
        self._failed = None
        fault = "; ".join(str(outcome) for outcome in outcomes if outcome.failing)
        better = await self._better(thresholds) if fault and not (active and active.forced) else None
        if better is None:
            self.problem = None
            log.info("model %s in use", fresh.model_id)
            self._use((fresh, outcomes), thresholds)
            return
        await asyncio.to_thread(models.reinstate, self._house, better[0])
        self.problem = f"model {fresh.model_id} refused: {fault}; {better[0].model_id} stays in use"
        log.error("%s; see `monitor models list`", self.problem)
        self._use(better, thresholds)

    async def _better(self, thresholds: Mapping[str, float]) -> Tested | None:
        """The model in use, or after a start the one used before, if that passes; None where neither does."""
        known = self.scorer or await asyncio.to_thread(models.earlier, self._house)
        if known is None:
            return None
        outcomes = await self._test(known, thresholds)
        return None if any(outcome.failing for outcome in outcomes) else (known, outcomes)

    async def _test(self, scorer: ModelScorer, thresholds: Mapping[str, float]) -> tuple[Outcome, ...]:
        return await asyncio.to_thread(scorer.examine, thresholds)

    def _use(self, tested: Tested, thresholds: Mapping[str, float]) -> None:
        self.scorer, self.outcomes = tested
        self._thresholds = dict(thresholds)
        _tell(self.outcomes)
        if unknown := self.scorer.missing(thresholds):
            log.warning("the model does not know %s; run `monitor train` to watch for it", ", ".join(unknown))

    def _postpone(self, wanted: str | None, message: str) -> None:
        pause = self._failed[2] if self._failed and self._failed[0] == wanted else FIRST_PAUSE
        self._failed = wanted, self._house.clock.now() + pause, min(2 * pause, LONGEST_PAUSE)
        if message == self.problem:
            return  # told once; it may go on for days
        self.problem = message
        kept = f"model {self.scorer.model_id} stays in use" if self.scorer else "nothing is scored until it is"
        log.error("%s; %s; tried again in a minute, then less often", message, kept)


def _tell(outcomes: Sequence[Outcome]) -> None:
    for outcome in outcomes:
        if outcome.failing:
            log.error("the model is not to be relied on: %s; add seeds or lower the threshold, then train", outcome)
        else:
            log.info("sentinels: %s", outcome)
