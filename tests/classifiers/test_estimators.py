"""The estimators keep scikit-learn's conventions and do what the recipe needs of them."""

from typing import Any

import numpy as np
import pytest
from scipy import sparse
from sklearn.utils.estimator_checks import parametrize_with_checks

from classifiers.estimators import LengthDamping, LogOddsWeights, PositiveUnlabelledLogistic
from classifiers.rates import log_odds


@parametrize_with_checks([LogOddsWeights(), LengthDamping(), PositiveUnlabelledLogistic()])  # type: ignore[untyped-decorator]
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
def test_they_are_estimators(estimator: Any, check: Any) -> None:
    """All of scikit-learn's own checks."""
    check(estimator)


def test_terms_that_are_commoner_elsewhere_weigh_nothing() -> None:
    """And so do those that too few examples hold."""
    counts = np.array([[1, 1, 1], [1, 0, 1], [0, 0, 1], [0, 0, 1]])
    weights = LogOddsWeights(min_documents=2).fit(counts, [1, 1, 0, 0]).weights_
    assert weights[0] == pytest.approx(np.log(0.75 / 0.25))
    assert weights[1:].tolist() == [0.0, 0.0]


def test_the_log_odds_follow_the_background() -> None:
    """A term in half of the examples and in one of a thousand items weighs log 500, without smoothing."""
    assert log_odds(5, 10, 0.001, 0.0) == pytest.approx(np.log(500))
    assert log_odds(1, 10, 0.9, 1.0) == 0.0


def test_a_single_term_does_not_fill_a_row() -> None:
    """As it would at unit length; rows of few terms gain a little, long ones lose a little."""
    short, long = LengthDamping().fit_transform(np.array([[1.0] + [0.0] * 199, [1.0] * 200]))[:, 0]
    assert 1 < short < 1.5
    assert 0.5 < long < 1


def test_positives_hidden_among_the_negatives_are_left_out() -> None:
    """They pull the decision down where they are kept."""
    rng = np.random.default_rng(0)
    x = np.concatenate([rng.normal(2, 0.3, 50), rng.normal(-2, 0.3, 980), rng.normal(2, 0.3, 20)])[:, None]
    y = np.arange(len(x)) < 50
    kept = PositiveUnlabelledLogistic(hidden_share=0.0).fit(sparse.csr_matrix(x), y)
    cleaned = PositiveUnlabelledLogistic(hidden_share=0.02).fit(sparse.csr_matrix(x), y)
    assert cleaned.predict_proba([[2.0]])[0, 1] > 0.9 > kept.predict_proba([[2.0]])[0, 1]


def test_only_unlabelled_rows_can_hide_positives() -> None:
    """A labelled negative stays, however positive it looks."""
    x = np.array([[3.0], [2.9], [-3.0], [-3.1], [2.8]] * 20)
    y = np.array([1, 1, 0, 0, 0] * 20)
    sure = np.array([False, False, False, False, True] * 20)
    every = PositiveUnlabelledLogistic(hidden_share=0.34).fit(x, y)
    some = PositiveUnlabelledLogistic(hidden_share=0.34).fit(x, y, unlabelled=(y == 0) & ~sure)
    assert every.decision_function([[2.8]])[0] > some.decision_function([[2.8]])[0]
