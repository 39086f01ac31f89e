"""What a fit leaves: the weight of each term for each signal. Scoring needs this and none of what fitted it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ViewWeights:
    """Weight of each term of one view for each signal, shape (terms, signals)."""

    terms: tuple[str, ...]
    weights: Floats

    @cached_property
    def by_term(self) -> dict[str, Floats]:
        """The weights of each term, shape (signals,)."""
        return dict(zip(self.terms, self.weights, strict=True))


@dataclass(frozen=True, slots=True, eq=False)
class Linear:
    """A fitted linear model: one entry per view, and the intercept per signal."""

    views: Mapping[str, ViewWeights]
    intercept: Floats
