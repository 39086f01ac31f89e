"""Fits and measures models: seeds and verdicts in, a folder with a model out."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import classifiers
from classifiers.artifact import save_model
from classifiers.background import shipped
from classifiers.blend import blend
from classifiers.errors import ClassifierError
from classifiers.evaluate import Evaluation, GradedDocument, evaluate
from classifiers.manifest import Manifest
from classifiers.model import Model
from classifiers.seed import SeedFault, check_seeds, load_seeds
from classifiers.sentinels import shown_sentinels
from classifiers.text import Document
from classifiers.train import LabelledDocument, train
from monitor.adapters.documents import GradedItem
from monitor.adapters.language import detect
from monitor.errors import InputError
from monitor.ports import Progress

_PACKAGE = Path(classifiers.__file__).parent
SHIPPED_SEEDS = (_PACKAGE / "shipped" / "seeds", _PACKAGE.parent / "seeds")
"""Where an installed package keeps its seeds, and where a checkout does."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """An analyst's yes or no on a stored item."""

    title: str
    body: str
    lang: str | None
    signal: str
    positive: bool


def seeds_folder(configured: Path) -> Path:
    """The configured folder, or the shipped seeds where there is none. Raises InputError where neither exists."""
    for folder in (configured, *SHIPPED_SEEDS):
        if folder.is_dir():
            return folder
    raise InputError(f"seeds {configured}: no such folder; make it, with one folder of texts per signal")


def fit(
    seeds: Path,
    verdicts: Sequence[Verdict],
    target: Path,
    progress: Progress | None = None,
    own: Iterable[tuple[str, str, str]] = (),
) -> Manifest:
    """Fit a model and write it to `target/<model id>`.

    Args:
        seeds: folder of the seeds.
        verdicts: what analysts said.
        target: folder of the models.
        progress: told what is going on.
        own: ordinary items of the service's own stream as (title, summary, language), blended into the background.

    Raises:
        InputError: a seed cannot be read, or there are too few; the message names file or signal.
    """
    try:
        result = train(
            load_seeds(seeds, detect=detect),
            blend(shipped(), (Document(*item) for item in own)),
            verdicts=[
                LabelledDocument(Document(one.title, one.body, one.lang), one.signal, one.positive) for one in verdicts
            ],
            progress=_percent(progress) if progress else None,
        )
        save_model(result.model, target / result.model.id)
    except ClassifierError as error:
        raise InputError(str(error)) from error
    return result.model.manifest


def measure(model: Model, items: Iterable[GradedItem], thresholds: Mapping[str, float]) -> Evaluation:
    """Score graded items and measure the scores. Raises InputError where there are none."""
    graded = [GradedDocument(Document(one.title, one.body, one.lang), one.grades) for one in items]
    try:
        return evaluate(model, graded, thresholds)
    except ClassifierError as error:
        raise InputError(str(error)) from error


def check(seeds: Path, corpus: Iterable[str] | None = None) -> list[SeedFault]:
    """What somebody should look at in the seeds: duplicates, label conflicts, encoding faults, leaks of `corpus`.

    A seed that repeats a sentinel is one as well: a model that was shown the answers would prove nothing by them.
    """
    try:
        loaded = load_seeds(seeds, detect=detect)
        return check_seeds(loaded, corpus) + shown_sentinels(loaded)
    except ClassifierError as error:
        raise InputError(str(error)) from error


def _percent(progress: Progress) -> Callable[[str, float], None]:
    return lambda step, share: progress(step, round(100 * share), 100)
