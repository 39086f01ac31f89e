"""HTTP's words about time, as servers write them."""

from datetime import UTC, datetime, timedelta

import pytest

from monitor.adapters.cachecontrol import fresh_for, retry_after

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, None),
        ({"Cache-Control": "max-age=300"}, timedelta(minutes=5)),
        ({"Cache-Control": 'public, Max-Age="300", s-maxage=9'}, timedelta(minutes=5)),
        ({"Cache-Control": "s-maxage=300"}, None),
        ({"Cache-Control": "max-age=0"}, None),
        ({"Cache-Control": "no-cache, max-age=300"}, None),
        ({"Cache-Control": "max-age=99999999999"}, timedelta(days=1)),
        ({"Cache-Control": "max-age=soon"}, None),
        ({"Expires": "Mon, 23 Nov 2026 13:00:00 GMT"}, timedelta(hours=1)),
        ({"Expires": "Mon, 23 Nov 2026 13:00:00 GMT", "Date": "Mon, 23 Nov 2026 12:30:00 GMT"}, timedelta(minutes=30)),
        ({"Expires": "Mon, 23 Nov 2020 13:00:00 GMT"}, None),
        ({"Expires": "0"}, None),
        ({"Expires": "Mon, 99 Nov 2026 13:00:00 GMT"}, None),
    ],
)
def test_freshness(headers: dict[str, str], expected: timedelta | None) -> None:
    """Cache-Control before Expires, a day at most, nonsense is nothing."""
    assert fresh_for(headers, NOW) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("120", timedelta(minutes=2)),
        ("999999999999999999999", timedelta(days=1)),
        ("Mon, 23 Nov 2026 12:10:00 GMT", timedelta(minutes=10)),
        ("Mon, 23 Nov 2026 12:10:00 -0000", timedelta(minutes=10)),
        ("Mon, 23 Nov 2026 11:00:00 GMT", timedelta(0)),
        ("Mon, 23 Nov 2099 11:00:00 GMT", timedelta(days=1)),
        ("soon", None),
        ("", None),
        ("-5", None),
    ],
)
def test_retry_after(value: str, expected: timedelta | None) -> None:
    """Seconds or a date; a day at most."""
    assert retry_after({"Retry-After": value}, NOW) == expected
