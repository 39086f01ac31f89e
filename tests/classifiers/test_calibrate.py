"""Decision values as probabilities."""

import numpy as np
import pytest
from scipy.special import expit

from classifiers.calibrate import Calibration


@pytest.mark.filterwarnings("error")
def test_probabilities_are_the_logistic_of_scaled_decision_values() -> None:
    """To the last digit but one, without overflow where values are huge."""
    decisions = np.concatenate([np.linspace(-40, 40, 4_001), [-1e6, -400.0, 0.0, 400.0, 1e6]])[:, None] * [1.0, 0.5]
    calibration = Calibration(np.array([2.0, 1.5]), np.array([-6.79, 0.25]))
    found = calibration.probabilities(decisions)
    expected = expit(decisions * [2.0, 1.5] + [-6.79, 0.25])
    np.testing.assert_allclose(found, expected, rtol=1e-15, atol=0)
    assert found.min() == 0.0
    assert found.max() == 1.0
