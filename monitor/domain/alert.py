"""Stage 6 of 6: Story → Alert: one message about one story for one channel, or a named reason why not.

A channel hears of a story once, and again when there is news of it: see `News`. Every poll that touches a story ends,
for each channel, in one Alert: pending with the reason for it, or suppressed with the reason against it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import chain

from monitor.domain.channel import Channel, due_at
from monitor.domain.hit import Evidence, Hit, evidence
from monitor.domain.item import Item
from monitor.domain.story import arrival

OLD_NEWS_AFTER = timedelta(hours=72)
"""What was published longer ago is stored, not alerted."""

BACKLOG_AFTER = timedelta(hours=24)
"""What a feed's first poll brings and was published longer ago is stored, not alerted."""

SCORE_BANDS = (0.5, 0.8, 0.95)
"""Where the bands of a story's score begin, below the first of them a band of its own: more likely than not, strong,
next to certain."""


class AlertState(StrEnum):
    """Where an alert stands; stored in `alerts.state`."""

    PENDING = "pending"
    SENT = "sent"
    DEAD = "dead"  # given up: a permanent error, or too many attempts
    FOLDED = "folded"  # told inside a digest, or by an earlier alert of the story that had not left yet
    SUPPRESSED = "suppressed"  # decided against, for the reason given


class Reason(StrEnum):
    """Why an alert is sent or not; stored in `alerts.reason`."""

    FIRST_HIT = "first_hit"
    SCORE_BAND_UP = "score_band_up"  # the story's score rose into a higher band
    NEW_COUNTRY = "new_country"  # the story names a country the channel was not told of
    TENTH_OUTLET = "tenth_outlet"
    THIRD_OUTLET = "third_outlet"
    DIGEST = "digest"
    OPS = "ops"  # about the monitor itself, and no story
    ALREADY_TOLD = "already_told"  # this channel has an alert for the story, and there is no news of it
    OLD_NEWS = "old_news"  # published too long ago
    BACKLOG = "backlog"  # first poll of a feed, and not fresh
    UNDATED = "undated"  # first poll of a feed, and nobody can say whether it is fresh
    BELOW_MIN_SCORE = "below_min_score"
    SIGNAL_NOT_WANTED = "signal_not_wanted"
    COUNTRY_NOT_WANTED = "country_not_wanted"  # it names none of the channel's countries, or no country at all


_OUTLETS = ((Reason.TENTH_OUTLET, 10), (Reason.THIRD_OUTLET, 3))


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
class Facts:
    """What there is to tell of a story, or what a channel was told of it; it only ever grows.

    Attributes:
        outlets: how many told it.
        countries: that it names, ISO 3166 alpha-2.
        score: its highest, for the signals the channel listens to.
    """

    outlets: int
    countries: frozenset[str]
    score: float

    def __or__(self, other: "Facts") -> "Facts":
        """What is known to who was told both."""
        return Facts(max(self.outlets, other.outlets), self.countries | other.countries, max(self.score, other.score))


@dataclass(frozen=True, slots=True)
class History:
    """What is stored of a story before a poll adds to it.

    Attributes:
        scores: its highest score by signal.
        countries: that it names.
        told: what each channel was told, or will be by what waits or was given up; without those told nothing.
    """

    scores: Mapping[str, float] = field(default_factory=dict)
    countries: frozenset[str] = frozenset()
    told: Mapping[str, Facts] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Report:
    """A new item with hits and the story it was assigned to; `story_id` is negative for a new story."""

    story_id: int
    item: Item
    hits: tuple[Hit, ...]
    countries: tuple[str, ...] = ()  # that the item names, ISO 3166 alpha-2


@dataclass(frozen=True, slots=True)
class Alert:
    """A decision about one story and one channel. `story_id` is negative while the story is not stored.

    Attributes:
        reason: the strongest where there are several.
        key: idempotency key: one decision is stored once.
        told: what the channel knows once it has the message; None where there is none.
        news: all that an update tells, the strongest first.
        evidence: the hits of this poll that it rests on.
    """

    story_id: int
    channel: str
    state: AlertState
    reason: Reason
    created_at: datetime
    due_at: datetime
    key: str
    told: Facts | None = None
    news: tuple[News, ...] = ()
    evidence: tuple[Evidence, ...] = ()


def plan_alerts(
    reports: Iterable[Report],
    channels: Iterable[Channel],
    outlets: Mapping[int, int],
    histories: Mapping[int, History],
    *,
    feed_id: int,
    primed: bool,
    now: datetime,
) -> tuple[Alert, ...]:
    """Decide, for every story a poll touched and every channel, to alert or why not: exactly one Alert each.

    The order of `reports` changes nothing.

    Args:
        reports: the poll's items that have hits.
        channels: the channels as configured.
        outlets: story id → how many outlets have told the story, this feed's included.
        histories: story id → what was stored before; a story without one is new.
        feed_id: the polled feed; part of the idempotency key, since GUIDs are unique only within a feed.
        primed: False on the feed's first poll.
        now: the time of the poll, UTC.
    """
    by_story: dict[int, list[Report]] = defaultdict(list)
    for report in sorted(reports, key=lambda report: arrival(report.item)):
        by_story[report.story_id].append(report)
    channels = tuple(channel for channel in channels if channel.news)
    alerts = []
    for story_id, brought in by_story.items():
        told = _Touched(tuple(brought), outlets[story_id], histories.get(story_id, History()))
        alerts += [_decide(told, channel, feed_id=feed_id, primed=primed, now=now) for channel in channels]
    return tuple(alerts)


