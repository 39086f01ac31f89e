"""Pruning by a clock that may be wrong: nothing is lost by it, and nothing stays for ever."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from monitor.adapters.upkeep import Pruned
from monitor.config import load
from monitor.config.model import Retention
from monitor.domain.forgetting import HELD, Doubt, Reason
from monitor.forgetting import forget, forget_daily, told
from monitor.house import House, open_house
from monitor.ports import PollResult
from tests.adapters.storage import DAY, NOW, Stores, item, scored, update
from tests.fakes import FakeClock

KEPT = Retention(items=180 * DAY, hits=None)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NOW)


@pytest.fixture
def house(tmp_path: Path, clock: FakeClock) -> Iterator[House]:
    """A house in which the fake clock hangs."""
    path = tmp_path / "config.yaml"
    path.write_text("feeds: [https://news.example/feed]\n", encoding="utf-8")
    with open_house(load(path, {})) as house:
        yield replace(house, clock=clock)


def live(house: House, clock: FakeClock, days: int) -> None:
    """So many days of service: a poll a day, with one new item, which the next does not list any more."""
    stores = Stores(house.store, house.outbox)
    feed = stores.feed()
    for _ in range(days):
        now = clock.now()
        entry = item(f"{now:%F}")
        result = PollResult(update(feed, polled_at=now), items=(scored(entry, score=0.0),), seen=entry.identity.keys())
        run = house.journal.start_run(now)
        house.store.record(result)
        house.journal.finish_run(run, {}, now)
        clock.advance(timedelta(days=1))


def stored(house: House) -> int:
    return int(house.database.value("SELECT count(*) FROM items"))


def test_a_clock_that_jumps_ahead_costs_nothing(house: House, clock: FakeClock) -> None:
    """Nothing is pruned at once, nor after polls by the wrong clock; set right, it prunes as ever."""
    live(house, clock, 10)
    right = clock.time
    clock.advance(365 * DAY)
    before = forget(house, KEPT)
    assert isinstance(before, Doubt)
    assert before.reason is Reason.CLOCK_AHEAD
    live(house, clock, 5)
    after = forget(house, KEPT)
    assert isinstance(after, Doubt)
    assert after.reason is Reason.TIME_IS_NEW
    assert stored(house) == 15
    clock.time = right
    assert forget(house, KEPT) == Pruned()


def test_a_service_that_was_off_for_months_prunes_again_by_itself(house: House, clock: FakeClock) -> None:
    """A week after it was started, or at once where somebody says that the clock is right."""
    live(house, clock, 10)
    clock.advance(365 * DAY)
    started = clock.now()
    live(house, clock, 6)
    assert isinstance(forget(house, KEPT), Doubt)
    live(house, clock, 2)
    assert clock.now() - started > HELD
    pruned = forget(house, KEPT)
    assert isinstance(pruned, Pruned)
    assert (pruned.items, stored(house)) == (10, 8)


def test_who_trusts_the_clock_is_obeyed(house: House, clock: FakeClock) -> None:
    """An operator who has looked at the clock need not wait."""
    live(house, clock, 10)
    clock.advance(365 * DAY)
    live(house, clock, 1)
    assert isinstance(forget(house, KEPT), Doubt)
    pruned = forget(house, KEPT, trusted=True)
    assert isinstance(pruned, Pruned)
    assert pruned.items == 10


def test_what_was_stored_by_a_clock_ahead_is_forgotten_in_its_turn(house: House, clock: FakeClock) -> None:
    """Its stamp lies years ahead, but it is older than what was stored after it."""
    live(house, clock, 5)
    right = clock.time
    clock.advance(3650 * DAY)
    live(house, clock, 2)
    clock.time = right
    live(house, clock, 200)
    forget(house, KEPT)
    kept = [row["first_seen_at"] for row in house.database.rows("SELECT first_seen_at FROM items")]
    assert len(kept) == 180
    assert max(kept) < "2028"


def test_a_clock_set_back_loses_nothing(house: House, clock: FakeClock) -> None:
    """By a clock that shows years ago everything lies ahead; what it stamped is not old once the clock is right."""
    live(house, clock, 100)
    right = clock.time
    clock.time = NOW - 5000 * DAY
    live(house, clock, 3)
    assert forget(house, KEPT) == Pruned()
    clock.time = right
    live(house, clock, 1)
    assert isinstance(forget(house, KEPT), Pruned)
    assert stored(house) == 104
    live(house, clock, 300)
    forget(house, KEPT)
    assert stored(house) == 180


def test_the_refusal_names_reason_times_and_way_out(house: House, clock: FakeClock) -> None:
    """One line for whoever reads the log at night."""
    live(house, clock, 1)
    clock.time = NOW + 10 * DAY
    found = forget(house, KEPT)
    assert isinstance(found, Doubt)
    line = told(found)
    assert line.startswith("nothing pruned (clock_ahead): nothing happened from 2026-11-23 08:40Z to 2026-12-03 08:40Z")
    assert "from 2026-12-10 on" in line
    assert "monitor db prune --trust-clock" in line
    assert "\n" not in line


def test_the_service_says_daily_what_became_of_it(
    house: House, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    """One line: a warning where nothing was pruned, else the figures."""
    caplog.set_level("INFO", "monitor.forgetting")
    live(house, clock, 2)
    forget_daily(house, KEPT)
    clock.advance(30 * DAY)
    forget_daily(house, KEPT)
    assert [(one.levelname, one.getMessage()[:33]) for one in caplog.records] == [
        ("INFO", "pruned 0 items, 0 hits, 0 stories"),
        ("WARNING", "nothing pruned (clock_ahead): not"),
    ]
