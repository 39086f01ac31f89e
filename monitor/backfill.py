"""Archives into the database: what workers do with a chunk, and the wiring around it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from monitor.adapters.archive import FsspecArchive
from monitor.adapters.archives import SqliteArchives
from monitor.adapters.classify import ModelScorer
from monitor.adapters.compact import compact
from monitor.adapters.countries import CldrGeographer
from monitor.adapters.engine import Engine, seldom
from monitor.adapters.entries import documents_of, entries_in
from monitor.adapters.termweights import TermWeights
from monitor.adapters.workermodel import NoModel, WorkModel, held, run_with_model
from monitor.app import policy_of
from monitor.domain.archive import Capture, JsonLine, Outlet, Raw, Row
from monitor.domain.score import Score
from monitor.house import House
from monitor.pipeline import BackfillParts, BackfillSummary, Step, backfill
from monitor.pipeline.settling import scored
from monitor.ports import Prepared, ScoredDocument, ScoredItem

compact(JsonLine, Row, Capture, Outlet, ScoredDocument, ScoredItem, Score)

LIMIT = 20.0
LIMIT_PER_RECORD = 0.2
"""Seconds that reading and scoring may take; a record takes a millisecond, a web page a few dozen."""


HELD = 64_000_000
"""Bytes of the database kept in memory: an archive tells of many outlets, whose places in its indexes are far apart."""


@dataclass(frozen=True, slots=True)
class Work:
    """What workers need beside the records and the model.

    Attributes:
        archive: what an outlet is called where a record names none.
        now: stands in where a record has no date.
    """

    thresholds: Mapping[str, float]
    archive: str
    now: datetime


def prepare(records: Sequence[Raw], work: Work, model: WorkModel) -> Prepared | NoModel:
    """Read and score records; what workers run."""
    scorer = held(model)
    if isinstance(scorer, NoModel):
        return scorer
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


class EnginePreparer:
    """Implements `ports.Preparer`.

    Args:
        engine: runs the work; it is not closed here.
        work: what workers need.
        scorer: the model, which is sent to them.
    """

    def __init__(self, engine: Engine, work: Work, scorer: ModelScorer) -> None:
        self._engine = engine
        self._work = work
        self._scorer = scorer

    @property
    def width(self) -> int:
        """How many chunks are worked on side by side."""
        return self._engine.width

    async def prepare(self, records: Sequence[Raw]) -> Prepared:
        """Read and score records in a worker."""
        limit = LIMIT + LIMIT_PER_RECORD * len(records)
        return await run_with_model(self._engine, prepare, records, self._work, scorer=self._scorer, timeout=limit)


async def run(
    house: House,
    engine: Engine,
    scorer: ModelScorer,
    address: str,
    tell: Callable[[Step], None],
    *,
    alert: bool = False,
) -> BackfillSummary:
    """Score one archive into the database.

    Args:
        house: whose database and model.
        engine: with workers of this machine, or a cluster's.
        scorer: the model in use, which workers are sent.
        address: path or URL of the archive.
        tell: called after each chunk.
        alert: plan alerts as a poll does; without, there are none.

    Raises:
        InputError: the archive cannot be read to its end.
        StorageError, EngineError, ModelError: the work cannot go on; what is stored stays.
    """
    seldom()
    house.database.hold(HELD)
    archive, clock, policy = FsspecArchive(address), house.clock, policy_of(house.config)
    work = Work(
        thresholds=dict(policy.thresholds),
        archive=archive.name.rpartition("/")[2],
        now=clock.now(),
    )
    parts = BackfillParts(
        EnginePreparer(engine, work, scorer),
        SqliteArchives(house.database, house.store),
        clock,
        TermWeights(scorer, CldrGeographer()),
    )
    return await backfill(parts, policy if alert else replace(policy, channels={}), archive, tell)
