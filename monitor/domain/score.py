"""Stage 3 of 6: Item → Score: one probability per signal."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Term:
    """Words of the item and what they added to (or took from) the decision, in log-odds."""

    term: str
    weight: float


@dataclass(frozen=True, slots=True)
class Reasons:
    """Why a document has its score for one signal.

    Attributes:
        terms: its words that weighed most, strongest first.
        nearest_seed: the example it is most like, as `signal/file`; None where it is like none.
        confident: False where the model has no examples of the signal in the document's language.
    """

    terms: tuple[Term, ...]
    nearest_seed: str | None = None
    confident: bool = True


@dataclass(frozen=True, slots=True)
class Score:
    """The probability, 0 to 1, that an item reports `signal`, according to the model `model_id`."""

    signal: str
    value: float
    model_id: str
    on_fulltext: bool = False  # of the article's text, not of the feed's own words
