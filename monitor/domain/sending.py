"""Alerts that wait → messages: what leaves now, what one digest replaces, what stays."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from monitor.domain.alert import Reason
from monitor.domain.channel import Channel, after_quiet, due_at


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
        awake = [a for a in by_channel.pop(channel.name, ()) if after_quiet(channel.quiet, a.score, now) <= now]
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
