"""What is stored → troubles → messages to whoever runs the monitor: each told when it begins, and when it is over.

A monitor that broke is silent, and so is one whose world is at peace. These conditions tell one from the other.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

FAILING_FOR = timedelta(hours=24)
"""A feed that has not answered well for so long is worth a word; most come back within hours."""

SILENT_AT_LEAST = timedelta(days=3)
"""No feed is called silent sooner: weekends and holidays are quiet everywhere."""

MISSED_ITEMS = 12.0
"""So many items, at a feed's own rate, must have failed to come. By chance alone that happens once in 160,000."""

KNOWN_BY = 10
"""Items after the first poll that tell a feed's rate; fewer tell nothing."""

NO_POLL_FOR = timedelta(hours=1)
"""Added to twice the shortest interval between polls."""

SEEDS_AHEAD_FOR = timedelta(days=1)
"""Whoever writes seeds trains when done, not after each."""

DISK_SHARE, DISK_BYTES, DISK_ENOUGH = 0.05, 1_000_000_000, 20_000_000_000
"""A disk is nearly full below this share or number of free bytes, and never with so many free."""

DISK_RELIEF = 1.5
"""A trouble with the disk is over with so many times the free space that began it."""

GATHERED_FOR = timedelta(hours=6)
"""Of many feeds, one is always breaking: word of feeds is gathered, and comes at most this often."""

LISTED = 20
"""Feeds named in one message; the others are counted."""


class Condition(StrEnum):
    """What can be wrong; stored in `troubles.condition`."""

    FEED_FAILING = "feed_failing"
    FEED_SILENT = "feed_silent"
    NO_POLL = "no_poll"
    DISK_FULL = "disk_full"
    MODEL_OLD = "model_old"
    ALERTS_DEAD = "alerts_dead"


GATHERED = frozenset({Condition.FEED_FAILING, Condition.FEED_SILENT})


@dataclass(frozen=True, slots=True)
class FeedRecord:
    """A feed that may be in trouble.

    Attributes:
        failing: its state is failing or paused.
        reason: of its last poll.
        good_at: its last good answer, else when it was added.
        known_from: its first item's arrival, None before that.
        last_item_at: its last item's arrival.
        items: arrivals after those of the first poll, up to the last.
    """

    id: int
    name: str
    failing: bool
    reason: str
    good_at: datetime
    known_from: datetime | None = None
    last_item_at: datetime | None = None
    items: int = 0


@dataclass(frozen=True, slots=True)
class Facts:
    """What the conditions are judged by; None where there is nothing to judge.

    Attributes:
        feeds: those that fail or have brought nothing for `SILENT_AT_LEAST`; others are well.
        last_ok_at: the last good answer of any feed; where there was none, when the first feed was added.
        shortest: the shortest interval between two polls of a feed.
        disk_free, disk_size: bytes where the database lies.
        model_at: when the model in use was trained.
        seeds_at: when a seed was changed last.
        dead_alerts: by channel.
    """

    feeds: tuple[FeedRecord, ...] = ()
    last_ok_at: datetime | None = None
    shortest: timedelta = timedelta(minutes=15)
    disk_free: int | None = None
    disk_size: int = 0
    model_at: datetime | None = None
    seeds_at: datetime | None = None
    dead_alerts: Mapping[str, int] | None = None


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing that is wrong now; `subject` tells those of a condition apart: a feed's id, a channel's name."""

    condition: Condition
    subject: str
    detail: str  # one line


@dataclass(frozen=True, slots=True)
class Known:
    """A trouble and how far it has been told; kept until it is over and that was told too."""

    trouble: Trouble
    began_at: datetime
    told_at: datetime | None = None
    ended_at: datetime | None = None

    @property
    def key(self) -> tuple[Condition, str]:
        """What identifies it."""
        return self.trouble.condition, self.trouble.subject


@dataclass(frozen=True, slots=True)
class Word:
    """One message about one condition: what began, what is over, and how many go on."""

    condition: Condition
    began: tuple[Known, ...]
    over: tuple[Known, ...]
    going_on: int

    @property
    def subject(self) -> str:
        """The message's subject."""
        return f"[Monitor] {_headline(self)}"

    @property
    def lines(self) -> tuple[str, ...]:
        """The message's text."""
        listed = [*_listed("", self.began), *_listed("Over: ", self.over)]
        going_on = [f"{self.going_on} in all now."] if self.began and self.going_on > len(self.began) else []
        return (*listed, *going_on, *([_WAY_OUT[self.condition]] if self.began else []))


def troubles(facts: Facts, known: Iterable[Known], now: datetime) -> tuple[Trouble, ...]:
    """What is wrong now. What is known already counts where a condition ends later than it begins.

    While no feed answers, that is the trouble: no feed is called failing that was not called so before.
    """
    standing = {one.key for one in known if one.ended_at is None}
    found = [trouble for feed in facts.feeds if (trouble := _of_feed(feed, now)) is not None]
    if facts.last_ok_at is not None and now - facts.last_ok_at > NO_POLL_FOR + 2 * facts.shortest:
        found = [one for one in found if (one.condition, one.subject) in standing]
        found.append(Trouble(Condition.NO_POLL, "", f"no feed has answered well since {_utc(facts.last_ok_at)}"))
    disk_known = (Condition.DISK_FULL, "") in standing
    if facts.disk_free is not None and _is_full(facts.disk_free, facts.disk_size, known=disk_known):
        free = f"{facts.disk_free / 1e9:.1f} of {facts.disk_size / 1e9:.1f} GB free where the database lies"
        found.append(Trouble(Condition.DISK_FULL, "", free))
    if facts.model_at and facts.seeds_at and facts.seeds_at > facts.model_at and now - facts.seeds_at > SEEDS_AHEAD_FOR:
        detail = f"trained {_utc(facts.model_at)}, the seeds changed {_utc(facts.seeds_at)}"
        found.append(Trouble(Condition.MODEL_OLD, "", detail))
    for channel, count in sorted((facts.dead_alerts or {}).items()):
        detail = f"channel {channel}: {count} alert{'s' if count > 1 else ''} could not be delivered"
        found.append(Trouble(Condition.ALERTS_DEAD, channel, detail))
    return tuple(found)


