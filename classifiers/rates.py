"""In what share of ordinary news a term stands, in any language: the other half of its log-odds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from classifiers import wordlists
from classifiers.background import MIN_ITEMS, Background, Counts
from classifiers.errors import BackgroundError
from classifiers.fold import CLASSES
from classifiers.glossary import shipped_glossary
from classifiers.tokens import STEMS, WORDS

Floats = npt.NDArray[np.float64]

REFERENCE = "en"
PAIR_SHARE = 0.1
"""Of the items that hold the rarer of two words, the share taken to hold them side by side, where none were counted."""
PRIOR = 20_000
"""Items of a service's own stream from which their counts weigh more than what is known of the language otherwise."""
FLOOR = 4e-5
"""Share of items taken to hold a word that a word list does not know."""


def log_odds(held: npt.ArrayLike, among: npt.ArrayLike, share: npt.ArrayLike, smoothing: float) -> Floats:
    """How much commoner terms are in examples than elsewhere, as a logarithm; 0 where they are not.

    Args:
        held: Number of examples that hold each term.
        among: Number of examples.
        share: Share of ordinary documents that hold each term.
        smoothing: Added to the documents that hold a term, and to those that do not.
    """
    seen = (np.asarray(held) + smoothing) / (np.asarray(among) + 2 * smoothing)
    return np.asarray(np.maximum(np.log(seen / np.asarray(share)), 0.0))


@dataclass(frozen=True, slots=True, eq=False)
class Rates:
    """Shares of ordinary items that hold a term, from counts, word lists, or the seeds that are not positives."""

    background: Background
    borrowed: frozenset[str] = field(default_factory=lambda: shipped_glossary().stems)

    def __post_init__(self) -> None:
        if REFERENCE not in self.background.counts or not len(self.background.sample):
            raise BackgroundError(
                f"background {self.background.checksum}: holds no items in {REFERENCE!r}; build it from news that does"
            )

    def share(self, view: str, term: str, langs: Mapping[str, int]) -> float:
        """Share of items that hold a term, averaged over languages with the given weights."""
        total = sum(langs.values())
        return sum(self._in(view, term, lang) * n for lang, n in langs.items()) / total

    def _in(self, view: str, term: str, lang: str) -> float:
        known, own = self._known(view, term, lang), self.background.own.get(lang)
        return known if own is None else (own.view(view).get(term, 0) + PRIOR * known) / (own.items + PRIOR)

    def _known(self, view: str, term: str, lang: str) -> float:
        counts = self.background.counts.get(lang)
        if counts is not None:
            return _counted(counts, view, term)
        parts = term.split(" ")
        if all(self._borrowed(view, part) for part in parts):
            return _counted(self.background.counts[REFERENCE], view, term)
        if len(parts) == 1:
            return self._word(view, term, lang)
        return max(FLOOR, PAIR_SHARE * min(self._word(view, part, lang) for part in parts))

    def _word(self, view: str, word: str, lang: str) -> float:
        if self._borrowed(view, word):
            return _counted(self.background.counts[REFERENCE], view, word)
        if lang in wordlists.listed():
            words, stems = wordlists.shares(lang)
            return max(FLOOR, (words if view == WORDS else stems).get(word, 0.0))
        return FLOOR

    def _borrowed(self, view: str, word: str) -> bool:
        """Whether words of all languages are read as this one."""
        return word in CLASSES or (view == STEMS and word in self.borrowed)


def _counted(counts: Counts, view: str, term: str) -> float:
    # Terms below the cut of the file are taken to stand in half as many items as the cut.
    return (counts.view(view).get(term, MIN_ITEMS / 2) + 0.5) / (counts.items + 1)
