"""Stage 4 of 6: Score → Hit: a score at or above its signal's threshold."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from monitor.domain.item import Item, text_hash
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


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a hit rested on, to be kept with the alert.

    Attributes:
        text_hash: of what the feed says, as by `item.text_hash`.
        text_source: "feed", or "article" where the score is that of the article's text.
    """

    text_hash: str
    text_source: str
    signal: str
    score: float
    threshold: float
    model_id: str


def evidence(item: Item, hits: Iterable[Hit]) -> tuple[Evidence, ...]:
    """What each of an item's hits rested on."""
    told = text_hash(item.title, item.summary)
    return tuple(
        Evidence(told, "article" if hit.on_fulltext else "feed", hit.signal, hit.score, hit.threshold, hit.model_id)
        for hit in hits
    )


def reaching(scores: Iterable[Score], thresholds: Mapping[str, float]) -> list[Score]:
    """The scores at or above their signal's threshold; a signal without a threshold is not watched."""
    return [score for score in scores if score.signal in thresholds and score.value >= thresholds[score.signal]]
