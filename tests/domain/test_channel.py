"""When an alert may leave: the channel's schedule, then its quiet hours."""

from dataclasses import replace
from datetime import UTC, datetime, time

import pytest

from monitor.domain.channel import Channel, QuietHours, Schedule, due_at

DESK = Channel("desk")
NIGHT = QuietHours(time(22), time(6), "UTC", except_score=0.97)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("channel", "score", "since", "due"),
    [
        (DESK, 0.9, "2026-03-01 12:20", "2026-03-01 12:20"),
        (Channel("d", when=Schedule("hourly")), 0.9, "2026-03-01 12:20", "2026-03-01 13:00"),
        (Channel("d", when=Schedule("daily", time(8))), 0.9, "2026-03-01 12:20", "2026-03-02 08:00"),
        (Channel("d", when=Schedule("daily", time(8), "Asia/Manila")), 0.9, "2026-03-01 12:20", "2026-03-02 00:00"),
        (Channel("d", quiet=NIGHT), 0.9, "2026-03-01 21:59", "2026-03-01 21:59"),
        (Channel("d", quiet=NIGHT), 0.9, "2026-03-01 22:00", "2026-03-02 06:00"),
        (Channel("d", quiet=NIGHT), 0.9, "2026-03-02 05:59", "2026-03-02 06:00"),
        (Channel("d", quiet=NIGHT), 0.97, "2026-03-02 05:59", "2026-03-02 05:59"),
        (Channel("d", quiet=replace(NIGHT, except_score=None)), 1.0, "2026-03-02 05:59", "2026-03-02 06:00"),
        (Channel("d", when=Schedule("hourly"), quiet=NIGHT), 0.9, "2026-03-01 21:20", "2026-03-02 06:00"),
    ],
)
def test_when_an_alert_may_leave(channel: Channel, score: float, since: str, due: str) -> None:
    assert due_at(channel, score, at(since)) == at(due)
