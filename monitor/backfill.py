"""Archives into the database: the wiring around `pipeline.backfill`."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

from monitor.adapters.archive import FsspecArchive
from monitor.adapters.archives import SqliteArchives
from monitor.adapters.classify import ModelScorer
from monitor.adapters.countries import CldrGeographer
from monitor.adapters.engine import Engine, seldom
from monitor.adapters.termweights import TermWeights
from monitor.app import policy_of
from monitor.house import House
from monitor.pipeline import BackfillParts, BackfillSummary, Step, backfill
from monitor.preparing import EnginePreparer, Work

HELD = 64_000_000
"""Bytes of the database kept in memory: an archive tells of many outlets, whose places in its indexes are far apart."""


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
    archive, geographer, policy = FsspecArchive(address), CldrGeographer(), policy_of(house.config)
    work = Work(policy.thresholds, archive.name.rpartition("/")[2], house.clock.now())
    parts = BackfillParts(
        EnginePreparer(engine, work, scorer),
        SqliteArchives(house.database, house.store),
        house.clock,
        TermWeights(scorer, geographer),
    )
    names = asyncio.create_task(asyncio.to_thread(geographer.ready))  # the first hit needs it; nothing is stored yet
    try:
        return await backfill(parts, policy if alert else replace(policy, channels={}), archive, tell)
    finally:
        await names
