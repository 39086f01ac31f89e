"""Which seed a text is most like, as far as the model's own terms tell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from classifiers.features import Reading
from classifiers.linear import Linear
from classifiers.tokens import STEMS

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class SeedIndex:
    """The terms of each positive seed: ``terms`` of seed i are ``terms[starts[i]:starts[i + 1]]``."""

    names: tuple[str, ...]
    labels: npt.NDArray[np.bool_]
    """Shape (seeds, signals)."""
    terms: Ints
    starts: Ints


def index_seeds(
    names: Sequence[str], held: Sequence[Sequence[str]], labels: npt.NDArray[np.bool_], linear: Linear
) -> SeedIndex:
    """Notes which of the model's stems each seed holds."""
    columns = {term: i for i, term in enumerate(linear.views[STEMS].terms)}
    numbers = [sorted(columns[term] for term in terms if term in columns) for terms in held]
    return SeedIndex(
        names=tuple(names),
        labels=labels,
        terms=np.array([n for several in numbers for n in several], dtype=np.int64),
        starts=np.cumsum([0, *map(len, numbers)], dtype=np.int64),
    )


@dataclass(frozen=True, eq=False)
class SeedFinder:
    """Finds the seed that a text is most like; what depends on the model alone is worked out at the first question."""

    index: SeedIndex
    linear: Linear

    def nearest(self, reading: Reading, signal: int) -> str | None:
        """Name of the seed of a signal that shares most with a text, by cosine over weighted terms; None if none."""
        squares = self.linear.views[STEMS].weights[:, signal] ** 2
        shared = np.zeros(len(self.index.names))
        for term in reading.of(STEMS).terms():
            column = self._columns.get(term)
            if column is not None:
                shared[self._holders[self._starts[column] : self._starts[column + 1]]] += squares[column]
        likeness = np.where(self.index.labels[:, signal], shared / self._sizes[signal], 0.0)
        return self.index.names[int(np.argmax(likeness))] if likeness.any() else None

    @cached_property
    def _columns(self) -> dict[str, int]:
        return {term: column for column, term in enumerate(self.linear.views[STEMS].terms)}

    @cached_property
    def _owners(self) -> Ints:
        """The seed of each of the index's terms."""
        return np.repeat(np.arange(len(self.index.names)), np.diff(self.index.starts))

    @cached_property
    def _holders(self) -> Ints:
        """The seeds that hold a term, term by term."""
        return self._owners[np.argsort(self.index.terms, kind="stable")]

    @cached_property
    def _starts(self) -> Ints:
        """Where each term's holders begin, and where the last one's end."""
        return np.cumsum([0, *np.bincount(self.index.terms, minlength=len(self._columns))])

    @cached_property
    def _sizes(self) -> npt.NDArray[np.float64]:
        """Length of each seed's weights, shape (signals, seeds)."""
        squares = self.linear.views[STEMS].weights ** 2
        columns = (squares[self.index.terms, signal] for signal in range(squares.shape[1]))
        sums = [np.bincount(self._owners, column, minlength=len(self.index.names)) for column in columns]
        return np.sqrt(np.maximum(np.array(sums), 1e-12))
