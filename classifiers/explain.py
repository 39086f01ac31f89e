"""Why a document has its decision value: each term's share, in the words of the text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise

from classifiers.features import Reading, damping_of
from classifiers.linear import Linear
from classifiers.tokens import VIEWS, Token


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one term adds to the decision value; ``term`` is spelt as in the text."""

    term: str
    weight: float


def contributions(linear: Linear, reading: Reading, signal: int) -> tuple[Contribution, ...]:
    """Every term's share, largest first by size; with the intercept they sum to the decision value."""
    spelt = dict(_spellings(reading))
    damping = damping_of(reading.length)
    total: dict[str, float] = {}
    for view in VIEWS:
        weights = linear.views[view].by_term
        for term, emphasis in reading.of(view).terms().items():
            row = weights.get(term)
            if row is not None and row[signal]:
                spelling = spelt[view, term]
                total[spelling] = total.get(spelling, 0.0) + emphasis * float(row[signal]) / damping
    ranked = sorted(total.items(), key=lambda pair: (-abs(pair[1]), pair[0]))
    return tuple(Contribution(term, weight) for term, weight in ranked)


def _spellings(reading: Reading) -> Iterator[tuple[tuple[str, str], str]]:
    """Each term of each view with how it is first written; later pairs win in a dict, so last comes first."""
    tokens: Sequence[Token] = [*reading.title, *reading.lead]
    singles = ((token,) for token in reversed(tokens))
    pairs = reversed(list(pairwise(tokens)))
    for run in chain(singles, pairs):
        spelling = " ".join(token.surface for token in run)
        for view in VIEWS:
            yield (view, " ".join(token.of(view) for token in run)), spelling
