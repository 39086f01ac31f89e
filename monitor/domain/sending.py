"""Alerts that wait → messages: what leaves now, what one message tells together, what stays."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from monitor.domain.alert import Reason, waking_score
from monitor.domain.channel import Channel, after_quiet, due_at


@dataclass(frozen=True, slots=True)
class Waiting:
    """A pending alert; `score` is the highest of its story, for the digest's order; a digest has no story."""

    alert_id: int
    channel: str
    reason: Reason
    created_at: datetime
    due_at: datetime
    score: float
    story_id: int | None = None


@dataclass(frozen=True, slots=True)
class Fold:
    """Alerts of one channel that one digest replaces, highest score first."""

    channel: str
    alert_ids: tuple[int, ...]
    key: str  # idempotency key of the digest


@dataclass(frozen=True, slots=True)
class Join:
    """Later alerts of a story whose first has not left yet: it tells their news, as it says what is known when sent."""

    into: int
    alert_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class SendingPlan:
    """What to do with the waiting alerts now; those in none of the lists stay pending.

    Attributes:
        send: alerts to send as they are, in this order.
        joins: into some of those that are sent.
        dead: alerts nobody can be sent, because their channel left the config.
    """

    send: tuple[int, ...]
    folds: tuple[Fold, ...]
    joins: tuple[Join, ...] = ()
    dead: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class _Letter:
    """What is told together whatever else: the alerts of one story, the one that tells them first; or a digest."""

    alerts: tuple[Waiting, ...]

    @property
    def lead(self) -> Waiting:
        return self.alerts[0]

    @property
    def ids(self) -> tuple[int, ...]:
        return tuple(alert.alert_id for alert in self.alerts)


def plan_sending(
    waiting: Iterable[Waiting], sent_last_hour: Mapping[str, int], channels: Iterable[Channel], now: datetime
) -> SendingPlan:
    """Decide which waiting alerts leave now, which are told by another, and which stay.

    Alerts of one story go as one message. Those of an hourly or daily channel, and those that quiet hours held back,
    go as one digest when they are about two stories or more. What exceeds the channel's `max_per_hour` messages goes
    into the same digest. A channel that used up its hour keeps all until a message of it is an hour old.

    Args:
        waiting: pending alerts that are due, digests among them, and whatever else waits of their stories.
        sent_last_hour: messages each channel took in the last hour.
        channels: the channels as configured now.
        now: UTC.
    """
    by_channel: dict[str, list[Waiting]] = defaultdict(list)
    for alert in sorted(waiting, key=lambda alert: alert.alert_id):
        by_channel[alert.channel].append(alert)
    send: list[_Letter] = []
    folds: list[Fold] = []
    for channel in channels:
        letters = [letter for letter in _letters(by_channel.pop(channel.name, ())) if _may_leave(letter, channel, now)]
        alone, folded = _share_out(letters, channel, channel.max_per_hour - sent_last_hour.get(channel.name, 0))
        send += alone
        if folded:
            ids = tuple(alert_id for letter in folded for alert_id in letter.ids)
            folds.append(Fold(channel.name, ids, key=_digest_key(channel.name, ids)))
    dead = sorted(alert.alert_id for alerts in by_channel.values() for alert in alerts)
    return SendingPlan(
        send=tuple(letter.lead.alert_id for letter in send),
        folds=tuple(folds),
        joins=tuple(Join(letter.lead.alert_id, letter.ids[1:]) for letter in send if len(letter.ids) > 1),
        dead=tuple(dead),
    )


def _letters(alerts: Iterable[Waiting]) -> list[_Letter]:
    """The alerts of a channel by story, highest score first; where a first alert waits, it leads."""
    by_story: dict[tuple[int, bool], list[Waiting]] = defaultdict(list)
    for alert in alerts:
        alone = alert.story_id is None
        by_story[alert.alert_id if alert.story_id is None else alert.story_id, alone].append(alert)
    letters = [
        _Letter(tuple(sorted(several, key=lambda alert: (alert.reason is not Reason.FIRST_HIT, alert.alert_id))))
        for several in by_story.values()
    ]
    return sorted(letters, key=lambda letter: (-letter.lead.score, letter.lead.alert_id))


def _may_leave(letter: _Letter, channel: Channel, now: datetime) -> bool:
    return any(
        alert.due_at <= now and after_quiet(channel.quiet, waking_score(alert.reason, alert.score), now) <= now
        for alert in letter.alerts
    )


def _share_out(letters: Sequence[_Letter], channel: Channel, room: int) -> tuple[list[_Letter], list[_Letter]]:
    """What goes alone and what goes as one digest, in no more than `room` messages; both highest score first."""
    digests = [letter for letter in letters if letter.lead.reason is Reason.DIGEST]
    digests.sort(key=lambda letter: (letter.lead.created_at, letter.lead.alert_id))
    rest = [letter for letter in letters if letter.lead.reason is not Reason.DIGEST]
    gathered = [letter for letter in rest if _was_held(letter.lead, channel)]
    if len(gathered) < 2:
        gathered = []
    singles = [letter for letter in rest if letter not in gathered]
    alone = digests[: max(room, 0)]
    room -= len(alone)
    if len(singles) + bool(gathered) <= room:
        return alone + singles, gathered
    if room <= 0:
        return alone, []
    kept = singles[: room - 1]  # one message is left for the digest
    return alone + kept, [letter for letter in rest if letter not in kept]


def _was_held(alert: Waiting, channel: Channel) -> bool:
    # Not `due_at`: a failed attempt moves that as well.
    score = waking_score(alert.reason, alert.score)
    return channel.when.kind != "now" or due_at(channel, score, alert.created_at) > alert.created_at


def _digest_key(channel: str, alert_ids: Iterable[int]) -> str:
    listed = ",".join(str(alert_id) for alert_id in sorted(alert_ids))
    return f"{Reason.DIGEST}/{hashlib.sha256(listed.encode()).hexdigest()[:16]}/{channel}"
