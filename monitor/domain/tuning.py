"""Scores → what a threshold would have meant: alerts a day, stories raised and dropped, precision and recall."""

import math
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise

from monitor.domain.retelling import Assign, Candidate, ToldStory, told_stories
from monitor.domain.story import assign

FLOOR = 0.02
"""Scores below are not looked at one by one: one item in fifty would be a report."""

GRID = (0.02, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95,
        0.98, 0.99)  # fmt: skip
"""Thresholds to compare."""

ENOUGH_VERDICTS = 10
"""Stories with a verdict; fewer say less than the scores themselves."""

_BANDS = (0.1, 0.25, 0.5, 0.75, 0.9)  # verdicts are not spread evenly over the scores: each band is weighed by its size
_Z = 1.959964  # the 95 % interval
_DECIMALS = (2, 3, 4)  # people read 0.62 more easily than 0.6183


class Source(StrEnum):
    """What an estimate rests on."""

    VERDICTS = "verdicts"
    SCORES = "scores"  # a score is a probability: their sum is the number of reports to expect
    UNKNOWN = "unknown"


class Advice(StrEnum):
    """Why a threshold is suggested, or none."""

    WANTED = "wanted"  # the lowest threshold that keeps to the wanted number
    ALL_WITHIN = "all_within"  # everything above the floor is still within it
    TOO_MANY_AT_TOP = "too_many_at_top"  # more score nearly 1 than are wanted
    NOTHING_SCORED = "nothing_scored"


@dataclass(frozen=True, slots=True)
class Stream:
    """A period of the stored stream, as one signal sees it.

    Attributes:
        items: scored items in the period.
        floor: candidates are all that scored at or above it.
        below: sum of the scores below the floor: the reports to expect there.
    """

    since: datetime
    until: datetime
    items: int
    floor: float
    below: float
    candidates: tuple[Candidate, ...]

    @property
    def days(self) -> float:
        """Length of the period; less than a day counts as one."""
        return max((self.until - self.since) / timedelta(days=1), 1.0)


@dataclass(frozen=True, slots=True)
class Estimate:
    """A share, 0 to 1, with its 95 % interval where there is one."""

    value: float | None
    low: float | None
    high: float | None
    source: Source


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a threshold would have meant.

    Attributes:
        raised, dropped: stories, compared with the threshold in force.
        false_per_10000: false alerts to expect by the scores, per 10,000 items.
        trained_recall: cross-validated, at as many false alerts; None outside the curve in the model's manifest.
    """

    threshold: float
    alerts: int
    per_day: float
    raised: int
    dropped: int
    precision: Estimate
    recall: Estimate
    false_per_10000: float
    trained_recall: float | None


@dataclass(frozen=True, slots=True)
class Suggestion:
    """The threshold for a wanted number of alerts a day; None where no threshold keeps to it."""

    threshold: float | None
    reason: Advice


@dataclass(frozen=True, slots=True)
class Study:
    """One signal: its stories from the highest score down, what each threshold would have meant, the suggestion."""

    in_force: float
    stories: tuple[ToldStory, ...]
    outcomes: tuple[Outcome, ...]
    suggestion: Suggestion

    def outcome(self, threshold: float) -> Outcome | None:
        """What this threshold would have meant; None for one that is not in the study."""
        return next((one for one in self.outcomes if one.threshold == threshold), None)

    def changed(self, threshold: float) -> list[ToldStory]:
        """Stories that this threshold raises (or drops) and the one in force does not."""
        low, high = sorted((threshold, self.in_force))
        return [story for story in self.stories if low <= story.score < high]


def study(
    stream: Stream, in_force: float, per_day: float, curve: Mapping[float, float], rule: Assign = assign
) -> Study:
    """Work out everything about one signal.

    Args:
        stream: the period to look at.
        in_force: the threshold of the config.
        per_day: wanted alerts a day.
        curve: cross-validated recall by false alerts per 10,000 items; empty where no model is known.
        rule: puts items into stories, as in the pipeline.
    """
    stories = told_stories(stream.candidates, rule)
    suggestion = suggest([story.score for story in stories], stream.days * per_day, stream.floor)
    extra = {in_force} | ({suggestion.threshold} if suggestion.threshold is not None else set())
    thresholds = sorted({value for value in GRID if value >= stream.floor} | extra)
    measured = _Measure(stream, stories, curve)
    outcomes = tuple(measured.outcome(threshold, in_force) for threshold in thresholds)
    return Study(in_force, tuple(stories), outcomes, suggestion)


def suggest(heights: Sequence[float], wanted: float, floor: float) -> Suggestion:
    """The lowest threshold that at most `wanted` stories reach.

    Args:
        heights: the highest score of each story, in falling order.
        wanted: alerts in the whole period.
        floor: no lower threshold is suggested.
    """
    allowed = math.floor(wanted + 1e-9)
    if not heights:
        return Suggestion(None, Advice.NOTHING_SCORED)
    if len(heights) <= allowed:
        return Suggestion(floor, Advice.ALL_WITHIN)
    over = heights[allowed]  # the highest story that is too many
    above = next((height for height in reversed(heights[:allowed]) if height > over), 1.0)
    for decimals in _DECIMALS:
        threshold = (math.floor(over * 10**decimals) + 1) / 10**decimals
        if over < threshold <= above and threshold < 1:
            return Suggestion(threshold, Advice.WANTED)
    if above < 1:
        return Suggestion(above, Advice.WANTED)
    return Suggestion(None, Advice.TOO_MANY_AT_TOP)


def wilson(yes: int, total: int) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson, "Probable inference", JASA 1927); the whole range where `total` is 0."""
    if not total:
        return 0.0, 1.0
    share, square = yes / total, _Z**2
    middle = share + square / (2 * total)
    margin = _Z * math.sqrt(share * (1 - share) / total + square / (4 * total**2))
    scale = 1 + square / total
    return max((middle - margin) / scale, 0.0), min((middle + margin) / scale, 1.0)


