"""Wall clock → moment: when is it 08:00 in Berlin next, is it night there now? Safe where clocks are put back.

For the schedules and quiet hours of `alert.py`.
"""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo


def next_full_hour(since: datetime, timezone: str) -> datetime:
    """The first moment at or after `since` at which clocks in `timezone` show a full hour."""
    local = since.astimezone(ZoneInfo(timezone))
    past = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
    return since if not past else since - past + timedelta(hours=1)


def next_time(at: time, timezone: str, since: datetime) -> datetime:
    """The first moment at or after `since` when clocks in `timezone` show `at`, in UTC.

    A time the clocks skip counts as the moment they jump past it; of a time they show twice either counts.
    """
    zone = ZoneInfo(timezone)
    today = since.astimezone(zone).date()
    moments = []
    for days in range(3):  # a zone may skip a whole day, as Samoa did
        for fold in (0, 1):
            moment = datetime.combine(today + timedelta(days=days), at.replace(fold=fold), zone).astimezone(UTC)
            exists = moment.astimezone(zone).time() == at
            if moment >= since and (exists or fold == 0):
                moments.append(moment)
    return min(moments)


def is_between(start: time, end: time, timezone: str, moment: datetime) -> bool:
    """Whether clocks in `timezone` show a time from `start` up to `end`, over midnight where `start` is later."""
    local = moment.astimezone(ZoneInfo(timezone)).time()
    if start <= end:
        return start <= local < end
    return not end <= local < start
