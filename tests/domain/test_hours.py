"""Local clock times are met where clocks are put on, put back or have odd offsets."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.hours import is_between, next_full_hour, next_time

ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Apia"]
moments = st.datetimes(datetime(2010, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # bounds


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "timezone", "since", "expected"),
    [
        ("08:00", "UTC", "2026-03-01 07:59", "2026-03-01 08:00"),
        ("08:00", "UTC", "2026-03-01 08:00", "2026-03-01 08:00"),
        ("08:00", "UTC", "2026-03-01 08:01", "2026-03-02 08:00"),
        ("08:00", "Europe/Berlin", "2026-03-28 12:00", "2026-03-29 06:00"),  # the night the clocks go on
        ("02:30", "Europe/Berlin", "2026-03-29 00:00", "2026-03-29 01:30"),  # a time that is skipped
        ("02:30", "Europe/Berlin", "2026-10-25 00:00", "2026-10-25 00:30"),  # a time shown twice: the first
        ("02:30", "Europe/Berlin", "2026-10-25 01:10", "2026-10-25 01:30"),  # then the second
        ("08:00", "Pacific/Apia", "2011-12-29 19:00", "2011-12-30 18:00"),  # 30 December 2011 did not happen
    ],
)
def test_the_next_time(at: str, timezone: str, since: str, expected: str) -> None:
    assert next_time(time.fromisoformat(at), timezone, utc(since)) == utc(expected)


def test_full_hours_are_local() -> None:
    assert next_full_hour(utc("2026-03-01 10:20"), "UTC") == utc("2026-03-01 11:00")
    assert next_full_hour(utc("2026-03-01 10:20"), "Asia/Kathmandu") == utc("2026-03-01 11:15")
    assert next_full_hour(utc("2026-03-01 11:00"), "UTC") == utc("2026-03-01 11:00")


def test_hours_over_midnight() -> None:
    night = (time(22), time(6), "Europe/Berlin")
    inside = [is_between(*night, utc(f"2026-01-10 {hour}")) for hour in ("20:59", "21:00", "04:59", "05:00")]
    assert inside == [False, True, True, False]


def test_equal_ends_hold_no_time() -> None:
    assert not is_between(time(6), time(6), "UTC", utc("2026-01-10 06:00"))


@given(moments, st.times(), st.sampled_from(ZONES))
def test_the_next_time_is_ahead_within_two_days_and_shows_the_time(since: datetime, at: time, zone: str) -> None:
    following = next_time(at, zone, since)
    assert since <= following <= since + timedelta(days=2)
    shown = following.astimezone(ZoneInfo(zone)).time()
    skipped = datetime.combine(following.astimezone(ZoneInfo(zone)).date(), at, ZoneInfo(zone))
    assert shown == at or skipped.astimezone(UTC).astimezone(ZoneInfo(zone)).time() != at


@given(moments, st.times(), st.times(), st.sampled_from(ZONES))
def test_the_end_of_the_hours_is_outside_of_them(since: datetime, start: time, end: time, zone: str) -> None:
    if is_between(start, end, zone, since):
        release = next_time(end, zone, since)
        skipped = release.astimezone(ZoneInfo(zone)).time() != end
        assert skipped or not is_between(start, end, zone, release)
