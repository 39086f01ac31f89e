"""The recipe: seeds weighed against background, one linear model per signal.

1. A term's strength is the log-odds of its document frequency in the signal's seeds against background, for terms
   in at least two seeds (Wang & Manning, "Baselines and Bigrams", 2012). Terms that labelled negatives share get
   theirs in the same way, so that the model can learn what speaks against a signal.
2. Names of peoples, wars and armed groups stand in most seeds and in much other news: they count half.
3. Logistic regression over the strengths, with sampled ordinary items, ordinary seeds and the other signals'
   seeds as negatives; solved to convergence, because a loose solution moves average precision by 0.3.
4. The sampled items are unlabelled, and positives hide among them: the share that scores highest is dropped and
   the regression fitted once more.
5. Words and stems stand side by side in one regression, so every contribution adds up to the decision value.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from classifiers.estimators import PositiveUnlabelledLogistic
from classifiers.examples import Examples, Ordinary
from classifiers.fold import CLASSES
from classifiers.linear import Linear, ViewWeights
from classifiers.rates import Rates, log_odds
from classifiers.tokens import VIEWS

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Recipe:
    """The constants of the recipe; docs/decisions/0010 says how each was chosen."""

    smoothing: float = 1.0
    min_seeds: int = 2
    min_negatives: int = 2
    name_strength: float = 0.5
    """What the strength of a folded name is multiplied by where it stands alone."""
    regularisation: float = 0.7
    positive_mass: float = 0.005
    """Weight of each positive, as a share of the number of ordinary items: so more seeds of a signal weigh more."""
    negative_weight: float = 20.0
    """Weight of a labelled negative, where a sampled ordinary item weighs 1."""
    hidden_share: float = 0.002
    """Share of the sampled items that is dropped as probably positive."""
    tolerance: float = 1e-5
    iterations: int = 200


def fit_linear(examples: Examples, ordinary: Ordinary, rates: Rates, recipe: Recipe) -> Linear:
    """Fits every signal; deterministic."""
    signals = range(examples.labels.shape[1])
    strengths = {view: [_strengths(examples, j, view, rates, recipe) for j in signals] for view in VIEWS}
    terms = {view: tuple(sorted(set().union(*strengths[view]))) for view in VIEWS}
    columns = {view: {term: i for i, term in enumerate(terms[view])} for view in VIEWS}
    labelled = sparse.hstack([examples.matrix(view, columns[view]) for view in VIEWS], format="csr")
    sampled = sparse.hstack([ordinary.matrix(view, columns[view]) for view in VIEWS], format="csr")
    weights, intercept = np.zeros((labelled.shape[1], len(signals))), np.zeros(len(signals))
    for j in signals:
        scale = np.array([strengths[view][j].get(term, 0.0) for view in VIEWS for term in terms[view]])
        weights[:, j], intercept[j] = _fit_signal(labelled, sampled, examples.labels[:, j], scale, recipe)
    bounds = np.cumsum([0, *(len(terms[view]) for view in VIEWS)])
    views = {view: _trimmed(terms[view], weights[bounds[i] : bounds[i + 1]]) for i, view in enumerate(VIEWS)}
    return Linear(views, intercept)


def _trimmed(terms: tuple[str, ...], weights: Floats) -> ViewWeights:
    kept = np.flatnonzero(np.abs(weights).max(axis=1) > 0) if len(terms) else np.zeros(0, dtype=np.intp)
    return ViewWeights(tuple(terms[i] for i in kept), weights[kept])


def _strengths(examples: Examples, signal: int, view: str, rates: Rates, recipe: Recipe) -> dict[str, float]:
    """Strength of the terms that speak for a signal or against it."""
    judged = examples.labels[:, signal]
    strengths = _log_odds(examples, judged == 1, view, rates, recipe.min_seeds, recipe.smoothing)
    against = _log_odds(examples, judged == 0, view, rates, recipe.min_negatives, recipe.smoothing)
    for term, odds in against.items():
        strengths[term] = max(odds, strengths.get(term, 0.0))
    for label in CLASSES:
        if label in strengths:
            strengths[label] *= recipe.name_strength
    return strengths


def _log_odds(
    examples: Examples, chosen: npt.NDArray[np.bool_], view: str, rates: Rates, least: int, smoothing: float
) -> dict[str, float]:
    """Log-odds against background of the terms that are commoner in the chosen examples."""
    rows = np.flatnonzero(chosen).tolist()
    holders = Counter(term for i in rows for term in examples.terms[view][i])
    spoken: dict[str, set[str]] = {}
    for i in rows:
        for term in examples.terms[view][i]:
            if holders[term] >= least:
                spoken.setdefault(term, set()).add(examples.langs[i])
    sizes = Counter(examples.langs[i] for i in rows)
    terms = sorted(spoken)
    langs = [{lang: sizes[lang] for lang in sorted(spoken[term])} for term in terms]
    odds = log_odds(
        held=[holders[term] for term in terms],
        among=[sum(counts.values()) for counts in langs],
        share=[rates.share(view, term, counts) for term, counts in zip(terms, langs, strict=True)],
        smoothing=smoothing,
    )
    return {term: value for term, value in zip(terms, odds.tolist(), strict=True) if value > 0}


def _fit_signal(
    labelled: sparse.csr_matrix, sampled: sparse.csr_matrix, labels: npt.NDArray[np.int8], scale: Floats, recipe: Recipe
) -> tuple[Floats, float]:
    known, items = np.flatnonzero(labels >= 0), sampled.shape[0]
    positive = labels[known] == 1
    used = np.flatnonzero(scale)
    strengths = sparse.csr_matrix((scale[used], (used, np.arange(len(used)))), (len(scale), len(used)))
    rows = sparse.vstack([labelled[known], sampled], format="csr") @ strengths
    norm = max(np.sqrt(rows[: len(known)][positive].power(2).sum(axis=1).mean()), 1e-12)
    mass = recipe.positive_mass * max(items, 1)
    model = PositiveUnlabelledLogistic(
        recipe.regularisation, recipe.hidden_share, recipe.tolerance, recipe.iterations
    ).fit(
        rows / norm,
        np.concatenate([positive, np.zeros(items, dtype=bool)]),
        sample_weight=np.concatenate([np.where(positive, mass, recipe.negative_weight), np.ones(items)]),
        unlabelled=np.arange(len(known) + items) >= len(known),
    )
    spread = float((rows[len(known) :] @ model.coef_[0]).std() / norm) or 1.0
    weights = np.zeros(len(scale))
    weights[used] = model.coef_[0] * scale[used] / (spread * norm)
    return weights, float(model.intercept_[0]) / spread
