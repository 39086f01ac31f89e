"""A failed attempt waits longer each time, heeds the service, and gives up after about a day."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.alert import AlertState
from monitor.domain.delivery import (
    FIRST_DELAY,
    LONGEST_DELAY,
    MAX_ATTEMPTS,
    Attempt,
    PendingAlert,
    failed,
    succeeded,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def pending(attempts: int = 0) -> PendingAlert:
    return PendingAlert(5, "desk", "first_hit", "key", NOW, attempts, ())


def failing(
    attempts: int = 0, *, permanent: bool = False, retry_after: timedelta | None = None, jitter: float = 0.5
) -> Attempt:
    return failed(
        pending(attempts), "answered 500", permanent=permanent, retry_after=retry_after, now=NOW, jitter=jitter
    )


def test_taken_is_sent() -> None:
    assert succeeded(pending(), NOW) == Attempt(5, NOW, ok=True, error=None, state=AlertState.SENT, due_at=None)


def test_a_permanent_error_ends_it_at_once() -> None:
    attempt = failing(permanent=True, retry_after=timedelta(seconds=5))
    assert (attempt.state, attempt.due_at, attempt.error) == (AlertState.DEAD, None, "answered 500")


def test_waits_double_up_to_an_hour_and_end_after_about_a_day() -> None:
    waits = []
    for attempts in range(MAX_ATTEMPTS - 1):
        attempt = failing(attempts)
        assert attempt.state == AlertState.PENDING
        assert attempt.due_at is not None
        waits.append(attempt.due_at - NOW)
    assert waits == sorted(waits)
    assert waits[1] == 2 * waits[0]
    assert timedelta(hours=20) < sum(waits, timedelta()) < timedelta(hours=28)
    assert failing(MAX_ATTEMPTS - 1).state == AlertState.DEAD


@given(st.integers(0, MAX_ATTEMPTS - 2), st.floats(0, 1, exclude_max=True))
def test_every_wait_is_between_the_bounds(attempts: int, jitter: float) -> None:
    due_at = failing(attempts, jitter=jitter).due_at
    assert due_at is not None
    assert 0.75 * FIRST_DELAY <= due_at - NOW <= LONGEST_DELAY


@pytest.mark.parametrize(
    ("asked", "waited"),
    [
        (timedelta(minutes=10), timedelta(minutes=10)),
        (timedelta(seconds=1), 0.875 * FIRST_DELAY),
        (timedelta(days=400), timedelta(days=1)),
    ],
)
def test_a_longer_wait_asked_for_is_kept_up_to_a_day(asked: timedelta, waited: timedelta) -> None:
    assert failing(retry_after=asked).due_at == NOW + waited


def test_the_error_is_one_bounded_line() -> None:
    attempt = failed(pending(), "a\nb" * 900, permanent=False, retry_after=None, now=NOW, jitter=0)
    assert attempt.error is not None
    assert "\n" not in attempt.error
    assert len(attempt.error) <= 500
