"""Labelled examples and sampled ordinary items as matrices over a vocabulary."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from classifiers.background import Sample
from classifiers.features import TITLE_WEIGHT, Analyzer, damping
from classifiers.text import Document
from classifiers.tokens import VIEWS, WORDS, read_token

UNKNOWN = -1


@dataclass(frozen=True, slots=True, eq=False)
class Examples:
    """Labelled documents: 1 an example of the signal, 0 not one, -1 not judged for it; shape (n, signals)."""

    terms: Mapping[str, Sequence[Mapping[str, float]]]
    lengths: npt.NDArray[np.int64]
    langs: Sequence[str]
    labels: npt.NDArray[np.int8]

    def matrix(self, view: str, columns: Mapping[str, int]) -> sparse.csr_matrix:
        """Damped term weights, shape (n, terms)."""
        dampings = damping(self.lengths)
        cells = [
            (i, columns[term], weight / dampings[i])
            for i, weights in enumerate(self.terms[view])
            for term, weight in weights.items()
            if term in columns
        ]
        rows, cols, values = zip(*cells, strict=True) if cells else ((), (), ())
        return sparse.csr_matrix((np.array(values, dtype=float), (rows, cols)), (len(self.lengths), len(columns)))

    def take(self, rows: npt.NDArray[np.intp]) -> Examples:
        """Some of the examples."""
        return Examples(
            {view: [terms[i] for i in rows] for view, terms in self.terms.items()},
            self.lengths[rows],
            [self.langs[i] for i in rows],
            self.labels[rows],
        )


def read_examples(documents: Sequence[Document], labels: npt.NDArray[np.int8], analyzer: Analyzer) -> Examples:
    """Documents and their labels, ready to fit."""
    readings = [analyzer.read(document) for document in documents]
    return Examples(
        {view: [reading.of(view).terms() for reading in readings] for view in VIEWS},
        np.array([reading.length for reading in readings], dtype=np.int64),
        [document.lang or "en" for document in documents],
        labels,
    )


@dataclass(frozen=True, slots=True, eq=False)
class Ordinary:
    """Sampled ordinary items, and which of them are used."""

    sample: Sample
    rows: npt.NDArray[np.intp]
    keys: Mapping[str, Mapping[str, Sequence[str]]]
    """For each view and language, the term that each number of the sample stands for."""

    def matrix(self, view: str, columns: Mapping[str, int]) -> sparse.csr_matrix:
        """Damped term weights, shape (items, terms)."""
        sample = self.sample
        if not len(self.rows):
            return sparse.csr_matrix((0, len(columns)))
        blocks = [self._block(i, view, columns) for i in range(len(sample.langs))]
        everything = sparse.vstack(blocks, format="csr")
        scale = sparse.diags_array(1.0 / damping(self.lengths))
        order = np.argsort(np.concatenate([self._of(i) for i in range(len(sample.langs))]), kind="stable")
        return sparse.csr_matrix(scale @ everything[order])

    @property
    def lengths(self) -> npt.NDArray[np.int32]:
        """Number of words of each item that is used."""
        return self.sample.lengths[self.rows]

    def take(self, rows: npt.NDArray[np.intp]) -> Ordinary:
        """Some of the items."""
        return Ordinary(self.sample, self.rows[rows], self.keys)

    def _of(self, lang: int) -> npt.NDArray[np.intp]:
        return np.flatnonzero(self.sample.lang_of[self.rows] == lang)

    def _block(self, lang: int, view: str, columns: Mapping[str, int]) -> sparse.csr_matrix:
        sample, rows = self.sample, self.rows[self._of(lang)]
        column = np.array([columns.get(key, -1) for key in self.keys[view][sample.langs[lang]]])
        headline, others = (self._held(column, 2 * rows + part, len(columns)) for part in (0, 1))
        return (headline + others).sign() + (TITLE_WEIGHT - 1) * headline.sign()

    def _held(self, column: npt.NDArray[np.intp], runs: npt.NDArray[np.intp], columns: int) -> sparse.csr_matrix:
        """How often the sets of the given numbers hold each term: several words may share a stem."""
        starts = self.sample.starts
        places = [np.zeros(0, dtype=np.int64), *(np.arange(starts[run], starts[run + 1]) for run in runs)]
        found = column[self.sample.ids[np.concatenate(places)]]
        owner = np.repeat(np.arange(len(runs)), np.diff(starts)[runs])
        cells = (np.ones((found >= 0).sum()), (owner[found >= 0], found[found >= 0]))
        return sparse.csr_matrix(cells, (len(runs), columns))


def read_ordinary(sample: Sample) -> Ordinary:
    """The sampled items of a background, ready to fit."""
    stems = {lang: _stems(sample, i) for i, lang in enumerate(sample.langs)}
    keys = {view: stems if view != WORDS else dict.fromkeys(sample.langs, sample.terms) for view in VIEWS}
    return Ordinary(sample, np.arange(len(sample)), keys)


def _stems(sample: Sample, lang: int) -> list[str]:
    """The stems of the terms that items of a language hold; terms of other languages stay as they are."""
    held = np.zeros(len(sample.terms), dtype=bool)
    held[sample.ids[np.repeat(sample.lang_of == lang, np.diff(sample.starts[::2]))]] = True
    name = sample.langs[lang]
    return [
        " ".join(_stem(word, name) for word in term.split(" ")) if used else term
        for term, used in zip(sample.terms, held.tolist(), strict=True)
    ]


def _stem(word: str, lang: str) -> str:
    return word if word.startswith("#") else read_token(word, lang).stem
