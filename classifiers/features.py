"""Document → terms: words and pairs of words in two views, each with the weight its place gives it.

Two views of one text, words as written and Snowball stems, each with its single words and neighbouring pairs.
A term counts once however often it stands there, and a little more in the headline. The weights of an item
are divided by a damped length: full L2 normalisation would give an item with one matching term full length.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from classifiers.fold import Places, shipped_places
from classifiers.glossary import Glossary, shipped_glossary
from classifiers.text import MAX_TITLE, PASSAGE, Document
from classifiers.tokens import Token, read_token, surfaces

TITLE_WEIGHT = 1.25
LENGTH_PIVOT = 10
TYPICAL_LENGTH = 50
LENGTH_POWER = 0.15
SHORT = 25
"""Words; items with fewer are mostly a headline alone."""
SHORTNESS = 1.5
"""What such an item is given for the words it has no room for, per natural logarithm of what it lacks."""

_KNOWN_WORDS = 100_000
"""Words remembered, some 30 MB at most: bounds memory where items invent them."""


@dataclass(frozen=True, slots=True)
class View:
    """The words of headline and lead in one view, in order."""

    title: Sequence[str]
    lead: Sequence[str]

    def terms(self) -> dict[str, float]:
        """Each single word and neighbouring pair with its weight."""
        everything = [*self.title, *self.lead]
        weights = dict.fromkeys(everything, 1.0)
        weights.update(dict.fromkeys(map(" ".join, pairwise(everything)), 1.0))
        weights.update(dict.fromkeys(self.title, TITLE_WEIGHT))
        weights.update(dict.fromkeys(map(" ".join, pairwise(self.title)), TITLE_WEIGHT))
        return weights


@dataclass(frozen=True, slots=True)
class Reading:
    """A document as its tokens."""

    title: Sequence[Token]
    lead: Sequence[Token]

    @property
    def length(self) -> int:
        """Number of words."""
        return len(self.title) + len(self.lead)

    @property
    def headline(self) -> Reading:
        """The headline alone."""
        return Reading(self.title, ())

    def of(self, view: str) -> View:
        """The words of one view."""
        return View([t.of(view) for t in self.title], [t.of(view) for t in self.lead])


def damping(lengths: npt.NDArray[np.integer[Any]]) -> npt.NDArray[np.float64]:
    """What the weights of items of so many words are divided by."""
    return np.asarray(((lengths + LENGTH_PIVOT) / (TYPICAL_LENGTH + LENGTH_PIVOT)) ** LENGTH_POWER)


def damping_of(length: int) -> float:
    """The damping of one item."""
    return float(damping(np.array(length)))


def allowance(lengths: npt.NDArray[np.integer[Any]]) -> npt.NDArray[np.float64]:
    """What is added to the decision values of items of so many words: a headline says less than headline and lead."""
    lacking = np.log((SHORT + LENGTH_PIVOT) / (lengths + LENGTH_PIVOT))
    return np.asarray(SHORTNESS * np.maximum(lacking, 0.0))


@dataclass(slots=True)
class Analyzer:
    """Reads documents; remembers at most 100,000 of the words it has met."""

    places: Places = field(default_factory=shipped_places)
    glossary: Glossary = field(default_factory=shipped_glossary)
    _known: dict[tuple[str, str | None], tuple[str, Token]] = field(default_factory=dict)

    def read(self, document: Document) -> Reading:
        """Headline and lead of a document as folded tokens."""
        return Reading(
            self.tokens(document.title[:MAX_TITLE], document.lang), self.tokens(document.body[:PASSAGE], document.lang)
        )

    def tokens(self, text: str, lang: str | None) -> list[Token]:
        """The words of a text; a name of several words is one token. Spellings are kept."""
        read = [self._remembered(surface, lang) for surface in surfaces(text)]
        words = [word for word, _ in read]
        found: list[Token] = []
        position = 0
        while position < len(read):
            size, label = self.places.sequence_at(words, position) or (1, None)
            _, token = read[position]
            if label is not None:
                token = Token(" ".join(one.surface for _, one in read[position : position + size]), label, label)
            found.append(token)
            position += size
        return found

    def fold(self, token: Token, lang: str | None) -> Token:
        """A single word as it counts: the class of a name, the English stem of a core word, or the word itself."""
        label = self.places.class_of(token, lang)
        return self.glossary.read(token, lang) if label is None else Token(token.surface, label, label)

    def _remembered(self, surface: str, lang: str | None) -> tuple[str, Token]:
        """A word as it is compared, and as it counts."""
        known = self._known.get((surface, lang))
        if known is None:
            if len(self._known) >= _KNOWN_WORDS:
                self._known.clear()
            token = read_token(surface, lang)
            known = self._known[surface, lang] = token.word, self.fold(token, lang)
        return known
