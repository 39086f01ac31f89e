"""Score → Question: what an analyst is asked about next, the most useful first.

After ASReview's mix of the likely and the random: hits, the least sure first, which show false alerts; what scored
highest without being a hit, which shows what is missed; and now and then an item that nobody would look at.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain, zip_longest


class Reason(StrEnum):
    """Why an item is asked about."""

    HIT_WITHOUT_VERDICT = "hit_without_verdict"
    HIGHEST_WITHOUT_HIT = "highest_without_hit"  # for most, just below the threshold
    RANDOM_BELOW = "random_below"  # drawn from what scored far below the threshold
    STORY_ASKED_ABOUT = "story_asked_about"  # another report of its story comes before it, or has a verdict


_LIKELY = (Reason.HIT_WITHOUT_VERDICT, Reason.HIT_WITHOUT_VERDICT, Reason.HIGHEST_WITHOUT_HIT)

ROUND = (*_LIKELY * 3, Reason.RANDOM_BELOW, *_LIKELY * 3, Reason.HIT_WITHOUT_VERDICT)
"""One question in twenty is a random one, of the others two in three are about hits; then all over again."""


@dataclass(frozen=True, slots=True)
class Unjudged:
    """An item that has no verdict on the signal.

    Attributes:
        threshold: the signal's, in force now.
        stories: names of the story it tells; reports that share one are taken for reports of one event.
        judged: another report of its story has a verdict on the signal.
    """

    item_id: int
    signal: str
    score: float
    threshold: float
    stories: frozenset[str]
    judged: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """Does the item report the signal?"""

    about: Unjudged
    reason: Reason


def questions(hits: Iterable[Unjudged], others: Iterable[Unjudged], drawn: Iterable[Unjudged]) -> tuple[Question, ...]:
    """Everything to ask about one signal, the most useful first.

    One report of a story suffices: the rest of them come last. Neither the order of `hits` nor that of `others`
    changes anything.

    Args:
        hits: those without a verdict.
        others: what scored highest of all that is no hit.
        drawn: some of what scored far below, in the order drawn; at most one in twenty is asked about, one at least.
    """
    told: set[str] = set()
    unsure, more_hits = _told_apart(sorted(hits, key=lambda one: (one.score, one.item_id)), told)
    highest, more_others = _told_apart(sorted(others, key=lambda one: (-one.score, one.item_id)), told)
    random, _ = _told_apart(drawn, told)
    few = 1 + (len(unsure) + len(highest)) // len(ROUND)
    mixed = _mixed(
        {
            Reason.HIT_WITHOUT_VERDICT: iter(unsure),
            Reason.HIGHEST_WITHOUT_HIT: iter(highest),
            Reason.RANDOM_BELOW: iter(random[:few]),
        }
    )
    return (*mixed, *(Question(one, Reason.STORY_ASKED_ABOUT) for one in more_hits + more_others))


def in_turn(signals: Sequence[Sequence[Question]]) -> list[Question]:
    """The questions about several signals, each signal in its turn; further reports of a story after all others."""
    mixed = [one for one in chain.from_iterable(zip_longest(*signals)) if one is not None]
    return sorted(mixed, key=lambda one: one.reason is Reason.STORY_ASKED_ABOUT)


def _told_apart(reports: Iterable[Unjudged], told: set[str]) -> tuple[list[Unjudged], list[Unjudged]]:
    """The first report of each story, and the others; `told` is what was told before, and is added to."""
    first: list[Unjudged] = []
    others: list[Unjudged] = []
    for one in reports:
        known = one.judged or not told.isdisjoint(one.stories)
        (others if known else first).append(one)
        told |= one.stories
    return first, others


def _mixed(left: dict[Reason, Iterator[Unjudged]]) -> Iterator[Question]:
    while left:
        for reason in ROUND:
            if reason not in left:
                continue
            if (one := next(left[reason], None)) is None:
                del left[reason]
            else:
                yield Question(one, reason)
