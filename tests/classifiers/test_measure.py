"""Figures of merit, and evaluation with a model."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score

from classifiers.errors import EvaluationError
from classifiers.evaluate import GradedDocument, evaluate, measure
from classifiers.measure import Ranking
from classifiers.model import Model
from classifiers.platt import fit_platt
from classifiers.text import Document

SIGNAL = "human_trafficking"


@given(st.lists(st.tuples(st.integers(0, 10**6), st.booleans()), min_size=1, max_size=60, unique_by=lambda p: p[0]))
def test_average_precision_is_the_usual_one(pairs: list[tuple[int, bool]]) -> None:
    """The same as scikit-learn's where no two scores are equal."""
    scores = np.array([float(score) for score, _ in pairs])
    positive = np.array([flag for _, flag in pairs])
    found = Ranking.of(scores, positive).average_precision
    if positive.any():
        assert found == pytest.approx(average_precision_score(positive, scores))
    else:
        assert math.isnan(found)


def test_ties_never_flatter() -> None:
    """Among equal scores the negatives come first."""
    ranking = Ranking.of(np.zeros(4), np.array([True, False, False, False]))
    assert ranking.average_precision == pytest.approx(0.25)


def test_recall_at_a_budget_of_false_alerts() -> None:
    """One false alert in 10,000 negatives is allowed at a budget of 1, none at less."""
    scores = np.concatenate([[9.0, 7.0, 5.0], [8.0, 6.0], np.zeros(9_998)])
    positive = np.arange(len(scores)) < 3
    ranking = Ranking.of(scores, positive)
    assert ranking.recall_at(0) == pytest.approx(1 / 3)
    assert ranking.recall_at(1) == pytest.approx(2 / 3)
    assert ranking.recall_at(2) == pytest.approx(1.0)
    assert ranking.threshold_at(1) == 7.0


def test_grades_are_read_as_documented(model: Model) -> None:
    """2 is a positive, 1 is left out, 0 and not judged are negatives."""
    items = [
        GradedDocument(Document("Women trafficked for prostitution freed", "", "en"), {SIGNAL: 2}),
        GradedDocument(Document("Border story", "", "en"), {SIGNAL: 1}),
        GradedDocument(Document("Rain", "", "en"), {SIGNAL: 0}),
        GradedDocument(Document("Football", "", "es")),
    ]
    result = evaluate(model, items)
    figures = result.signals[SIGNAL]
    assert (figures.items, figures.positives) == (3, 1)
    assert figures.average_precision == 1.0
    assert set(result.languages) == {"en", "es"}
    assert result.languages["es"][SIGNAL].positives == 0
    assert math.isnan(result.languages["es"][SIGNAL].recall)


def test_thresholds_can_be_given(model: Model) -> None:
    items = [GradedDocument(Document("Women trafficked for prostitution freed", "", "en"), {SIGNAL: 2})]
    assert evaluate(model, items, {SIGNAL: 0.0}).signals[SIGNAL].recall == 1.0
    assert evaluate(model, items, {SIGNAL: 1.1}).signals[SIGNAL].recall == 0.0


def test_nothing_to_evaluate_is_told(model: Model) -> None:
    with pytest.raises(EvaluationError, match="no items"):
        evaluate(model, [])
    with pytest.raises(EvaluationError, match="item 1: grade 7"):
        evaluate(model, [GradedDocument(Document("x"), {SIGNAL: 7})])


def test_the_reliability_table_covers_every_item() -> None:
    """The bins hold all items; expected positives are the sum of the probabilities."""
    scores = np.array([0.0, 0.005, 0.5, 0.95, 1.0])
    figures = measure(SIGNAL, scores, scores > 0.4, 0.5)
    assert sum(bin_.items for bin_ in figures.reliability) == 5
    assert figures.expected_positives == pytest.approx(scores.sum())
    assert (figures.recall, figures.precision, figures.false_per_10000) == (1.0, 1.0, 0.0)


def test_calibration_counts_right_at_the_base_rate() -> None:
    """Probabilities of a mixture at the base rate sum to its positives."""
    rng = np.random.default_rng(0)
    positive, ordinary = rng.normal(4, 1, 500), rng.normal(-3, 1.5, 50_000)
    slope, offset = fit_platt(positive, ordinary, 0.01)
    p_pos = 1 / (1 + np.exp(-(slope * positive + offset)))
    p_ord = 1 / (1 + np.exp(-(slope * ordinary + offset)))
    assert 0.01 * p_pos.mean() + 0.99 * p_ord.mean() == pytest.approx(0.01, rel=0.05)
