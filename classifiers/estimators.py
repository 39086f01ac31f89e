"""The general parts of the recipe as scikit-learn estimators: term counts in, weighed and damped rows, decisions out.

They keep scikit-learn's conventions, so that they can stand in a pipeline with other parts and be compared with them.
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.special import expit
from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin
from sklearn.linear_model import LogisticRegression
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, check_non_negative, validate_data

from classifiers.features import damping
from classifiers.rates import log_odds

Floats = npt.NDArray[np.float64]


class LogOddsWeights(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Multiplies each term by the log-odds of its document frequency in the last class against the other rows.

    The weighting of Wang & Manning, "Baselines and Bigrams" (2012), one-sided: terms that are no commoner get 0.

    Args:
        smoothing: Added to the documents that hold a term, and to those that do not.
        min_documents: Terms that fewer rows of the last class hold get 0.
    """

    def __init__(self, smoothing: float = 1.0, min_documents: int = 1) -> None:
        self.smoothing = smoothing
        self.min_documents = min_documents

    def fit(self, X: Any, y: Any) -> Self:
        """Learns the weights; X of shape (n, terms) counts or flags terms, y holds at least one class."""
        X, y = validate_data(self, X, y, accept_sparse="csr")
        check_non_negative(X, "LogOddsWeights")
        check_classification_targets(y)
        chosen = y == np.unique(y)[-1]
        held, elsewhere = (_holders(X[rows]) for rows in (chosen, ~chosen))
        share = (elsewhere + self.smoothing) / ((~chosen).sum() + 2 * self.smoothing)
        weights = log_odds(held, chosen.sum(), share, self.smoothing)
        self.weights_ = np.where(held >= self.min_documents, weights, 0.0)
        return self

    def transform(self, X: Any) -> Any:
        """X with each column multiplied by its weight; sparse stays sparse."""
        check_is_fitted(self)
        X = validate_data(self, X, accept_sparse="csr", ensure_non_negative=True, reset=False)
        return X @ sparse.diags_array(self.weights_) if sparse.issparse(X) else X * self.weights_

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = tags.input_tags.positive_only = tags.target_tags.required = True
        return tags


def _holders(X: Any) -> Floats:
    return np.asarray((X > 0).sum(axis=0), dtype=float).ravel()


class LengthDamping(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Divides each row by a damped length, its sum: long documents count less, single terms do not fill a row."""

    def fit(self, X: Any, y: Any = None) -> Self:  # noqa: ARG002  # scikit-learn calls it so
        """Learns nothing but the number of columns."""
        validate_data(self, X, accept_sparse="csr", ensure_non_negative=True)
        return self

    def transform(self, X: Any) -> Any:
        """The damped rows; sparse stays sparse."""
        X = validate_data(self, X, accept_sparse="csr", ensure_non_negative=True, reset=False)
        factors = 1.0 / damping(np.asarray(X.sum(axis=1)).ravel())
        return sparse.diags_array(factors) @ X if sparse.issparse(X) else X * factors[:, None]

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = tags.input_tags.positive_only = True
        tags.requires_fit = False
        return tags


class PositiveUnlabelledLogistic(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Logistic regression whose negatives are partly unlabelled, so that positives hide among them.

    It is fitted twice: the share of the unlabelled rows that scores highest in the first fit is left out of the
    second. Solved to convergence, because a loose solution moves average precision by 0.3.

    Args:
        regularisation: The smaller, the stronger (scikit-learn's C).
        hidden_share: Share of the unlabelled rows that is left out.
        tolerance: Of the solver.
        iterations: At most, of the solver.
    """

    def __init__(
        self,
        regularisation: float = 1.0,
        hidden_share: float = 0.002,
        tolerance: float = 1e-5,
        iterations: int = 200,
    ) -> None:
        self.regularisation = regularisation
        self.hidden_share = hidden_share
        self.tolerance = tolerance
        self.iterations = iterations

    def fit(self, X: Any, y: Any, sample_weight: Any = None, unlabelled: Any = None) -> Self:
        """Fits two classes, the positive one last; ``unlabelled`` flags rows, by default all negatives."""
        X, y = validate_data(self, X, y, accept_sparse="csr", dtype=np.float64)
        check_classification_targets(y)
        self.classes_ = np.unique(y)
        if len(self.classes_) > 2:
            raise ValueError("Only binary classification is supported. The type of the target is multiclass.")
        if len(self.classes_) < 2:
            raise ValueError("y holds one class; examples of two classes are needed")
        positive = y == self.classes_[1]
        weight = _check_sample_weight(sample_weight, X)
        loose = np.flatnonzero(~positive if unlabelled is None else np.asarray(unlabelled))
        model = LogisticRegression(
            C=self.regularisation, max_iter=self.iterations, tol=self.tolerance, solver="newton-cg", warm_start=True
        )
        self._take(model.fit(X, positive, sample_weight=weight))
        hidden = loose[np.argsort(-self._decide(X[loose]), kind="stable")[: int(self.hidden_share * len(loose))]]
        if len(hidden):
            kept = np.delete(np.arange(len(y)), hidden)
            self._take(model.fit(X[kept], positive[kept], sample_weight=weight[kept]))
        return self

    def _take(self, model: LogisticRegression) -> None:
        self.coef_, self.intercept_, self.n_iter_ = model.coef_, model.intercept_, model.n_iter_

    def _decide(self, X: Any) -> Floats:
        return np.asarray(X @ self.coef_[0] + self.intercept_[0])

    def decision_function(self, X: Any) -> Floats:
        """Log-odds of the positive class, shape (n,)."""
        check_is_fitted(self)
        return self._decide(validate_data(self, X, accept_sparse="csr", dtype=np.float64, reset=False))

    def predict_proba(self, X: Any) -> Floats:
        """Probabilities of both classes at the weights of the fit, shape (n, 2)."""
        positive = expit(self.decision_function(X))
        return np.stack([1.0 - positive, positive], axis=1)

    def predict(self, X: Any) -> Any:
        """The likelier class of each row."""
        decisions = self.decision_function(X)
        return self.classes_[(decisions > 0).astype(int)]

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.classifier_tags.multi_class = False
        return tags
