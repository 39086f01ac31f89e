"""Archives into the database: what workers do with a chunk, and the wiring around it."""

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from monitor.adapters.archive import FsspecArchive
from monitor.adapters.archives import SqliteArchives
from monitor.adapters.classify import ModelScorer
from monitor.adapters.countries import CldrGeographer
from monitor.adapters.engine import Engine, LocalEngine
from monitor.adapters.entries import documents_of, entries_in
from monitor.adapters.termweights import TermWeights
from monitor.app import policy_of
from monitor.domain.archive import Raw
from monitor.errors import ModelError
from monitor.house import House
from monitor.pipeline import BackfillParts, BackfillSummary, Step, backfill
from monitor.pipeline.settling import scored
from monitor.ports import Prepared, ScoredDocument

LIMIT = 20.0
LIMIT_PER_RECORD = 0.2
"""Seconds that reading and scoring may take; a record takes a millisecond, a web page a few dozen."""

_loaded: dict[str, ModelScorer] = {}
"""The model of this worker process, by id."""


@dataclass(frozen=True, slots=True)
class Work:
    """What workers need beside the records.

    Attributes:
        model_id: which model scores.
        model: where it lies, for workers of this machine.
        files: what lies there, by name, for workers that have no model yet and cannot look; None otherwise.
        archive: what an outlet is called where a record names none.
        now: stands in where a record has no date.
    """

    model_id: str
    model: Path | None
    thresholds: Mapping[str, float]
    archive: str
    now: datetime
    files: Mapping[str, bytes] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class NoModel:
    """What a worker answers that has no model: it was not given one yet, or (`why`) the one there cannot be used."""

    why: str = ""


def prepare(records: Sequence[Raw], work: Work) -> Prepared | NoModel:
    """Read and score records; what workers run. The model is loaded once a process and checked by its checksums."""
    try:
        scorer = _scorer(work)
    except ModelError as error:
        return NoModel(str(error))
    if scorer is None:
        return NoModel()
    documents, faults = documents_of(records, work.archive, work.now)
    entries = iter(scored(scorer, CldrGeographer(), work.thresholds, entries_in(documents)))
    return Prepared(
        documents=tuple(
            ScoredDocument(
                one.outlet,
                items=tuple(next(entries) for _ in one.entries),
                times=tuple(entry.at for entry in one.entries),
            )
            for one in documents
        ),
        faults=tuple(faults),
    )


def _scorer(work: Work) -> ModelScorer | None:
    if work.model_id not in _loaded:
        if work.model is not None:
            found = ModelScorer.load(work.model)
        elif work.files is not None:
            found = _unpacked(work.files)
        else:
            return None
        if found.model_id != work.model_id:
            raise ModelError(f"model {found.model_id} stands where {work.model_id} should; train again")
        _loaded.clear()
        _loaded[work.model_id] = found
    return _loaded[work.model_id]


def _unpacked(files: Mapping[str, bytes]) -> ModelScorer:
    with tempfile.TemporaryDirectory() as folder:
        for name, content in files.items():
            (Path(folder) / name).write_bytes(content)
        return ModelScorer.load(Path(folder))


class EnginePreparer:
    """Implements `ports.Preparer`.

    Args:
        engine: runs the work; it is not closed here.
        work: what workers need.
        model: the folder of the model, here.
    """

    def __init__(self, engine: Engine, work: Work, model: Path) -> None:
        self._engine = engine
        self._work = work
        self._model = model

    @property
    def width(self) -> int:
        """How many chunks are worked on side by side."""
        return self._engine.width

    async def prepare(self, records: Sequence[Raw]) -> Prepared:
        """Read and score records in a worker."""
        limit = LIMIT + LIMIT_PER_RECORD * len(records)
        prepared = await self._engine.run(prepare, records, self._work, timeout=limit)
        if prepared == NoModel():
            work = replace(self._work, files={path.name: path.read_bytes() for path in sorted(self._model.iterdir())})
            prepared = await self._engine.run(prepare, records, work, timeout=limit)
        if isinstance(prepared, NoModel):
            raise ModelError(f"a worker cannot score: {prepared.why or 'it was given no model'}")
        return prepared


async def run(
    house: House,
    engine: Engine,
    model_id: str,
    address: str,
    tell: Callable[[Step], None],
    *,
    alert: bool = False,
) -> BackfillSummary:
    """Score one archive into the database.

    Args:
        house: whose database and model.
        engine: with workers of this machine, or a cluster's, which are sent the model.
        model_id: of the model in use.
        address: path or URL of the archive.
        tell: called after each chunk.
        alert: plan alerts as a poll does; without, there are none.

    Raises:
        InputError: the archive cannot be read to its end.
        StorageError, EngineError, ModelError: the work cannot go on; what is stored stays.
    """
    archive, clock, policy = FsspecArchive(address), house.clock, policy_of(house.config)
    folder = house.config.models / model_id
    work = Work(
        model_id=model_id,
        model=folder if isinstance(engine, LocalEngine) else None,
        thresholds=dict(policy.thresholds),
        archive=archive.name.rpartition("/")[2],
        now=clock.now(),
    )
    parts = BackfillParts(
        EnginePreparer(engine, work, folder),
        SqliteArchives(house.database, house.store),
        clock,
        TermWeights(house.config.seeds, CldrGeographer()),
    )
    return await backfill(parts, policy if alert else replace(policy, channels={}), archive, tell)
