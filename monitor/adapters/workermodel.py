"""The model in worker processes: sent to each once, checked there, and kept."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

from monitor.adapters.classify import ModelScorer
from monitor.adapters.engine import Engine
from monitor.errors import ModelError

T = TypeVar("T")

_held: dict[str, ModelScorer] = {}
"""The model of this worker process, by id; one at a time."""


@dataclass(frozen=True, slots=True)
class WorkModel:
    """Which model a worker scores with.

    Attributes:
        files: what it consists of, by name, for a worker that has not got it; None while it may have it.
    """

    id: str
    files: Mapping[str, bytes] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class NoModel:
    """What a worker answers that has no model: it was not sent one yet, or (`why`) the one it got cannot be used."""

    why: str = ""


def held(model: WorkModel) -> ModelScorer | NoModel:
    """The model in this worker, which takes it over where it was sent; it is proved before it is used."""
    if model.id not in _held:
        if model.files is None:
            return NoModel()
        try:
            scorer = ModelScorer.unpack(model.files, model.id)
        except ModelError as error:
            return NoModel(str(error))
        if scorer.model_id != model.id:
            return NoModel(f"it was sent model {scorer.model_id} for {model.id}")
        _held.clear()
        _held[model.id] = scorer
    return _held[model.id]


async def run_with_model(
    engine: Engine,
    fn: Callable[..., T | NoModel],
    *args: object,
    scorer: ModelScorer,
    timeout: float,  # noqa: ASYNC109  # limits the work
) -> T:
    """Run `fn(*args, WorkModel)` in a worker; the model is sent where the worker has not got it.

    Raises:
        ModelError: the worker cannot use it.
        WorkerTimeoutError, WorkerCrashError, EngineError: as Engine.run.
    """
    model = WorkModel(scorer.model_id)
    answer = await engine.run(fn, *args, model, timeout=timeout)
    if answer == NoModel():
        answer = await engine.run(fn, *args, replace(model, files=scorer.files), timeout=timeout)
    if isinstance(answer, NoModel):
        raise ModelError(f"a worker cannot score: {answer.why or 'it was given no model'}")
    return answer
