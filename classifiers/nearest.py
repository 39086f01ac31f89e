"""Which seed a text is most like, as far as the model's own terms tell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

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


def nearest(index: SeedIndex, linear: Linear, reading: Reading, signal: int) -> str | None:
    """Name of the seed of a signal that shares most with a text, by cosine over weighted terms; None if none does."""
    weights = np.abs(linear.views[STEMS].weights[:, signal])
    present = set(reading.of(STEMS).terms())
    held = np.array([term in present for term in linear.views[STEMS].terms], dtype=bool)
    if not held.any() or not len(index.names):
        return None
    squares = weights**2
    owner = np.repeat(np.arange(len(index.names)), np.diff(index.starts))
    size = np.bincount(owner, squares[index.terms], minlength=len(index.names))
    shared = np.bincount(owner, (squares * held)[index.terms], minlength=len(index.names))
    likeness = np.where(index.labels[:, signal], shared / np.sqrt(np.maximum(size, 1e-12)), 0.0)
    best = int(np.argmax(likeness))
    return index.names[best] if likeness[best] > 0 else None
