"""Stage 6 of 6: Story → Alert: one message about one story for one channel, or a named reason why not."""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum

from monitor.domain.hit import Hit
from monitor.domain.hours import is_between, next_full_hour, next_time
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
    DIGEST = "digest"
    ALREADY_TOLD = "already_told"  # this channel has an alert for the story
    OLD_NEWS = "old_news"  # published too long ago
    BACKLOG = "backlog"  # first poll of a feed, and not fresh
    BELOW_MIN_SCORE = "below_min_score"
    SIGNAL_NOT_WANTED = "signal_not_wanted"
    COUNTRY_NOT_WANTED = "country_not_wanted"  # it names none of the channel's countries, or no country at all


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
    """

    name: str
    signals: frozenset[str] = frozenset()
    min_score: float | None = None
    countries: frozenset[str] = frozenset()
    when: Schedule = Schedule()
    quiet: QuietHours | None = None
    max_per_hour: int = 20


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


@dataclass(frozen=True, slots=True)
class Waiting:
    """A pending alert whose time has come; `score` is the highest of its story, for the digest's order."""

    alert_id: int
    channel: str
    reason: Reason
    created_at: datetime
    due_at: datetime
    score: float


@dataclass(frozen=True, slots=True)
class Fold:
    """Alerts of one channel that one digest replaces, highest score first."""

    channel: str
    alert_ids: tuple[int, ...]
    key: str  # idempotency key of the digest


@dataclass(frozen=True, slots=True)
class SendingPlan:
    """What to do with the waiting alerts now; those in none of the lists stay pending.

    Attributes:
        send: alerts to send as they are, in this order.
        dead: alerts nobody can be sent, because their channel left the config.
    """

    send: tuple[int, ...]
    folds: tuple[Fold, ...]
    dead: tuple[int, ...] = ()


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


def due_at(channel: Channel, score: float, since: datetime) -> datetime:
    """When an alert decided at `since` may leave: by the channel's schedule, then out of its quiet hours."""
    due = since
    if channel.when.kind == "hourly":
        due = next_full_hour(since, channel.when.timezone)
    elif channel.when.kind == "daily":
        due = next_time(channel.when.at or time(), channel.when.timezone, since)
    return _after_quiet(channel.quiet, score, due)


def _after_quiet(quiet: QuietHours | None, score: float, due: datetime) -> datetime:
    if quiet is None or (quiet.except_score is not None and score >= quiet.except_score):
        return due
    held = is_between(quiet.start, quiet.end, quiet.timezone, due)
    return next_time(quiet.end, quiet.timezone, due) if held else due


def plan_sending(
    waiting: Iterable[Waiting], sent_last_hour: Mapping[str, int], channels: Iterable[Channel], now: datetime
) -> SendingPlan:
    """Decide which waiting alerts leave now, which a digest replaces and which stay.

    Alerts of an hourly or daily channel, and those that quiet hours held back, go as one digest when they are two or
    more. What exceeds the channel's `max_per_hour` messages goes into the same digest. A channel that used up its hour
    keeps all until a message of it is an hour old.

    Args:
        waiting: pending alerts that are due, digests among them.
        sent_last_hour: messages each channel took in the last hour.
        channels: the channels as configured now.
        now: UTC.
    """
    by_channel: dict[str, list[Waiting]] = defaultdict(list)
    for alert in sorted(waiting, key=lambda alert: (-alert.score, alert.alert_id)):
        by_channel[alert.channel].append(alert)
    send: list[int] = []
    folds: list[Fold] = []
    for channel in channels:
        awake = [a for a in by_channel.pop(channel.name, ()) if _after_quiet(channel.quiet, a.score, now) <= now]
        alone, folded = _share_out(awake, channel, channel.max_per_hour - sent_last_hour.get(channel.name, 0))
        send += [alert.alert_id for alert in alone]
        if folded:
            ids = tuple(alert.alert_id for alert in folded)
            folds.append(Fold(channel.name, ids, key=_digest_key(channel.name, ids)))
    dead = sorted(alert.alert_id for alerts in by_channel.values() for alert in alerts)
    return SendingPlan(send=tuple(send), folds=tuple(folds), dead=tuple(dead))


def _share_out(waiting: Sequence[Waiting], channel: Channel, room: int) -> tuple[list[Waiting], list[Waiting]]:
    """What goes alone and what goes as one digest, in no more than `room` messages; both highest score first."""
    digests = sorted((a for a in waiting if a.reason is Reason.DIGEST), key=lambda a: (a.created_at, a.alert_id))
    rest = [alert for alert in waiting if alert.reason is not Reason.DIGEST]
    gathered = [alert for alert in rest if _was_held(alert, channel)]
    if len(gathered) < 2:
        gathered = []
    singles = [alert for alert in rest if alert not in gathered]
    alone = digests[: max(room, 0)]
    room -= len(alone)
    if len(singles) + bool(gathered) <= room:
        return alone + singles, gathered
    if room <= 0:
        return alone, []
    kept = singles[: room - 1]  # one message is left for the digest
    return alone + kept, [alert for alert in rest if alert not in kept]


def _was_held(alert: Waiting, channel: Channel) -> bool:
    # Not `due_at`: a failed attempt moves that as well.
    return channel.when.kind != "now" or due_at(channel, alert.score, alert.created_at) > alert.created_at


def _digest_key(channel: str, alert_ids: Iterable[int]) -> str:
    listed = ",".join(str(alert_id) for alert_id in sorted(alert_ids))
    return f"{Reason.DIGEST}/{hashlib.sha256(listed.encode()).hexdigest()[:16]}/{channel}"
