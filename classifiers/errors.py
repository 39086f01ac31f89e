"""What can go wrong when training, loading or scoring.

ClassifierError
├── SeedError         a seed file, or the set of seeds, cannot be used
├── BackgroundError   the background counts are missing, foreign or corrupt
├── TrainingError     these seeds and verdicts cannot give a model
├── ArtifactError     a stored model is missing, foreign, outdated or corrupt
└── EvaluationError   graded items cannot be measured
"""

from __future__ import annotations


class ClassifierError(Exception):
    """Base of all errors of this package; the message is one line: what, which one, the way out."""


class SeedError(ClassifierError):
    """A seed file, or the set of seeds, cannot be used."""


class BackgroundError(ClassifierError):
    """The background counts are missing, foreign or corrupt."""


class TrainingError(ClassifierError):
    """These seeds and verdicts cannot give a model."""


class ArtifactError(ClassifierError):
    """A stored model is missing, foreign, outdated or corrupt."""


class EvaluationError(ClassifierError):
    """Graded items cannot be measured."""
