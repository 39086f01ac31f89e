"""Decision values → probabilities at a stated base rate.

Cross-validated decision values of seeds stand for the positives, those of sampled ordinary items for the stream.
The two are weighed as one positive in a thousand, and a two-parameter logistic is fitted (Platt, "Probabilistic
Outputs for Support Vector Machines", 1999).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

Floats = npt.NDArray[np.float64]

BASE_RATE = 0.001
"""Positives among the items of a news stream: about one in a thousand, for both signals that are shipped."""
SLOPE = 2.0
"""Slope of the shipped signals; steeper than the best logistic fit, so that 0.5 is a working threshold."""
OFFSETS = {"foreign_fighter_recruitment": -6.79, "human_trafficking": -4.20}
"""Offsets of the shipped signals, by ``python -m benchmarks.calibration`` from a graded stream of 2020 to 2022.

Seeds are not a sample of the stream, so their cross-validated values alone over-count one signal and under-count
the other. Decision values are scaled to the spread of ordinary items, which keeps these numbers comparable when
the seeds change.
"""
_WEAK_PENALTY = 1e6


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """Probability = logistic(slope × decision value + offset), one pair per signal."""

    slope: Floats
    offset: Floats

    def probabilities(self, decisions: Floats) -> Floats:
        """Probabilities of decision values, shape (documents, signals)."""
        return np.asarray(expit(decisions * self.slope + self.offset), dtype=np.float64)


def fit_platt(positive: Floats, ordinary: Floats, base_rate: float = BASE_RATE) -> tuple[float, float]:
    """Slope and offset for one signal.

    Args:
        positive: Decision values of positives that the model was not fitted on.
        ordinary: Decision values of ordinary items that the model was not fitted on.
        base_rate: Share of positives that the probabilities are stated for.
    """
    values = np.concatenate([positive, ordinary])[:, None]
    target = np.concatenate([np.ones(len(positive)), np.zeros(len(ordinary))])
    share = np.where(target == 1, base_rate / len(positive), (1 - base_rate) / len(ordinary))
    model = LogisticRegression(C=_WEAK_PENALTY, max_iter=1_000, tol=1e-8)
    model.fit(values, target, sample_weight=share * len(ordinary))
    return float(model.coef_[0, 0]), float(model.intercept_[0])