def _of_feed(feed: FeedRecord, now: datetime) -> Trouble | None:
    if feed.failing:
        if now - feed.good_at <= FAILING_FOR:
            return None
        detail = f"{feed.name}: {feed.reason} since {_utc(feed.good_at)}"
        return Trouble(Condition.FEED_FAILING, str(feed.id), detail)
    if feed.last_item_at is None or not is_silent(feed):
        return None
    detail = f"{feed.name}: nothing new since {_utc(feed.last_item_at)}, though it answers"
    return Trouble(Condition.FEED_SILENT, str(feed.id), detail)


def is_silent(feed: FeedRecord) -> bool:
    """Whether a feed has brought nothing for longer than its own rate explains (arrivals as a Poisson process).

    Silence counts up to the last good answer: of the time after, nothing is known of the feed.
    """
    if feed.known_from is None or feed.last_item_at is None or feed.items < KNOWN_BY:
        return False
    known_for = feed.last_item_at - feed.known_from
    silent_for = feed.good_at - feed.last_item_at
    if known_for <= timedelta() or silent_for < SILENT_AT_LEAST:
        return False
    return feed.items * (silent_for / known_for) >= MISSED_ITEMS


def _is_full(free: int, size: int, *, known: bool) -> bool:
    limit = min(max(DISK_BYTES, DISK_SHARE * size), DISK_ENOUGH)
    return free < limit * (DISK_RELIEF if known else 1)


def follow(known: Iterable[Known], found: Iterable[Trouble], now: datetime) -> tuple[Known, ...]:
    """What is known after a look: what began, what goes on, what is over. What nobody was told of ends in silence."""
    before = {one.key: one for one in known}
    after: dict[tuple[Condition, str], Known] = {}
    for trouble in found:
        one = before.pop((trouble.condition, trouble.subject), None) or Known(trouble, began_at=now)
        after[one.key] = replace(one, trouble=trouble, ended_at=None)
    for one in before.values():
        if one.told_at is not None:
            after[one.key] = replace(one, ended_at=one.ended_at or now)
    return tuple(after.values())


def words(known: Iterable[Known], last_told: Mapping[Condition, datetime], now: datetime) -> tuple[Word, ...]:
    """What is to be told now, one message a condition.

    Args:
        known: as `follow` left it.
        last_told: when each condition was last told of.
        now: UTC.
    """
    known = tuple(known)
    told = []
    for condition in Condition:
        ours = [one for one in known if one.trouble.condition is condition]
        began = tuple(one for one in ours if one.told_at is None)
        over = tuple(one for one in ours if one.ended_at is not None)
        waits = condition in GATHERED and condition in last_told and now - last_told[condition] < GATHERED_FOR
        if (began or over) and not waits:
            told.append(Word(condition, began, over, going_on=len(ours) - len(over)))
    return tuple(told)


def after_telling(known: Iterable[Known], told: Iterable[Word], now: datetime) -> tuple[Known, ...]:
    """What is known once the words are stored to be sent: what is over is forgotten."""
    began = {one.key for word in told for one in word.began}
    over = {one.key for word in told for one in word.over}
    return tuple(replace(one, told_at=now) if one.key in began else one for one in known if one.key not in over)


def _headline(word: Word) -> str:
    one, many, over = _HEADLINES[word.condition]
    if not word.began:
        return over if len(word.over) == 1 else f"{over} ({len(word.over)})"
    return one if len(word.began) == 1 else many.format(len(word.began))


_HEADLINES = {
    Condition.FEED_FAILING: ("A feed has failed for a day", "{} feeds have failed for a day", "Feeds work again"),
    Condition.FEED_SILENT: ("A feed has fallen silent", "{} feeds have fallen silent", "Silent feeds bring news again"),
    Condition.NO_POLL: ("No feed answers", "No feed answers", "Feeds answer again"),
    Condition.DISK_FULL: ("The disk is nearly full", "The disk is nearly full", "The disk has room again"),
    Condition.MODEL_OLD: ("The model is older than its seeds",) * 2 + ("The model knows its seeds again",),
    Condition.ALERTS_DEAD: ("Alerts could not be delivered",) * 2 + ("No alert waits for a hand any more",),
}

_WAY_OUT = {
    Condition.FEED_FAILING: "What to do: monitor feeds check, then mend or remove them in the config.",
    Condition.FEED_SILENT: "What to do: open the feed in a browser; it may have moved, or stopped.",
    Condition.NO_POLL: "What to do: look at this machine's network, then monitor doctor.",
    Condition.DISK_FULL: "What to do: free space, or lower retention.items. A full disk stops everything.",
    Condition.MODEL_OLD: "What to do: monitor train.",
    Condition.ALERTS_DEAD: "What to do: monitor alerts --state dead, mend the channel, then monitor alerts retry.",
}


def _listed(start: str, known: tuple[Known, ...]) -> list[str]:
    lines = [f"{start}{one.trouble.detail}" for one in known[:LISTED]]
    more = len(known) - len(lines)
    return [*lines, f"{start}and {more} more: monitor feeds list"] if more else lines


def _utc(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
