"""Model: documents → a calibrated probability per signal, and the reasons for one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from classifiers.calibrate import Calibration
from classifiers.commonness import Commonness
from classifiers.errors import ClassifierError
from classifiers.explain import Contribution, contributions
from classifiers.features import Analyzer
from classifiers.fold import Places
from classifiers.glossary import Glossary
from classifiers.linear import Linear
from classifiers.manifest import Manifest
from classifiers.nearest import SeedFinder, SeedIndex
from classifiers.scoring import BatchScorer
from classifiers.text import Document, passages

Floats = npt.NDArray[np.float64]

BATCH = 2_000
"""Documents scored at once: bounds memory."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a document has its score: intercept and contributions sum to the decision value exactly."""

    signal: str
    probability: float
    decision: float
    intercept: float
    """What an item of this length starts from, before any term."""
    contributions: tuple[Contribution, ...]
    passage: Document
    """The part of the document that was decisive; the whole of it when it is short."""
    nearest_seed: str | None
    confident: bool
    """Whether the document's language has examples; in others a score rests on names and loan words."""


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """A trained model; immutable, and safe to share between threads."""

    manifest: Manifest
    linear: Linear
    calibration: Calibration
    places: Places
    glossary: Glossary
    seeds: SeedIndex
    commonness: Commonness
    _scorer: BatchScorer = field(init=False)
    _finder: SeedFinder = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_scorer", BatchScorer(self.linear, Analyzer(self.places, self.glossary)))
        object.__setattr__(self, "_finder", SeedFinder(self.seeds, self.linear))

    @property
    def id(self) -> str:
        """Hash of what the model knows: equal models have equal ids."""
        return self.manifest.model_id

    @property
    def signals(self) -> tuple[str, ...]:
        """The signals, in the order of the columns of :meth:`score`."""
        return self.manifest.signals

    def decide(self, documents: Sequence[Document]) -> Floats:
        """Decision values before calibration, shape (documents, signals)."""
        if not documents:
            return np.zeros((0, len(self.signals)))
        batches = [self._decide(documents[i : i + BATCH]) for i in range(0, len(documents), BATCH)]
        return np.vstack(batches)

    def score(self, documents: Sequence[Document]) -> Floats:
        """Probability of each signal at the manifest's base rate, shape (documents, signals); empty in, empty out."""
        return self.calibration.probabilities(self.decide(documents))

    def explain(self, document: Document, signal: str, limit: int | None = 8) -> list[Contribution]:
        """The terms that weighed most for or against a signal, strongest first; all of them when limit is None.

        Raises:
            ClassifierError: the model does not know the signal.
        """
        found = self.explanation(document, signal).contributions
        return list(found if limit is None else found[:limit])

    def explanation(self, document: Document, signal: str) -> Explanation:
        """Everything behind one score.

        Raises:
            ClassifierError: the model does not know the signal.
        """
        if signal not in self.signals:
            raise ClassifierError(f"signal {signal!r} is not in model {self.id}; it knows {', '.join(self.signals)}")
        column = self.signals.index(signal)
        parts = passages(document)
        values = self._scorer.decide(parts)
        best = int(np.argmax(values[:, column]))
        reading = self._scorer.analyzer.read(parts[best])
        terms = contributions(self.linear, reading, column)
        decision = self._drawn(values, [len(parts)])
        return Explanation(
            signal=signal,
            probability=float(self.calibration.probabilities(decision)[0, column]),
            decision=float(decision[0, column]),
            intercept=float(decision[0, column]) - sum(term.weight for term in terms),
            contributions=terms,
            passage=parts[best],
            nearest_seed=self._finder.nearest(reading, column),
            confident=self.confident(document, signal),
        )

    def confident(self, document: Document, signal: str) -> bool:
        """Whether the model has examples of the signal in the document's language, so that it knows its words."""
        return document.lang in self.manifest.reports[signal].languages

    def _decide(self, documents: Sequence[Document]) -> Floats:
        parts = [passages(document) for document in documents]
        values = self._scorer.decide([part for several in parts for part in several])
        return self._drawn(values, [len(several) for several in parts])

    def _drawn(self, values: Floats, passages_each: Sequence[int]) -> Floats:
        """Decision values of documents by those of their passages."""
        if len(values) == len(passages_each):
            return values
        # An article is a draw of so many passages: its odds are their mean. One telling passage is enough,
        # but a long text has no more chances of a false alert than a short one.
        sizes = np.array(passages_each)
        starts = np.cumsum(sizes) - sizes
        slope = self.calibration.slope
        return np.asarray((np.logaddexp.reduceat(values * slope, starts, axis=0) - np.log(sizes)[:, None]) / slope)
