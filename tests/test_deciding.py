"""Decisions come one after the other; those that wait share a transaction, and none pays for another's fault."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from monitor.adapters.database import Database, open_database
from monitor.errors import StorageError
from monitor.pipeline import Deciding

INSERT = "INSERT INTO models (id, path, created_at, manifest) VALUES (?, '', '', '{}')"


class Ledger:
    """A real database, and how many transactions it has seen through the front door."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.transactions = 0

    @contextmanager
    def transaction(self) -> Iterator[None]:
        self.transactions += 1
        with self.database.transaction():
            yield

    def write(self, name: str, fault: Exception | None = None) -> str:
        self.database.execute(INSERT, (name,))
        if fault:
            raise fault
        return name

    def stored(self) -> list[object]:
        return [row["id"] for row in self.database.rows("SELECT id FROM models ORDER BY rowid")]


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with open_database(tmp_path / "monitor.db") as database:
        yield Ledger(database)


async def turns(ledger: Ledger, *jobs: Callable[[], str]) -> list[str | BaseException]:
    deciding = Deciding(ledger.transaction)
    return await asyncio.gather(*map(deciding.turn, jobs), return_exceptions=True)


async def test_jobs_that_wait_share_a_transaction_and_keep_their_order(ledger: Ledger) -> None:
    names = [f"m{n}" for n in range(9)]
    assert await turns(ledger, *(partial(ledger.write, name) for name in names)) == names
    assert ledger.stored() == names
    assert ledger.transactions == 1


async def test_a_job_that_fails_costs_no_other(ledger: Ledger) -> None:
    """All are taken back, and each is done again by itself: what it stored before it failed is gone."""
    fault = ValueError("a bug")
    done = await turns(
        ledger, partial(ledger.write, "a"), partial(ledger.write, "b", fault), partial(ledger.write, "c")
    )
    assert done == ["a", fault, "c"]
    assert ledger.stored() == ["a", "c"]


async def test_a_job_that_fails_alone_leaves_nothing(ledger: Ledger) -> None:
    (answer,) = await turns(ledger, partial(ledger.write, "a", ValueError("a bug")))
    assert isinstance(answer, ValueError)
    assert ledger.stored() == []
    assert ledger.transactions == 1


async def test_where_nothing_can_be_stored_all_are_told(ledger: Ledger) -> None:
    """Trying each by itself would only meet the same full disk again."""
    full = StorageError("the disk is full")
    assert await turns(ledger, partial(ledger.write, "a"), partial(ledger.write, "b", full)) == [full, full]
    assert ledger.stored() == []
    assert ledger.transactions == 1


async def test_a_feed_has_one_lock(ledger: Ledger) -> None:
    deciding = Deciding(ledger.transaction)
    one = deciding.feed(1)
    assert deciding.feed(1) is one
    assert deciding.feed(2) is not one
