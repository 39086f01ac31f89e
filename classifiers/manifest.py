"""Manifest: what a model is, where it came from, and how well it did when it was trained."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

FORMAT = 3


@dataclass(frozen=True, slots=True)
class LanguageReport:
    """Examples of one language, scored by models that had not seen them, at a threshold of 0.5."""

    examples: int
    recall: float
    others: int
    """Labelled texts of the language that are no examples: hard negatives."""
    raised: float
    """Share of those that were taken for examples."""


@dataclass(frozen=True, slots=True)
class SignalReport:
    """Cross-validated figures of one signal; the rates are per ordinary item at the base rate."""

    positives: int
    average_precision: float
    recall_at: Mapping[str, float]
    """Recall at 1, 2, 5 and 10 false alerts per 10,000 ordinary items."""
    recall: float
    false_per_10000: float
    languages: tuple[str, ...] = ()
    """Languages with enough examples of the signal: in others its scores are less certain."""
    by_language: Mapping[str, LanguageReport] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Manifest:
    """Everything about a model but its weights."""

    model_id: str
    signals: tuple[str, ...]
    seeds: int
    seeds_hash: str
    background_hash: str
    verdicts: int
    base_rate: float
    languages: tuple[str, ...]
    """Languages of the seeds."""
    reports: Mapping[str, SignalReport]
    libraries: Mapping[str, str]
    recipe: Mapping[str, float]
    own_items: int = 0
    """Items of the service's own stream that were counted as ordinary news."""
    format: int = FORMAT

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Manifest:
        """The inverse of :meth:`as_dict`; raises KeyError or TypeError where values do not fit."""
        # Reports of older models name no languages: those of all seeds stood for each signal.
        every = {"languages": values["languages"]}
        told = {signal: every | report for signal, report in values["reports"].items()}
        reports = {signal: _report(report) for signal, report in told.items()}
        listed = {"signals": tuple(values["signals"]), "languages": tuple(values["languages"])}
        return cls(**{**values, **listed, "reports": reports})


def _report(values: Mapping[str, Any]) -> SignalReport:
    by_language = {lang: LanguageReport(**one) for lang, one in values.get("by_language", {}).items()}
    return SignalReport(**{**values, "languages": tuple(values["languages"]), "by_language": by_language})
