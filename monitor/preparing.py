"""What workers make of a chunk of an archive; apart from `backfill`, so that they need not import a whole service."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from monitor.adapters.classify import ModelScorer
from monitor.adapters.columns import filed
from monitor.adapters.compact import compact
from monitor.adapters.countries import CldrGeographer
from monitor.adapters.engine import Engine
from monitor.adapters.entries import documents_of, entries_in
from monitor.adapters.workermodel import NoModel, WorkModel, held, run_with_model
from monitor.domain.archive import Capture, JsonLine, Outlet, Raw, Row
from monitor.domain.score import Score
from monitor.pipeline.settling import scored
from monitor.ports import Filed, Geographer, ScoredItem, Scorer
from monitor.ports.archives import Prepared, ScoredDocument

compact(JsonLine, Row, Capture, Outlet, ScoredDocument, Filed, ScoredItem, Score)

LIMIT = 20.0
LIMIT_PER_RECORD = 0.01
LIMIT_PER_PAGE = 0.2
"""Seconds that reading and scoring may take; a record takes a millisecond at most, a web page a few dozen. Longer than
that, nobody notices workers that hang."""


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
    return scorer if isinstance(scorer, NoModel) else prepared(records, work, scorer, CldrGeographer())


def prepared(records: Sequence[Raw], work: Work, scorer: Scorer, geographer: Geographer) -> Prepared:
    """Records, read and scored, and made ready to be stored."""
    documents, faults = documents_of(records, work.archive, work.now)
    entries = iter(scored(scorer, geographer, work.thresholds, entries_in(documents)))
    return Prepared(
        documents=tuple(
            ScoredDocument(one.outlet, tuple(filed(next(entries), entry.at) for entry in one.entries))
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
        limit = LIMIT + sum(LIMIT_PER_PAGE if isinstance(one, Capture) else LIMIT_PER_RECORD for one in records)
        return await run_with_model(self._engine, prepare, records, self._work, scorer=self._scorer, timeout=limit)
