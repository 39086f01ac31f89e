"""Score → Article → Score, beside stage 3 of 6: which items deserve a second look, and what it was worth.

A feed often says too little to judge by. Where it leaves doubt, the page behind the item is fetched, and the item is
scored again with its text. A page can raise an item and never lower it: what comes may be a notice about cookies, a
stub before a paywall, or another article. What goes wrong costs nothing: the first score stands.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from monitor.domain.alert import BACKLOG_AFTER, OLD_NEWS_AFTER
from monitor.domain.item import Item
from monitor.domain.score import Score

GATE = 0.002
"""Share of a signal's threshold from which a score leaves doubt: 1 in 1,000 at the default threshold, the rate of
positives in the news at large. What scores below is less likely a positive than an item nothing is known of."""

MOST_AT_ONCE = 50
"""Pages asked for one poll of one feed, whatever it lists: a feed cannot send the monitor against others at will."""

WINDOW = timedelta(days=1)
"""Over this time, pages of gray items are at most the stated share of all new items."""


class Mode(StrEnum):
    """Which items of a feed get a second look; the config's `feeds[].fulltext`."""

    OFF = "off"
    GRAY = "gray"
    ALWAYS = "always"


class Look(StrEnum):
    """What became of an item's second look; stored in `items.fulltext`."""

    WANTED = "wanted"  # decided; stored only where a program ended in between, which stores nothing
    # not asked for, because …
    NO_LINK = "no_link"
    BACKLOG = "backlog"  # first poll of a feed, and not fresh, or undated
    OLD_NEWS = "old_news"  # could not be alerted
    CLEAR_HIT = "clear_hit"  # the feed's own words suffice
    CLEAR_MISS = "clear_miss"  # no score comes near its threshold
    SHARE_SPENT = "share_spent"
    TOO_MANY = "too_many"  # in one poll of one feed
    # asked for, and …
    RAISED = "raised"  # a score rose
    NOT_HIGHER = "not_higher"  # the words of the feed score as high
    STUB = "stub"  # the page says no more than the feed
    UNREADABLE = "unreadable"  # no page of text: a refusal, a video, a file
    FETCH_FAILED = "fetch_failed"
    OUT_OF_TIME = "out_of_time"  # the pages of this feed took too long together


UNASKED = frozenset({Look.NO_LINK, Look.BACKLOG, Look.OLD_NEWS, Look.CLEAR_HIT, Look.CLEAR_MISS, Look.SHARE_SPENT,
                     Look.TOO_MANY})  # fmt: skip
FAILED = frozenset({Look.UNREADABLE, Look.FETCH_FAILED, Look.OUT_OF_TIME})


@dataclass(frozen=True, slots=True)
class Spent:
    """New items within `WINDOW`, of all feeds, and the pages asked for on behalf of gray ones among them."""

    items: int = 0
    pages: int = 0

    def room(self, share: float) -> int:
        """How many more pages `share` of the items allows."""
        return max(int(self.items * share) - self.pages, 0)


@dataclass(frozen=True, slots=True)
class SecondLook:
    """An item after its second look.

    Attributes:
        scores: for each signal the higher of both.
        article: the item with the article's words; None where no score stands on them.
    """

    look: Look
    scores: tuple[Score, ...]
    article: Item | None = None


def choose(
    mode: Mode,
    items: Sequence[Item],
    scores: Sequence[Sequence[Score]],
    thresholds: Mapping[str, float],
    *,
    primed: bool,
    room: int,
    now: datetime,
) -> tuple[Look | None, ...]:
    """For each new item of a feed, `WANTED` or why not; None where the feed wants none.

    Where there is not room for all, those nearest to their threshold come first.

    Args:
        mode: the feed's.
        items: what the feed lists and has not listed before.
        scores: of each item.
        thresholds: of the signals watched; others do not count.
        primed: False on the feed's first poll.
        room: pages the share allows in gray mode.
        now: UTC.
    """
    if mode is Mode.OFF:
        return (None,) * len(items)
    near = [_nearness(each, thresholds) for each in scores]
    looks = [_look(mode, item, nearness, primed=primed, now=now) for item, nearness in zip(items, near, strict=True)]
    wanted = sorted((n for n, look in enumerate(looks) if look is Look.WANTED), key=lambda n: (-near[n], n))
    left = min(room, MOST_AT_ONCE) if mode is Mode.GRAY else MOST_AT_ONCE
    for n in wanted[left:]:
        looks[n] = Look.TOO_MANY if left == MOST_AT_ONCE else Look.SHARE_SPENT
    return tuple(looks)


def _look(mode: Mode, item: Item, nearness: float, *, primed: bool, now: datetime) -> Look:
    if not item.url:
        return Look.NO_LINK
    age = now - (item.published_at or now)
    if not primed and (item.published_at is None or age > BACKLOG_AFTER):
        return Look.BACKLOG
    if mode is Mode.ALWAYS:
        return Look.WANTED
    if age > OLD_NEWS_AFTER:
        return Look.OLD_NEWS
    if nearness >= 1:
        return Look.CLEAR_HIT
    return Look.WANTED if nearness >= GATE else Look.CLEAR_MISS


def _nearness(scores: Sequence[Score], thresholds: Mapping[str, float]) -> float:
    """The best score as a share of its threshold; 1 or more is a hit."""
    return max((score.value / thresholds[score.signal] for score in scores if score.signal in thresholds), default=0.0)


def with_text(item: Item, text: str) -> Item | None:
    """The item with the words of its article, the feed's own first where the page lacks them; None for a stub.

    A page shorter than what the feed says of it adds nothing: a paywall, a teaser, a consent form.
    """
    if len(text) <= len(item.summary):
        return None
    start = item.summary.rstrip("…. ")[:_SAME_START]
    return replace(item, summary=text if start in text else f"{item.summary}\n{text}")


_SAME_START = 80  # characters of a summary that are looked for in the article


def weigh(first: Sequence[Score], second: Sequence[Score], article: Item) -> SecondLook:
    """What the second look was worth: for each signal the higher score, noted where it stands on the article."""
    scores = tuple(
        replace(after, on_fulltext=True) if after.value > before.value else before
        for before, after in zip(first, second, strict=True)
    )
    raised = any(score.on_fulltext for score in scores)
    return SecondLook(Look.RAISED, scores, article) if raised else SecondLook(Look.NOT_HIGHER, scores)
