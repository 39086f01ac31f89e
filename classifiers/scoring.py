"""Many documents at once → decision values, by table look-ups on numbers instead of strings.

Gives the same values as adding up the terms of :mod:`classifiers.features` one by one; a test holds them together.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from threading import Lock

import numpy as np
import numpy.typing as npt

from classifiers.features import TITLE_WEIGHT, Analyzer, allowance, damping
from classifiers.fold import LONGEST_NAME
from classifiers.linear import Linear
from classifiers.text import MAX_TITLE, PASSAGE, Document
from classifiers.tokens import VIEWS, Token, compared, read_token, surfaces

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_CACHED_WORDS = 300_000
"""Spellings remembered, of some 170 bytes each."""

_OPENS, _CONTINUES, _FLAGS = 1, 2, 2
"""The low bits of a code tell whether a name of several words may begin with the word, or go on with it."""


@dataclass(frozen=True, slots=True, eq=False)
class _Table:
    """One view's weights, by number of a word and by pair of numbers; row 0 is 'no such term'."""

    numbers: Mapping[str, int]
    singles: Floats
    pairs: Ints
    pair_weights: Floats

    def values(self, words: Ints, owner: Ints, emphasis: Floats, documents: int) -> Floats:
        """Sum of the term weights of each document, shape (documents, signals)."""
        size = len(self.singles)
        known = words > 0
        total = _added(owner[known] * size + words[known], emphasis[known], self.singles, size, documents)
        beside = known[:-1] & known[1:] & (owner[:-1] == owner[1:])
        keys = words[:-1][beside] * size + words[1:][beside]
        spot = np.searchsorted(self.pairs, keys)
        spot[spot == len(self.pairs)] = 0
        hit = self.pairs[spot] == keys if len(self.pairs) else np.zeros(len(keys), dtype=bool)
        both = np.minimum(emphasis[:-1][beside], emphasis[1:][beside])[hit]
        size = max(len(self.pairs), 1)
        return total + _added(owner[:-1][beside][hit] * size + spot[hit], both, self.pair_weights, size, documents)


def _added(keys: Ints, emphasis: Floats, weights: Floats, size: int, documents: int) -> Floats:
    """Adds each document's distinct terms, each with the strongest emphasis it occurs with."""
    distinct, group = np.unique(keys, return_inverse=True)
    strongest = np.zeros(len(distinct))
    np.maximum.at(strongest, group, emphasis)
    total = np.zeros((documents, weights.shape[1]))
    owner = distinct // size
    for j in range(weights.shape[1]):
        total[:, j] = np.bincount(owner, strongest * weights[distinct % size, j], minlength=documents)
    return total


def _table(terms: Sequence[str], weights: Floats) -> _Table:
    parts = sorted({part for term in terms for part in term.split(" ")})
    numbers = {part: i for i, part in enumerate(parts, 1)}
    size = len(parts) + 1
    singles = np.zeros((size, weights.shape[1]))
    pairs = {}
    for term, row in zip(terms, weights, strict=True):
        first, _, second = term.partition(" ")
        if second:
            pairs[numbers[first] * size + numbers[second]] = row
        else:
            singles[numbers[first]] = row
    keys = sorted(pairs)
    stacked = np.array([pairs[key] for key in keys]).reshape(len(keys), weights.shape[1])
    return _Table(numbers, singles, np.array(keys, dtype=np.int64), stacked)


def _sizes(codes: Sequence[Sequence[int]]) -> Ints:
    return np.fromiter(map(len, codes), np.int64, len(codes))


def _joined(codes: Sequence[Sequence[int]]) -> Ints:
    return np.fromiter(chain.from_iterable(codes), np.int64)