def news_since(told: Facts, facts: Facts) -> tuple[News, ...]:
    """What of the facts a channel was not told, the strongest first; each can be news to it only once."""
    return tuple(_news_since(told, facts))


def strongest_first(several: Iterable[News]) -> tuple[News, ...]:
    """The news of several updates together: each once, and of bands the highest."""
    news = set(several)
    bands = [one for one in news if one.reason is Reason.SCORE_BAND_UP]
    news -= set(sorted(bands, key=lambda one: float(one.value))[:-1])
    order = list(Reason)
    return tuple(sorted(news, key=lambda one: (order.index(one.reason), one.value)))


def waking_score(reason: Reason, score: float) -> float:
    """The score by which quiet hours judge an alert: that a story the channel knows gets about wakes nobody."""
    return 0.0 if reason in {Reason.NEW_COUNTRY, Reason.TENTH_OUTLET, Reason.THIRD_OUTLET} else score


@dataclass(frozen=True, slots=True)
class _Touched:
    """A story that a poll told: what the poll brought, in order of arrival, and what was stored before."""

    reports: tuple[Report, ...]
    outlets: int
    before: History

    def facts(self, channel: Channel) -> Facts:
        scores = [
            *((hit.signal, hit.score) for report in self.reports for hit in report.hits),
            *self.before.scores.items(),
        ]
        return Facts(
            outlets=self.outlets,
            countries=self.before.countries.union(*(report.countries for report in self.reports)),
            score=max((score for signal, score in scores if _listens(channel, signal)), default=0.0),
        )


def _decide(told: _Touched, channel: Channel, *, feed_id: int, primed: bool, now: datetime) -> Alert:
    facts, known = told.facts(channel), told.before.told.get(channel.name)
    news = news_since(known, facts) if known else ()
    verdict = _against(told.reports, channel, facts, known=known is not None, news=news, primed=primed, now=now)
    reason = verdict or (news[0].reason if news else Reason.FIRST_HIT)
    first = told.reports[0]
    what = f"{reason}/{feed_id}/{' '.join(first.item.identity.keys())}"
    if news and not verdict:  # the same news is told once, whoever brings it
        what = f"{reason}/{news[0].value}/story {first.story_id}"
    return Alert(
        story_id=first.story_id,
        channel=channel.name,
        state=AlertState.SUPPRESSED if verdict else AlertState.PENDING,
        reason=reason,
        created_at=now,
        due_at=now if verdict else due_at(channel, waking_score(reason, facts.score), now),
        key=f"{what}/{channel.name}",
        told=None if verdict else facts,
        news=() if verdict else news,
        evidence=tuple(chain.from_iterable(evidence(one.item, one.hits) for one in told.reports)),
    )


def _against(
    reports: Sequence[Report],
    channel: Channel,
    facts: Facts,
    *,
    known: bool,
    news: Sequence[News],
    primed: bool,
    now: datetime,
) -> Reason | None:
    """The reason not to alert; None where there is none.

    Score and countries are the story's, whoever told them and whenever; fresh must be a report of this poll.
    """
    wanted = [report.item for report in reports if any(_listens(channel, hit.signal) for hit in report.hits)]
    if not wanted:
        return Reason.SIGNAL_NOT_WANTED
    if channel.min_score is not None and facts.score < channel.min_score:
        return Reason.BELOW_MIN_SCORE
    if channel.countries and channel.countries.isdisjoint(facts.countries):
        return Reason.COUNTRY_NOT_WANTED
    if known and not news:
        return Reason.ALREADY_TOLD
    return _too_old(wanted, primed=primed, now=now)


def _too_old(wanted: Iterable[Item], *, primed: bool, now: datetime) -> Reason | None:
    # An undated item is news the moment it is seen, but not where all that a feed ever listed is seen at once.
    ages = [now - (item.published_at or now) for item in wanted if primed or item.published_at]
    if not ages:
        return Reason.UNDATED
    if min(ages) > OLD_NEWS_AFTER:
        return Reason.OLD_NEWS
    return Reason.BACKLOG if not primed and min(ages) > BACKLOG_AFTER else None


def _news_since(told: Facts, facts: Facts) -> Iterator[News]:
    bands = [least for least in SCORE_BANDS if told.score < least <= facts.score]
    if bands:
        yield News(Reason.SCORE_BAND_UP, str(bands[-1]))
    for country in sorted(facts.countries - told.countries):
        yield News(Reason.NEW_COUNTRY, country)
    for reason, count in _OUTLETS:
        if told.outlets < count <= facts.outlets:
            yield News(reason, str(count))


def _listens(channel: Channel, signal: str) -> bool:
    return not channel.signals or signal in channel.signals