class _Measure:
    """Counts and estimates over one signal's stories, highest score first."""

    def __init__(self, stream: Stream, stories: Sequence[ToldStory], curve: Mapping[float, float]) -> None:
        self._stream = stream
        self._stories = stories
        self._curve = curve
        self._heights = [-story.score for story in stories]
        self._judged = sum(story.verdict is not None for story in stories) >= ENOUGH_VERDICTS
        self._bands = _shares(stories)

    def outcome(self, threshold: float, in_force: float) -> Outcome:
        alerts, before = self._reaching(threshold), self._reaching(in_force)
        reached = [one.score for one in self._stream.candidates if one.score >= threshold]
        false = 10_000 * (len(reached) - sum(reached)) / max(self._stream.items, 1)
        return Outcome(
            threshold=threshold,
            alerts=alerts,
            per_day=alerts / self._stream.days,
            raised=max(alerts - before, 0),
            dropped=max(before - alerts, 0),
            precision=self._precision(self._stories[:alerts]),
            recall=self._recall_judged(alerts) if self._judged else self._recall_expected(reached),
            false_per_10000=false,
            trained_recall=_interpolated(self._curve, false),
        )

    def _reaching(self, threshold: float) -> int:
        return bisect_left(self._heights, math.nextafter(-threshold, math.inf))

    def _precision(self, raised: Sequence[ToldStory]) -> Estimate:
        if not raised:
            return Estimate(None, None, None, Source.UNKNOWN)
        verdicts = [story.verdict for story in raised if story.verdict is not None]
        if self._judged and verdicts:
            return Estimate(sum(verdicts) / len(verdicts), *wilson(sum(verdicts), len(verdicts)), Source.VERDICTS)
        return Estimate(sum(story.score for story in raised) / len(raised), None, None, Source.SCORES)

    def _recall_judged(self, alerts: int) -> Estimate:
        """Reports found over all: each story stands for the share of yes among the judged ones of its band."""
        found = [sum(part) for part in zip(*(self._share(one) for one in self._stories[:alerts]), strict=True)]
        missed = [sum(part) for part in zip(*(self._share(one) for one in self._stories[alerts:]), strict=True)]
        (low, mid, high), (few, some, many) = found or [0.0] * 3, missed or [0.0] * 3
        below = self._stream.below
        value, least, most = _part(mid, some + below), _part(low, many + below), _part(high, few + below)
        return Estimate(value, least, most, Source.VERDICTS if value is not None else Source.UNKNOWN)

    def _share(self, story: ToldStory) -> tuple[float, float, float]:
        if story.verdict is not None:
            return (float(story.verdict),) * 3
        return self._bands.get(_band(story.score), (story.score,) * 3)

    def _recall_expected(self, reached: Sequence[float]) -> Estimate:
        found = sum(reached)
        value = _part(found, sum(one.score for one in self._stream.candidates) + self._stream.below - found)
        return Estimate(value, None, None, Source.SCORES if value is not None else Source.UNKNOWN)


def _interpolated(curve: Mapping[float, float], rate: float) -> float | None:
    for (left, low), (right, high) in pairwise(sorted(curve.items())):
        if left <= rate <= right:
            return low + (high - low) * (rate - left) / (right - left)
    return None


def _shares(stories: Iterable[ToldStory]) -> dict[int, tuple[float, float, float]]:
    """By band of scores: the share of yes among the judged stories, between the ends of its interval."""
    verdicts: dict[int, list[bool]] = defaultdict(list)
    for story in stories:
        if story.verdict is not None:
            verdicts[_band(story.score)].append(story.verdict)
    shares = {}
    for band, said in verdicts.items():
        low, high = wilson(sum(said), len(said))
        shares[band] = (low, sum(said) / len(said), high)
    return shares


def _band(score: float) -> int:
    return sum(score >= edge for edge in _BANDS)


def _part(found: float, missed: float) -> float | None:
    return found / (found + missed) if found + missed > 0 else None
