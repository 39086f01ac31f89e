"""Stage 4 of 6: Score → Hit: a score at or above its signal's threshold."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from monitor.domain.score import Reasons, Score, Term


@dataclass(frozen=True, slots=True)
class Hit:
    """A score that reached its threshold, with the words that weighed most."""

    signal: str
    score: float
    threshold: float
    model_id: str
    why: tuple[Term, ...] = ()
    nearest_seed: str | None = None  # the example it is most like
    confident: bool = True  # False: the model has no examples of the signal in the item's language
    on_fulltext: bool = False  # the score is that of the article's text


def because(score: Score, threshold: float, why: Reasons) -> Hit:
    """The hit that a score at or above its threshold is, with its reasons."""
    return Hit(
        signal=score.signal,
        score=score.value,
        threshold=threshold,
        model_id=score.model_id,
        why=why.terms,
        nearest_seed=why.nearest_seed,
        confident=why.confident,
        on_fulltext=score.on_fulltext,
    )


def reaching(scores: Iterable[Score], thresholds: Mapping[str, float]) -> list[Score]:
    """The scores at or above their signal's threshold; a signal without a threshold is not watched."""
    return [score for score in scores if score.signal in thresholds and score.value >= thresholds[score.signal]]
