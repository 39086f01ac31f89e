"""Fits the calibration of a signal that has no shipped one.

Cross-validated decision values of seeds stand for the positives, those of sampled ordinary items for the stream.
The two are weighed as one positive in a thousand, and a two-parameter logistic is fitted (Platt, "Probabilistic
Outputs for Support Vector Machines", 1999).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression

from classifiers.calibrate import BASE_RATE

Floats = npt.NDArray[np.float64]

_WEAK_PENALTY = 1e6


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
