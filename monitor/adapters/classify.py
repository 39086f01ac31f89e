"""Scores items and texts with a trained model of `classifiers`."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Self

from classifiers.artifact import packed, save_model, save_packed, unpacked
from classifiers.commonness import Commonness
from classifiers.errors import ClassifierError
from classifiers.manifest import Manifest
from classifiers.model import Model
from classifiers.sentinels import Outcome, examine
from classifiers.text import Document
from monitor.domain.item import Item
from monitor.domain.score import Reasons, Score, Term
from monitor.errors import ModelError

WHY_TERMS = 8


class ModelScorer:
    """The Scorer of the pipeline: a loaded model.

    Attributes:
        files: what it was loaded from, by name, for other processes; empty for one that was not loaded.
    """

    def __init__(self, model: Model, files: Mapping[str, bytes] = MappingProxyType({})) -> None:
        self._model = model
        self.files = files

    def save(self, folder: Path) -> None:
        """Write the model into `folder`; the same model gives the same bytes. Raises ModelError."""
        try:
            if self.files:  # as it was read: packing it anew takes longer than all else of a start
                save_packed(self.files, folder)
            else:
                save_model(self._model, folder)
        except ClassifierError as error:
            raise ModelError(f"{error}; set `models` in the config to a folder that can be written") from error

    @property
    def model(self) -> Model:
        """The model itself, for measuring it."""
        return self._model

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Load the model in `folder`. Raises ModelError where it is missing, damaged or of another format."""
        try:
            return cls.unpack(packed(folder), str(folder))
        except ClassifierError as error:
            raise ModelError(str(error)) from error

    @classmethod
    def unpack(cls, files: Mapping[str, bytes], name: str) -> Self:
        """Load a model from its files; `name` is what errors call it. Raises ModelError."""
        try:
            return cls(unpacked(files, name), files)
        except ClassifierError as error:
            raise ModelError(str(error)) from error

    @property
    def commonness(self) -> Commonness:
        """In what share of news a word stands, as the training found it."""
        return self._model.commonness

    @property
    def model_id(self) -> str:
        """Id of the model in use."""
        return self._model.id

    @property
    def signals(self) -> tuple[str, ...]:
        """The signals the model knows."""
        return self._model.signals

    def missing(self, signals: Iterable[str]) -> list[str]:
        """Those of `signals` the model does not know, sorted: nothing is scored for them."""
        return sorted(set(signals) - set(self.signals))

    @property
    def manifest(self) -> Manifest:
        """What the training wrote down."""
        return self._model.manifest

    def score(self, items: Sequence[Item]) -> list[tuple[Score, ...]]:
        """One Score per signal for each item, in order; an empty batch gives an empty list."""
        return self.score_documents([_document(item) for item in items])

    def why(self, item: Item, signal: str) -> Reasons:
        """The words that weighed most, the nearest seed, and whether the model knows the item's language."""
        return self.explain_document(_document(item), signal)

    def values(self, documents: Sequence[Document]) -> list[list[float]]:
        """As `score_documents`, the bare values in the order of `signals`."""
        return self._model.score(documents).tolist()  # type: ignore[no-any-return]  # numpy cannot tell

    def scores(self, values: Sequence[float]) -> tuple[Score, ...]:
        """The values of one document as a Score per signal."""
        return tuple(
            Score(signal, value, self._model.id) for signal, value in zip(self._model.signals, values, strict=True)
        )

    def score_documents(self, documents: Sequence[Document]) -> list[tuple[Score, ...]]:
        """As `score`, for texts that are not items of a feed."""
        return [self.scores(row) for row in self.values(documents)]

    def explain_document(self, document: Document, signal: str) -> Reasons:
        """As `why`, for a text that is not an item of a feed."""
        told = self._model.explanation(document, signal)
        terms = tuple(Term(one.term, float(one.weight)) for one in told.contributions[:WHY_TERMS])
        return Reasons(terms, told.nearest_seed, told.confident)

    def examine(self, thresholds: Mapping[str, float]) -> tuple[Outcome, ...]:
        """How the model does on the shipped sentinels at these thresholds, signal by signal."""
        return examine(self._model, thresholds)

    def unsure(self, document: Document) -> list[str]:
        """The signals whose score is less certain, for want of examples in the document's language."""
        return [signal for signal in self.signals if not self._model.confident(document, signal)]


def _document(item: Item) -> Document:
    return Document(title=item.title, body=item.summary, lang=item.lang)
