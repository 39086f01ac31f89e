"""The life of models: trained, kept, compared, activated, rolled back; one is in use."""

import asyncio
import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from classifiers.sentinels import worse as sentinels_worse
from monitor.adapters import training
from monitor.adapters.classify import ModelScorer
from monitor.adapters.engine import LocalEngine
from monitor.adapters.ordinary import OrdinaryItems
from monitor.adapters.training import Verdict
from monitor.app import House
from monitor.errors import InputError, ModelError, WorkerCrashError, WorkerTimeoutError
from monitor.ports import Progress

log = logging.getLogger(__name__)

TOLERANCE = 0.02
"""Cross-validated average precision may fall by so much: other seeds are drawn into other folds."""

OWN_ITEMS = 30_000
"""Stored items that training reads as ordinary news, spread evenly over those kept: some ten seconds' work."""

TRAINING_LIMIT = 900.0
"""Seconds; training takes less than one minute on two cores."""

TRAINING_MEMORY = 8 << 30

SHIPPED_MODEL = "MONITOR_SHIPPED_MODEL"
"""Environment variable that names a model trained when the container image was built."""


@dataclass(frozen=True, slots=True)
class Trained:
    """A freshly trained model beside the one in use before.

    Attributes:
        worse: why it is worse than the one in use; None where it is not.
        activated: whether it is in use now.
    """

    scorer: ModelScorer
    previous: ModelScorer | None
    worse: str | None
    activated: bool


def active(house: House) -> ModelScorer | None:
    """The model in use, None before the first. Raises ModelError where it cannot be loaded."""
    version = house.journal.active_model()
    return ModelScorer.load(_path(house, version.path)) if version else None


def required(house: House) -> ModelScorer:
    """The model in use, else the one shipped with a container image. Raises ModelError where there is neither."""
    scorer = _found(house)
    if scorer is None:
        raise ModelError("no model yet; run `monitor train`, which takes about a minute")
    return scorer


async def ready(house: House) -> ModelScorer:
    """As `required`, but where there is none yet a model is trained now, in a process that can be stopped."""
    scorer = await asyncio.to_thread(_found, house)
    if scorer is None:
        log.info("no model yet: training one from the seeds, about a minute")
        scorer = await asyncio.to_thread(_take, house, await _fit_aside(house))
    return scorer


def train(house: House, *, force: bool = False, progress: Progress | None = None) -> Trained:
    """Fit a model from seeds and verdicts, keep it, and activate it unless it is worse than the one in use.

    Raises:
        InputError: a seed cannot be read, or a signal has too few.
    """
    own = OrdinaryItems(house.database).read(OWN_ITEMS)
    manifest = training.fit(
        house.config.seeds, verdicts(house), house.config.models, progress, own, house.config.thresholds()
    )
    scorer = ModelScorer.load(house.config.models / manifest.model_id)
    _register(house, scorer)
    previous = _usable(house)
    fault = worse(previous, scorer, house.config.thresholds()) if previous else None
    activated = force or fault is None
    if activated:
        house.journal.activate_model(scorer.model_id, house.clock.now(), forced=fault is not None)
    return Trained(scorer, previous, fault, activated)


def worse(old: ModelScorer, new: ModelScorer, thresholds: Mapping[str, float]) -> str | None:
    """Why `new` should not replace `old`; None where nothing speaks against it.

    By their cross-validated figures, and by the sentinels at the thresholds in force. A signal without a threshold is
    not watched, and not asked for.
    """
    for signal in (name for name in old.signals if name in thresholds):
        if signal not in new.signals:
            return f"it does not know {signal} any more"
        was = old.manifest.reports[signal].average_precision
        now = new.manifest.reports[signal].average_precision
        if now < was - TOLERANCE:
            return f"average precision for {signal} falls from {was:.3f} to {now:.3f}"
    before, after = old.examine(thresholds), new.examine(thresholds)
    return sentinels_worse([outcome for outcome in before if outcome.signal in thresholds], after)


@dataclass(frozen=True, slots=True)
class Activated:
    """A model put in use by hand; `worse` says why it is worse than the one before, None where it is not."""

    scorer: ModelScorer
    worse: str | None


def activate(house: House, model_id: str) -> Activated:
    """Use a kept model, also a worse one: who names a model means it.

    Raises:
        InputError: no such model.
        ModelError: it cannot be loaded.
    """
    known = {version.id: version for version in house.journal.list_models()}
    if model_id not in known:
        raise InputError(f"no model {model_id}; `monitor models list` shows all")
    scorer = ModelScorer.load(_path(house, known[model_id].path))
    previous = _usable(house)
    fault = worse(previous, scorer, house.config.thresholds()) if previous else None
    house.journal.activate_model(model_id, house.clock.now(), forced=fault is not None)
    return Activated(scorer, fault)


def rollback(house: House) -> Activated:
    """Use the model that was in use before. Raises InputError where there is none."""
    previous = house.journal.previous_model()
    if previous is None:
        raise InputError("no earlier model to go back to; `monitor models list` shows all")
    return activate(house, previous.id)


def earlier(house: House) -> ModelScorer | None:
    """The model that was in use before the active one; None where there is none that can be loaded."""
    version = house.journal.previous_model()
    try:
        return ModelScorer.load(_path(house, version.path)) if version else None
    except ModelError:
        return None


def reinstate(house: House, scorer: ModelScorer) -> None:
    """Make a registered model the active one again."""
    house.journal.activate_model(scorer.model_id, house.clock.now())


def verdicts(house: House) -> list[Verdict]:
    """What analysts said about items, as training wants it."""
    return [
        Verdict(row["title"], row["article"] or row["summary"], row["lang"], row["signal"], row["verdict"] == "yes")
        for row in house.records.verdicts()
    ]


async def _fit_aside(house: House) -> str:
    async with LocalEngine(1, memory=TRAINING_MEMORY) as engine:
        try:
            manifest = await engine.run(
                training.fit,
                house.config.seeds,
                verdicts(house),
                house.config.models,
                None,
                (),
                tuple(house.config.thresholds()),
                timeout=TRAINING_LIMIT,
            )
        except (WorkerCrashError, WorkerTimeoutError) as error:
            raise ModelError(f"training failed: {error}") from error
    return manifest.model_id


def _found(house: House) -> ModelScorer | None:
    return active(house) or _adopt_shipped(house)


def _take(house: House, model_id: str) -> ModelScorer:
    scorer = ModelScorer.load(house.config.models / model_id)
    _put_in_use(house, scorer)
    return scorer


def _adopt_shipped(house: House) -> ModelScorer | None:
    shipped = os.environ.get(SHIPPED_MODEL)
    if not shipped:
        return None
    scorer = ModelScorer.load(Path(shipped))
    scorer.save(house.config.models / scorer.model_id)
    _put_in_use(house, scorer)
    return scorer


def _put_in_use(house: House, scorer: ModelScorer) -> None:
    _register(house, scorer)
    house.journal.activate_model(scorer.model_id, house.clock.now())


def _register(house: House, scorer: ModelScorer) -> None:
    if all(version.id != scorer.model_id for version in house.journal.list_models()):
        house.journal.add_model(scorer.model_id, scorer.model_id, scorer.manifest.as_dict(), house.clock.now())


def _path(house: House, stored: str) -> Path:
    # Stored relative to the models folder, so that the folder can be moved.
    return house.config.models / stored


def _usable(house: House) -> ModelScorer | None:
    try:
        return active(house)
    except ModelError:
        return None  # nothing to compare with: any new model is better than one that cannot be loaded
