"""Stage 1 of 6: Feed → whether a hub brings what is new in it, and how far that is trusted (W3C WebSub).

A hub is trusted to replace polls only while its lease holds, it has brought something, and no poll has found news that
it did not bring. Even then polls go on, at the longest interval.
"""

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

LEASE = timedelta(days=7)
"""Asked for; what the hub grants counts."""

SHORTEST_LEASE, LONGEST_LEASE = timedelta(minutes=1), timedelta(days=30)
"""A hub's word is taken within these."""

RENEW_AFTER = 0.75
"""Share of a lease after which it is renewed."""

VERIFY_WITHIN = timedelta(minutes=10)
"""How long a hub has to confirm what it was asked; only so long is its question answered."""

FIRST_RETRY, LAST_RETRY = timedelta(minutes=10), timedelta(days=1)
DENIED_RETRY = timedelta(hours=6)
_SPREAD = 0.2

LEAVING_TRIES = 3
"""So often a hub is asked to end a subscription; then its lease ends by itself."""

_SECONDS = re.compile(r"\d{1,12}", re.ASCII)
_UNPRINTABLE = re.compile(r"[^\x20-\x7e]+")


@dataclass(frozen=True, slots=True)
class Announcement:
    """What a feed says: this hub tells who asks of news under this topic."""

    hub: str
    topic: str


class State(StrEnum):
    """How far a subscription is; stored in `subscriptions.state`."""

    WAITING = "waiting"  # to be asked for when it is due
    ASKED = "asked"  # the hub has not confirmed it yet
    ACTIVE = "active"
    RENEWING = "renewing"  # active, and asked for again
    LEAVING = "leaving"  # to be ended


LISTENING = frozenset({State.ACTIVE, State.RENEWING})


class Mode(StrEnum):
    """`hub.mode` of a request to a hub."""

    SUBSCRIBE = "subscribe"
    UNSUBSCRIBE = "unsubscribe"


class Step(StrEnum):
    """What to do about a subscription now."""

    REST = "rest"
    SUBSCRIBE = "subscribe"
    UNSUBSCRIBE = "unsubscribe"
    FAIL = "fail"  # note that it failed; it is asked for again later
    FORGET = "forget"


@dataclass(frozen=True, slots=True)
class Subscription:
    """What a hub was asked for one feed, and how it went.

    Attributes:
        path: the last part of the address where the hub calls; nobody else can know it.
        due_at: when something is to be done about it.
        open_until: until when the hub's question whether we asked is answered; None where nothing was asked.
        expires_at: end of the lease.
        failures: in a row.
        pushed_at: when the hub brought something last.
        missed_at: when a poll last found news that the hub had not brought.
    """

    feed_id: int
    announced: Announcement
    path: str
    state: State
    reason: str
    due_at: datetime
    error: str | None = None
    open_until: datetime | None = None
    expires_at: datetime | None = None
    failures: int = 0
    pushed_at: datetime | None = None
    missed_at: datetime | None = None

    def listens(self, now: datetime) -> bool:
        """Whether the hub has confirmed it, and its lease holds."""
        return self.state in LISTENING and self.expires_at is not None and now < self.expires_at


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do, and why."""

    step: Step
    reason: str


@dataclass(frozen=True, slots=True)
class Trust:
    """Whether polls may be slowed, and why."""

    slow: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a hub's question is not answered."""

    reason: str


@dataclass(frozen=True, slots=True)
class Delivered:
    """What a push changes beside the items it brought; stored in the same transaction."""

    feed_id: int
    path: str
    at: datetime


def begun(feed_id: int, announced: Announcement, path: str, now: datetime) -> Subscription:
    """A subscription that nobody was asked for yet."""
    return Subscription(feed_id, announced, path, State.WAITING, "announced", due_at=now)


def next_step(
    subscription: Subscription, announced: Announcement | None, now: datetime, *, feed_url: str, removed: bool = False
) -> Decision:
    """What to do about a subscription.

    Args:
        subscription: as stored.
        announced: what its feed says now; None where it names no hub.
        now: timezone-aware.
        feed_url: where the feed is read. Of one that is read over TLS, the secret is not told to a hub without.
        removed: the feed is not in the config any more.
    """
    if subscription.state is State.LEAVING:
        return _parting(subscription, now)
    if removed or announced != subscription.announced:
        why = "feed_removed" if removed else "no_hub" if announced is None else "moved"
        return Decision(Step.UNSUBSCRIBE, why)
    lapsed = subscription.state in LISTENING and not subscription.listens(now)
    if now < subscription.due_at and not lapsed:
        return Decision(Step.REST, subscription.reason)
    if subscription.state in {State.ASKED, State.RENEWING} and not lapsed:
        return Decision(Step.FAIL, "not_verified")
    if feed_url.startswith("https:") and not subscription.announced.hub.startswith("https:"):
        return Decision(Step.FAIL, "hub_without_tls")
    held = "renewal" if subscription.state is State.ACTIVE else "asked"
    return Decision(Step.SUBSCRIBE, "lease_ended" if lapsed else held)


