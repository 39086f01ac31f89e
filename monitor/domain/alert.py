"""Stage 6 of 6: Story → Alert: one message about one story for one channel, or a named reason why not."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from monitor.domain.channel import Channel, due_at
from monitor.domain.hit import Hit
from monitor.domain.item import Item
from monitor.domain.story import arrival

OLD_NEWS_AFTER = timedelta(hours=72)
"""What was published longer ago is stored, not alerted."""

BACKLOG_AFTER = timedelta(hours=24)
"""What a feed's first poll brings and was published longer ago is stored, not alerted."""


class AlertState(StrEnum):
    """Where an alert stands; stored in `alerts.state`."""

    PENDING = "pending"
    SENT = "sent"
    DEAD = "dead"  # given up: a permanent error, or too many attempts
    FOLDED = "folded"  # told inside a digest
    SUPPRESSED = "suppressed"  # decided against, for the reason given


class Reason(StrEnum):
    """Why an alert is sent or not; stored in `alerts.reason`."""

    FIRST_HIT = "first_hit"
    SCORE_BAND_UP = "score_band_up"  # the story's score rose into a higher band
    NEW_COUNTRY = "new_country"  # the story names a country the channel was not told of
    TENTH_OUTLET = "tenth_outlet"
    THIRD_OUTLET = "third_outlet"
    DIGEST = "digest"
    ALREADY_TOLD = "already_told"  # this channel has an alert for the story
    OLD_NEWS = "old_news"  # published too long ago
    BACKLOG = "backlog"  # first poll of a feed, and not fresh
    BELOW_MIN_SCORE = "below_min_score"
    SIGNAL_NOT_WANTED = "signal_not_wanted"
    COUNTRY_NOT_WANTED = "country_not_wanted"  # it names none of the channel's countries, or no country at all


@dataclass(frozen=True, slots=True)
class News:
    """Something a channel was not yet told of a story that it knows.

    Attributes:
        reason: SCORE_BAND_UP, NEW_COUNTRY, TENTH_OUTLET or THIRD_OUTLET.
        value: the score at which the band begins ("0.95"), a country's code ("NP"), or the number of outlets ("10").
    """

    reason: Reason
    value: str


@dataclass(frozen=True, slots=True)
class Report:
    """A new item with hits and the story it was assigned to; `story_id` is negative for a new story."""

    story_id: int
    item: Item
    hits: tuple[Hit, ...]
    countries: tuple[str, ...] = ()  # that the item names, ISO 3166 alpha-2


@dataclass(frozen=True, slots=True)
class Alert:
    """A decision about one story and one channel. `story_id` is negative while the story is not stored."""

    story_id: int
    channel: str
    state: AlertState
    reason: Reason
    created_at: datetime
    due_at: datetime
    key: str  # idempotency key: one decision is stored once


def plan_alerts(
    reports: Iterable[Report],
    channels: Iterable[Channel],
    told: Collection[tuple[int, str]],
    *,
    feed_id: int,
    primed: bool,
    now: datetime,
) -> tuple[Alert, ...]:
    """Decide, for every story a poll touched and every channel, to alert or why not: exactly one Alert each.

    Args:
        reports: the poll's items that have hits.
        channels: the channels as configured.
        told: (story id, channel) pairs that have an alert already.
        feed_id: the polled feed; part of the idempotency key, since GUIDs are unique only within a feed.
        primed: False on the feed's first poll.
        now: the time of the poll, UTC.
    """
    by_story: dict[int, list[Report]] = defaultdict(list)
    for report in sorted(reports, key=lambda report: arrival(report.item)):
        by_story[report.story_id].append(report)
    channels = tuple(channels)
    return tuple(
        _decide(story, channel, told=(story_id, channel.name) in told, feed_id=feed_id, primed=primed, now=now)
        for story_id, story in by_story.items()
        for channel in channels
    )


def _decide(
    story: Sequence[Report], channel: Channel, *, told: bool, feed_id: int, primed: bool, now: datetime
) -> Alert:
    reason = _reason(story, channel, told=told, primed=primed, now=now)
    pending = reason is Reason.FIRST_HIT
    score = max(hit.score for report in story for hit in report.hits)
    first = story[0].item.identity.keys()[0]
    return Alert(
        story_id=story[0].story_id,
        channel=channel.name,
        state=AlertState.PENDING if pending else AlertState.SUPPRESSED,
        reason=reason,
        created_at=now,
        due_at=due_at(channel, score, now) if pending else now,
        key=f"{reason}/{feed_id}/{first}/{channel.name}",
    )


def _reason(story: Sequence[Report], channel: Channel, *, told: bool, primed: bool, now: datetime) -> Reason:
    near = _wanted(story, channel)
    if isinstance(near, Reason):
        return near
    if told:
        return Reason.ALREADY_TOLD
    # An undated item is news the moment it is seen: better one alert too many than one missed.
    age = min(now - (item.published_at or now) for item in near)
    if age > OLD_NEWS_AFTER:
        return Reason.OLD_NEWS
    return Reason.BACKLOG if not primed and age > BACKLOG_AFTER else Reason.FIRST_HIT


def _wanted(story: Sequence[Report], channel: Channel) -> list[Item] | Reason:
    """The items of a story that a channel wants to hear of, or the reason why there are none."""
    wanted = [
        (report, hit) for report in story for hit in report.hits if not channel.signals or hit.signal in channel.signals
    ]
    if not wanted:
        return Reason.SIGNAL_NOT_WANTED
    strong = [report for report, hit in wanted if channel.min_score is None or hit.score >= channel.min_score]
    if not strong:
        return Reason.BELOW_MIN_SCORE
    near = [report.item for report in strong if not channel.countries or channel.countries & set(report.countries)]
    return near or Reason.COUNTRY_NOT_WANTED
