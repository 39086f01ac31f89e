"""When the clock can be trusted with deleting, judged by what happened before."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.forgetting import GAP, HELD, Doubt, Reason, doubt

NOW = datetime(2026, 11, 23, 8, 40, tzinfo=UTC)
DAY = timedelta(days=1)
KEPT = 180 * DAY


def days_ago(*days: float) -> list[datetime]:
    return [NOW - day * DAY for day in days]


def test_a_service_that_runs_without_a_break_is_not_doubted() -> None:
    """Neither is one that was off over a weekend, nor one that is new, nor one that never ran."""
    assert doubt(NOW, days_ago(*range(30)), KEPT) is None
    assert doubt(NOW, days_ago(0, 1, 3.5, 5, 6, 7), KEPT) is None
    assert doubt(NOW, days_ago(0, 0.5), KEPT) is None
    assert doubt(NOW, [], KEPT) is None


@pytest.mark.parametrize("leap", [4, 30, 700, 36_000])
def test_a_clock_that_jumps_ahead_is_doubted(leap: float) -> None:
    """At once, and after polls have stamped the new time, until that has held for a week."""
    (before,) = days_ago(leap)
    earlier = [before - day * DAY for day in range(9)]
    assert doubt(NOW, earlier, KEPT) == Doubt(Reason.CLOCK_AHEAD, before, NOW)
    later = NOW + 2 * DAY
    assert doubt(later, [*earlier, NOW, NOW + DAY], KEPT) == Doubt(Reason.TIME_IS_NEW, before, NOW)
    held = [NOW + day * DAY for day in range(8)]
    assert doubt(NOW + HELD, [*earlier, *held], KEPT) is None
    assert Doubt(Reason.TIME_IS_NEW, before, NOW).ends_at == NOW + HELD


def test_a_clock_set_right_again_is_trusted_at_once() -> None:
    """What was stamped meanwhile lies ahead, and says nothing."""
    ahead = [NOW + 700 * DAY, NOW + 701 * DAY]
    assert doubt(NOW, [*ahead, *days_ago(*range(1, 9))], KEPT) is None


def test_a_clock_set_back_before_everything_is_no_danger() -> None:
    """Nothing is old then."""
    assert doubt(NOW, [NOW + 20_000 * DAY], KEPT) is None


def test_where_little_is_kept_a_short_leap_is_much() -> None:
    """A leap of half the retention is doubted."""
    assert doubt(NOW, days_ago(0.6, 1, 2), DAY) == Doubt(Reason.CLOCK_AHEAD, NOW - 0.6 * DAY, NOW)
    assert doubt(NOW, days_ago(0.4, 0.8, 1.2), DAY) is None


@given(st.lists(st.floats(0, 40), max_size=40), st.floats(0, 400))
def test_no_more_than_a_gap_is_lost(ages: list[float], leap: float) -> None:
    """Whatever happened before: the moment a clock jumps, it is trusted only where the jump is within a gap."""
    jumped = NOW + leap * DAY
    moments = [NOW, *days_ago(*ages)]
    if doubt(jumped, moments, KEPT) is None:
        assert jumped - NOW <= GAP