@dataclass(slots=True, eq=False)
class BatchScorer:
    """Decision values of documents of the length of a feed item.

    Remembers a number for each spelling in each language it has met, and begins anew after 300,000: some 50 MB at most.
    """

    linear: Linear
    analyzer: Analyzer
    _tables: dict[str, _Table] = field(init=False)
    _spellings: dict[str | None, dict[str, int]] = field(init=False, default_factory=dict)
    _codes: dict[tuple[int, ...], int] = field(init=False)
    _numbers: dict[str, array[int]] = field(init=False)
    _lock: Lock = field(init=False, default_factory=Lock)

    def __post_init__(self) -> None:
        self._tables = {view: _table(w.terms, w.weights) for view, w in self.linear.views.items()}
        self._numbers = {view: array("q", [0]) for view in VIEWS}
        self._codes = {(0,) * len(VIEWS): 0}

    def decide(self, documents: Sequence[Document]) -> Floats:
        """Decision values, shape (documents, signals)."""
        with self._lock:
            return self._decide(documents)

    @property
    def remembered(self) -> int:
        """How many spellings are remembered."""
        return sum(map(len, self._spellings.values()))

    def _decide(self, documents: Sequence[Document]) -> Floats:
        if self.remembered > _CACHED_WORDS:
            self._spellings.clear()
        texts = [
            (text, document.lang)
            for document in documents
            for text in (document.title[:MAX_TITLE], document.body[:PASSAGE])
        ]
        codes = self._folded(texts, [self._read(*text) for text in texts])
        sizes = _sizes(codes)
        lengths = sizes[0::2] + sizes[1::2]
        flat = _joined(codes) >> _FLAGS
        owner = np.repeat(np.arange(len(documents)), lengths)
        emphasis = np.repeat(np.tile([TITLE_WEIGHT, 1.0], len(documents)), sizes)
        total = np.zeros((len(documents), len(self.linear.intercept)))
        for view, table in self._tables.items():
            words = np.frombuffer(self._numbers[view], dtype=np.int64)[flat]
            total += table.values(words, owner, emphasis, len(documents))
        return total / damping(lengths)[:, None] + allowance(lengths)[:, None] + self.linear.intercept

    def _read(self, text: str, lang: str | None) -> list[int]:
        """The codes of a text, each word by itself."""
        known = self._spellings.setdefault(lang, {})
        words = surfaces(text)
        try:
            return list(map(known.__getitem__, words))
        except KeyError:
            known.update((word, self._learnt(word, lang)) for word in set(words).difference(known))
            return list(map(known.__getitem__, words))

    def _folded(self, texts: Sequence[tuple[str, str | None]], codes: list[list[int]]) -> list[list[int]]:
        """The codes, with one for each name of several words."""
        flat = _joined(codes)
        begins = (flat[:-1] & _OPENS > 0) & (flat[1:] & _CONTINUES > 0)
        ends = np.cumsum(_sizes(codes))
        for i in np.unique(np.searchsorted(ends, np.flatnonzero(begins), side="right")).tolist():
            codes[i] = list(self._named(surfaces(texts[i][0]), codes[i]))
        return codes

    def _named(self, spelt: Sequence[str], codes: Sequence[int]) -> Iterator[int]:
        position = 0
        while position < len(spelt):
            size, code = 1, codes[position]
            if code & _OPENS:
                words = [compared(surface) for surface in spelt[position : position + LONGEST_NAME]]
                size, label = self.analyzer.places.sequence_at(words, 0) or (1, None)
                code = code if label is None else self._code(Token(label, label, label)) << _FLAGS
            yield code
            position += size

    def _learnt(self, surface: str, lang: str | None) -> int:
        token, places = read_token(surface, lang), self.analyzer.places
        opens, continues = token.word in places.openings, token.word in places.continuations
        flags = (_OPENS if opens else 0) | (_CONTINUES if continues else 0)
        return self._code(self.analyzer.fold(token, lang)) << _FLAGS | flags

    def _code(self, token: Token) -> int:
        """The number of a word by what the tables know of it: 0 where none knows it."""
        numbers = tuple([table.numbers.get(token.of(view), 0) for view, table in self._tables.items()])
        code = self._codes.get(numbers)
        if code is None:
            code = self._codes[numbers] = len(self._codes)
            for view, number in zip(self._tables, numbers, strict=True):
                self._numbers[view].append(number)
        return code
