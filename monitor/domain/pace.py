"""Stage 1 of 6: Feed → how long until it is asked again: often enough for its news, seldom enough for its server."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

SHORTEST = timedelta(minutes=5)
LONGEST = timedelta(hours=6)
DEFAULT = timedelta(minutes=15)

HINT_LIMIT = timedelta(hours=1)
"""The most a feed's TTL or cache lifetime can slow it: many publish a day there, and news all day long."""

BACKOFF_STEP = timedelta(minutes=30)
"""What each weighted failure adds. A feed dead for a year is then asked some two hundred times in it."""

MONTH = timedelta(days=31)
DAY = timedelta(days=1)

CLOCK_BACK = timedelta(minutes=1)
"""A poll this far ahead of the clock was made before the clock was set back."""

SYSTEMIC = 4
"""So many feeds failing at network level, and none answering, is our network and not theirs."""

_NETWORK = {"timeout", "dns", "connect", "tls"}
_HOURS = 24
_FASTER, _SLOWER = 0.6, 1.2
_SPREAD = 0.1
_SOFT = {"timeout", "connect", "incomplete", "http_404", "http_408", "http_425", "http_429", "unexpected_304"}


def adapted(before: timedelta, *, brought_news: bool) -> timedelta:
    """The interval after one more poll: shorter after news, longer without, between SHORTEST and LONGEST.

    A quiet feed takes about a day of empty polls to fall from the default to the longest interval.
    """
    return min(max(before * (_FASTER if brought_news else _SLOWER), SHORTEST), LONGEST)


def until_next(
    interval: timedelta, hints: list[timedelta | None], jitter: float, *, fixed: bool, slowed: bool = False
) -> timedelta:
    """The wait after a poll that went well: the interval, stretched by what the feed itself asks, and spread.

    Args:
        interval: the configured or adapted interval.
        hints: the feed's TTL and cache lifetime, None where it named none; at most HINT_LIMIT of each counts.
        jitter: in [0, 1); spreads the wait by ±10 %, so that feeds do not align.
        fixed: the interval is configured for this very feed; hints, SHORTEST and `slowed` do not touch it.
        slowed: a hub brings what is new, and polls only make sure of it.
    """
    if fixed:
        return min(_spread(interval, jitter), MONTH)
    interval = max(interval, LONGEST) if slowed else interval
    asked = [min(hint, HINT_LIMIT) for hint in hints if hint is not None]
    return min(max(_spread(max([interval, *asked]), jitter), SHORTEST), MONTH)


def awake(moment: datetime, skip_hours: Collection[int]) -> datetime:
    """The moment, or the next full hour in which the feed may be asked (RSS 2.0 `skipHours`, in UTC).

    A feed that skips the whole day is asked all the same: it says nothing about any hour.
    """
    if len(skip_hours) >= _HOURS:
        return moment
    while moment.hour in skip_hours:
        moment = moment.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    return moment


def weight(reason: str) -> float:
    """What one failure counts: DNS 0.25, what servers do now and then 0.5, all else 1."""
    if reason == "dns":
        return 0.25
    return 0.5 if reason in _SOFT or reason.startswith("http_5") else 1.0


def after_failing(
    interval: timedelta, failures: float, jitter: float, *, retry_after: timedelta | None, permanent: bool
) -> timedelta:
    """The wait after a failure: linear in the weighted failures in a row, a month at most.

    A server's Retry-After is honoured up to a day. What asking again cannot help is asked no sooner than LONGEST.
    """
    wait = max(_spread(max(interval, failures * BACKOFF_STEP), jitter), SHORTEST, min(retry_after or DAY * 0, DAY))
    return min(max(wait, LONGEST) if permanent else wait, MONTH)


def systemic_failure(reasons: Sequence[str], *, answered: int) -> bool:
    """Whether a cycle's failures are our own network's: SYSTEMIC or more, all at network level, and no feed answered.

    Any HTTP status is an answer, a refusal too: it came over the network.
    """
    return answered == 0 and len(reasons) >= SYSTEMIC and _NETWORK.issuperset(reasons)


def _spread(wait: timedelta, jitter: float) -> timedelta:
    return wait * (1 - _SPREAD + 2 * _SPREAD * jitter)