def _parting(subscription: Subscription, now: datetime) -> Decision:
    if now < subscription.due_at:
        return Decision(Step.REST, subscription.reason)
    tired = subscription.failures >= LEAVING_TRIES
    return Decision(Step.FORGET, "hub_silent") if tired else Decision(Step.UNSUBSCRIBE, subscription.reason)


def asked(subscription: Subscription, decision: Decision, now: datetime) -> Subscription:
    """The subscription at the moment its hub is asked, stored before: a hub may confirm before it answers."""
    until = now + VERIFY_WITHIN
    opened = replace(subscription, reason=decision.reason, due_at=until, open_until=until)
    if decision.step is Step.UNSUBSCRIBE:
        tries = subscription.failures + 1 if subscription.state is State.LEAVING else 1
        return replace(opened, state=State.LEAVING, failures=tries)
    if subscription.listens(now):
        return replace(opened, state=State.RENEWING)
    return replace(opened, state=State.ASKED, expires_at=None)


def failed(
    subscription: Subscription,
    reason: str,
    *,
    now: datetime,
    jitter: float,
    error: str | None = None,
    wait: timedelta | None = None,
) -> Subscription:
    """After a hub refused, could not be reached or did not confirm: asked again, later each time.

    What was confirmed before holds until its lease ends. A request to leave keeps count of its tries itself.

    Args:
        subscription: as stored.
        reason: name of what went wrong.
        now: timezone-aware.
        jitter: in [0, 1); spreads the next tries apart.
        error: the one-line message behind the reason.
        wait: what the hub asks for, at least.
    """
    failures = subscription.failures + (subscription.state is not State.LEAVING)
    pause = min(FIRST_RETRY * 2 ** min(failures - 1, 10), LAST_RETRY) if failures > 0 else FIRST_RETRY
    due_at = now + max(pause * (1 + _SPREAD * jitter), min(wait or timedelta(), LAST_RETRY))
    after = replace(subscription, reason=reason, error=error, failures=failures, due_at=due_at)
    if subscription.state is State.LEAVING:
        return replace(after, reason=subscription.reason)
    if subscription.listens(now):
        return replace(after, state=State.ACTIVE)
    return replace(after, state=State.WAITING, expires_at=None, open_until=None)


def confirmed(
    subscription: Subscription, *, mode: str, topic: str, lease: str, now: datetime
) -> Subscription | Refusal | None:
    """What a hub's question whether we asked for this changes; None where a subscription is ended.

    Only what was asked is confirmed, only while it is open, and as often as the hub asks: its answer may get lost.
    """
    if topic != subscription.announced.topic:
        return Refusal("other_topic")
    wanted = Mode.UNSUBSCRIBE if subscription.state is State.LEAVING else Mode.SUBSCRIBE
    if mode != wanted or subscription.open_until is None or now > subscription.open_until:
        return Refusal("not_asked")
    if wanted is Mode.UNSUBSCRIBE:
        return None
    if not _SECONDS.fullmatch(lease):
        return Refusal("bad_lease")
    granted = min(timedelta(seconds=min(int(lease), 10**9)), LONGEST_LEASE)
    held = max(granted, SHORTEST_LEASE)
    return replace(
        subscription,
        state=State.ACTIVE,
        reason="confirmed",
        error=None,
        failures=0,
        due_at=now + held * RENEW_AFTER,
        expires_at=now + held,
    )


def denied(subscription: Subscription, *, topic: str, told: str, now: datetime, jitter: float) -> Subscription | None:
    """After a hub said that it does not serve the topic, at any time; None where it is no word about ours.

    Args:
        subscription: as stored.
        topic: what the hub speaks of.
        told: `hub.reason`, any text.
        now: timezone-aware.
        jitter: as in `failed`.
    """
    if topic != subscription.announced.topic:
        return None
    if subscription.state is State.LEAVING:
        return subscription
    over = replace(subscription, state=State.WAITING, expires_at=None)
    told = " ".join(_UNPRINTABLE.sub(" ", told).split())[:200]
    return failed(over, "denied", now=now, jitter=jitter, error=told or None, wait=DENIED_RETRY)


def trust(subscription: Subscription | None, now: datetime) -> Trust:
    """Whether the hub may be relied on to bring what is new, so that polls are slowed."""
    if subscription is None:
        return Trust(False, "no_hub")
    if not subscription.listens(now):
        return Trust(False, subscription.reason)
    if subscription.pushed_at is None:
        return Trust(False, "nothing_pushed_yet")
    if subscription.missed_at is not None and subscription.missed_at >= subscription.pushed_at:
        return Trust(False, "missed_news")
    return Trust(True, "pushing")
