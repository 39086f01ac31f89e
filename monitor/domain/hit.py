"""Stage 4 of 6: Score → Hit: a score at or above its signal's threshold."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from monitor.domain.score import Score, Term


@dataclass(frozen=True, slots=True)
class Hit:
    """A score that reached its threshold, with the words that weighed most."""

    signal: str
    score: float
    threshold: float
    model_id: str
    why: tuple[Term, ...] = ()


def reaching(scores: Iterable[Score], thresholds: Mapping[str, float]) -> list[Score]:
    """The scores at or above their signal's threshold; a signal without a threshold is not watched."""
    return [score for score in scores if score.signal in thresholds and score.value >= thresholds[score.signal]]
