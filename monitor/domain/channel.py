"""Alert → when it may leave: what a channel wants to hear, and at what hours."""

from dataclasses import dataclass
from datetime import datetime, time

from monitor.domain.hours import is_between, next_full_hour, next_time


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a channel wants its alerts: at once, every full hour, or daily at a local time."""

    kind: str = "now"  # now | hourly | daily
    at: time | None = None
    timezone: str = "UTC"


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Hours in which alerts wait, unless a score reaches `except_score`."""

    start: time
    end: time
    timezone: str
    except_score: float | None


@dataclass(frozen=True, slots=True)
class Channel:
    """What a channel wants to hear; where it leads stays with the notifier.

    Attributes:
        signals: empty = all.
        min_score: None = each signal's threshold.
        countries: empty = all; ISO 3166 alpha-2 codes. A story that names no country is for channels without any.
        restrained: its messages hold nothing of an item's own words; see `writing.Voice`.
    """

    name: str
    signals: frozenset[str] = frozenset()
    min_score: float | None = None
    countries: frozenset[str] = frozenset()
    when: Schedule = Schedule()
    quiet: QuietHours | None = None
    max_per_hour: int = 20
    ops: bool = False  # hears what is wrong with the monitor itself
    news: bool = True  # hears of stories
    restrained: bool = False


def due_at(channel: Channel, score: float, since: datetime) -> datetime:
    """When an alert decided at `since` may leave: by the channel's schedule, then out of its quiet hours."""
    due = since
    if channel.when.kind == "hourly":
        due = next_full_hour(since, channel.when.timezone)
    elif channel.when.kind == "daily":
        due = next_time(channel.when.at or time(), channel.when.timezone, since)
    return after_quiet(channel.quiet, score, due)


def after_quiet(quiet: QuietHours | None, score: float, due: datetime) -> datetime:
    """`due`, or the end of the quiet hours around it where the score does not pass them."""
    if quiet is None or (quiet.except_score is not None and score >= quiet.except_score):
        return due
    held = is_between(quiet.start, quiet.end, quiet.timezone, due)
    return next_time(quiet.end, quiet.timezone, due) if held else due
