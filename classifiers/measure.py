"""Figures of merit for rare positives: average precision, and recall at so many false alerts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

BUDGETS = (1, 2, 5, 10)
"""False alerts per 10,000 ordinary items; a hundred feeds bring some 3,000 items a day."""


@dataclass(frozen=True, slots=True, eq=False)
class Ranking:
    """Items from the highest score down: running weight of positives found and of false alerts."""

    found: Floats
    false: Floats
    scores: Floats

    @classmethod
    def of(cls, scores: Floats, positive: Flags, weights: Floats | None = None) -> Ranking:
        """Ranks items; equal scores keep their order, positives after the others, so that ties never flatter."""
        weight = np.ones(len(scores)) if weights is None else weights
        order = np.lexsort((positive, -scores))
        hit, weight = positive[order], weight[order]
        return cls(np.cumsum(weight * hit), np.cumsum(weight * ~hit), scores[order])

    @property
    def average_precision(self) -> float:
        """Mean over the positives of the precision at each of them; nan where there is none."""
        if not len(self.found) or self.found[-1] == 0:
            return float("nan")
        gained = np.diff(self.found, prepend=0.0)
        precision = self.found / np.maximum(self.found + self.false, 1e-300)
        return float((precision * gained).sum() / self.found[-1])

    def recall_at(self, per_10000: float) -> float:
        """Share of the positives found before so many false alerts per 10,000 ordinary items."""
        if not len(self.found) or self.found[-1] == 0:
            return float("nan")
        allowed = per_10000 * self.false[-1] / 10_000
        within = int(np.searchsorted(self.false, allowed * (1 + 1e-12), side="right"))
        return float(self.found[within - 1] / self.found[-1]) if within else 0.0

    def threshold_at(self, per_10000: float) -> float:
        """The lowest score that keeps to so many false alerts per 10,000 ordinary items."""
        allowed = per_10000 * (self.false[-1] if len(self.false) else 0.0) / 10_000
        within = int(np.searchsorted(self.false, allowed * (1 + 1e-12), side="right"))
        return float(self.scores[within - 1]) if within else 1.0
