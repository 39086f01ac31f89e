"""Ordinary items of the stored stream, for training."""

from dataclasses import replace

import pytest

from monitor.adapters.database import Database
from monitor.adapters.journal import Journal
from monitor.adapters.ordinary import DOUBTFUL, OrdinaryItems
from monitor.adapters.outbox import SqliteOutbox
from monitor.adapters.store import SqliteStore
from monitor.ports import PollResult
from tests.adapters.storage import NOW, TRAFFICKING, Stores, item, scored, update


@pytest.fixture
def stores(database: Database) -> Stores:
    return Stores(SqliteStore(database), SqliteOutbox(database))


def test_reports_are_left_out(stores: Stores, database: Database) -> None:
    """Hits, what an analyst said yes to, and what scored high; also what has no known language to count it in."""
    stores.tell(stores.feed(), "A hit")
    unknown = replace(item("In no language"), lang=None)
    entries = (
        scored(item("Rain"), score=0.01),
        scored(item("Yes"), score=0.02),
        scored(item("No"), score=0.02),
        scored(item("Doubtful"), score=DOUBTFUL),
        scored(unknown, score=0.01),
    )
    stores.store.record(PollResult(update(stores.feed()), items=entries))
    ids = {row["title"]: row["id"] for row in database.rows("SELECT id, title FROM items")}
    for title in ("Yes", "No"):
        Journal(database).label(ids[title], TRAFFICKING, title == "Yes", NOW)
    assert [title for title, _, _ in OrdinaryItems(database).read(100)] == ["Rain", "No"]


def test_a_large_stream_is_sampled_evenly_and_always_alike(stores: Stores, database: Database) -> None:
    """About as many as asked for, from every part of the stream."""
    entries = tuple(scored(item(f"n{number}"), score=0.0) for number in range(5000))
    stores.store.record(PollResult(update(stores.feed()), items=entries))
    drawn = [title for title, _, _ in OrdinaryItems(database).read(500)]
    assert drawn == [title for title, _, _ in OrdinaryItems(database).read(500)]
    assert abs(len(drawn) - 500) <= 25
    tenths = [sum(1 for title in drawn if int(title[1:]) // 500 == part) for part in range(10)]
    assert max(tenths) - min(tenths) <= 10
    assert sum(1 for _ in OrdinaryItems(database).read(5000)) == 5000
