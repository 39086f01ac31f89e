"""Decision values → probabilities at a stated base rate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

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


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """Probability = logistic(slope × decision value + offset), one pair per signal."""

    slope: Floats
    offset: Floats

    def probabilities(self, decisions: Floats) -> Floats:
        """Probabilities of decision values, shape (documents, signals)."""
        odds = decisions * self.slope + self.offset
        # Of a number below 0 only: of a large one above, the exponential would be too large for a float.
        part = np.exp(-np.abs(odds))
        return np.asarray(np.where(odds < 0, part, 1.0) / (1.0 + part), dtype=np.float64)
