"""Graded items → how good a model is, at the base rate of the stream they come from.

Grades: 2 is a positive, 1 borderline (left out), 0 or not judged a negative.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from classifiers.errors import EvaluationError
from classifiers.measure import BUDGETS, Flags, Floats, Ranking
from classifiers.model import Model
from classifiers.text import Document

POSITIVE, BORDERLINE = 2, 1
DEFAULT_THRESHOLD = 0.5
BINS = (0.0, 0.01, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 0.9, 1.0)


@dataclass(frozen=True, slots=True)
class GradedDocument:
    """A document and its grade per signal; None where it was not judged."""

    document: Document
    grades: Mapping[str, int] | None = None


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Items whose probability lies in [low, high): their mean probability, and the share that are positives."""

    low: float
    high: float
    items: int
    expected: float
    observed: float


@dataclass(frozen=True, slots=True)
class SignalEvaluation:
    """Figures of one signal; false alerts are per 10,000 negatives."""

    signal: str
    items: int
    positives: int
    average_precision: float
    recall_at: Mapping[int, float]
    threshold: float
    recall: float
    precision: float
    false_per_10000: float
    expected_positives: float
    """Sum of the probabilities."""
    calibration: float
    """Expected positives over real ones; 1 is perfect, nan where there are none."""
    reliability: tuple[ReliabilityBin, ...]


@dataclass(frozen=True, slots=True)
class Mistake:
    """An item on the wrong side of the threshold: a false alert if ``raised``, else a positive that was missed."""

    signal: str
    raised: bool
    score: float
    document: Document


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Figures per signal, and per language where there is more than one; the worst mistakes first."""

    signals: Mapping[str, SignalEvaluation]
    languages: Mapping[str, Mapping[str, SignalEvaluation]]
    mistakes: tuple[Mistake, ...]


def evaluate(
    model: Model, graded: Iterable[GradedDocument], thresholds: Mapping[str, float] | None = None
) -> Evaluation:
    """Scores graded items and measures the scores.

    Raises:
        EvaluationError: there are no items, or a grade is not 0, 1 or 2.
    """
    items = list(graded)
    if not items:
        raise EvaluationError("evaluation: no items; give a file with one graded item a line")
    scores = model.score([item.document for item in items])
    langs = np.array([item.document.lang or "unknown" for item in items])
    wanted = thresholds or {}
    measured: dict[str, SignalEvaluation] = {}
    mistakes: list[Mistake] = []
    by_language: dict[str, dict[str, SignalEvaluation]] = {str(lang): {} for lang in np.unique(langs)}
    for column, signal in enumerate(model.signals):
        grades = np.array([_grade(item, signal, number) for number, item in enumerate(items, 1)])
        threshold = wanted.get(signal, DEFAULT_THRESHOLD)
        judged = grades != BORDERLINE
        for lang, found in [*by_language.items(), (None, measured)]:
            rows = judged if lang is None else judged & (langs == lang)
            found[signal] = measure(signal, scores[rows, column], grades[rows] == POSITIVE, threshold)
        for row in _wrong(scores[:, column], grades, threshold):
            score = float(scores[row, column])
            mistakes.append(Mistake(signal, score >= threshold, score, items[row].document))
    return Evaluation(measured, by_language if len(by_language) > 1 else {}, tuple(mistakes))


def _wrong(scores: Floats, grades: npt.NDArray[np.int64], threshold: float) -> list[int]:
    """Rows of false alerts, from the highest score down, and of missed positives, from the lowest up."""
    order = np.argsort(scores, kind="stable")
    raised, positive = scores[order] >= threshold, grades[order] == POSITIVE
    false = order[raised & (grades[order] != POSITIVE) & (grades[order] != BORDERLINE)][::-1]
    return [*false.tolist(), *order[~raised & positive].tolist()]


def _grade(item: GradedDocument, signal: str, number: int) -> int:
    grade = 0 if item.grades is None else item.grades.get(signal, 0)
    if grade not in {0, BORDERLINE, POSITIVE}:
        raise EvaluationError(f"evaluation, item {number}: grade {grade!r} for {signal}; grades are 0, 1 and 2")
    return int(grade)


def measure(signal: str, scores: Floats, positive: Flags, threshold: float) -> SignalEvaluation:
    """Figures of one signal from probabilities and truth."""
    ranking = Ranking.of(scores, positive)
    raised = scores >= threshold
    hits, total = int((raised & positive).sum()), int(positive.sum())
    negatives = len(scores) - total
    return SignalEvaluation(
        signal=signal,
        items=len(scores),
        positives=total,
        average_precision=ranking.average_precision,
        recall_at={budget: ranking.recall_at(budget) for budget in BUDGETS},
        threshold=threshold,
        recall=hits / total if total else float("nan"),
        precision=hits / int(raised.sum()) if raised.any() else float("nan"),
        false_per_10000=10_000 * int((raised & ~positive).sum()) / negatives if negatives else float("nan"),
        expected_positives=float(scores.sum()),
        calibration=float(scores.sum()) / total if total else float("nan"),
        reliability=_reliability(scores, positive),
    )


def _reliability(scores: Floats, positive: Flags) -> tuple[ReliabilityBin, ...]:
    place = np.clip(np.searchsorted(BINS, scores, side="right") - 1, 0, len(BINS) - 2)
    bins = []
    for i in range(len(BINS) - 1):
        inside = place == i
        if inside.any():
            bins.append(
                ReliabilityBin(
                    BINS[i],
                    BINS[i + 1],
                    int(inside.sum()),
                    float(scores[inside].mean()),
                    float(positive[inside].mean()),
                )
            )
    return tuple(bins)
