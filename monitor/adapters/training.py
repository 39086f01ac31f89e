"""Fits and measures models: seeds and verdicts in, a folder with a model out."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import classifiers
from classifiers.artifact import save_model
from classifiers.background import shipped
from classifiers.blend import blend
from classifiers.errors import ClassifierError
from classifiers.evaluate import Evaluation, GradedDocument, evaluate
from classifiers.manifest import Manifest
from classifiers.model import Model
from classifiers.seed import BACKGROUND, Seed, SeedFault, check_seeds, load_seeds, signals_of
from classifiers.sentinels import shown_sentinels
from classifiers.text import Document
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


def read_seeds(configured: Path, signals: Iterable[str] = ()) -> list[Seed]:
    """The seeds of the configured folder; what it has no texts on comes from the shipped ones.

    So a folder with texts on one signal of one's own is enough: ordinary news, and the other signals asked for, need
    not be copied.

    Raises:
        InputError: a seed cannot be read, or a signal has none anywhere.
    """
    folder = seeds_folder(configured)
    try:
        seeds = load_seeds(folder, detect=detect)
        lacking = {kind for kind in (*signals, BACKGROUND) if not any((folder / kind).glob("*.txt"))}
        shipped_folder = next((path for path in SHIPPED_SEEDS if path.is_dir()), folder)
        if lacking and shipped_folder.resolve() != folder.resolve():
            wanted = {*signals, *signals_of(seeds)}
            seeds += [
                replace(seed, labels=seed.labels & wanted)
                for seed in load_seeds(shipped_folder, detect=detect)
                if seed.id.partition("/")[0] in lacking
            ]
    except ClassifierError as error:
        raise InputError(str(error)) from error
    if missing := sorted(set(signals) - set(signals_of(seeds))):
        raise InputError(
            f"signal {missing[0]}: has no seeds; add 20 texts or more to {configured}/{missing[0]}/, or take it out of "
            "`signals` in the config"
        )
    return seeds


def fit(
    seeds: Path,
    verdicts: Sequence[Verdict],
    target: Path,
    progress: Progress | None = None,
    own: Iterable[tuple[str, str, str]] = (),
    signals: Iterable[str] = (),
) -> Manifest:
    """Fit a model and write it to `target/<model id>`.

    Args:
        seeds: folder of the seeds.
        verdicts: what analysts said.
        target: folder of the models.
        progress: told what is going on.
        signals: those the model must know, see `read_seeds`.
        own: ordinary items of the service's own stream as (title, summary, language), blended into the background.

    Raises:
        InputError: a seed cannot be read, or there are too few; the message names file or signal.
    """
    from classifiers.train import LabelledDocument, train  # noqa: PLC0415  # scikit-learn: heavy, and only fitting needs it

    known = read_seeds(seeds, signals)
    try:
        result = train(
            known,
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
