"""Seeds, background and verdicts → a model and a cross-validated report. Same input, same bytes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from importlib.metadata import version

import numpy as np
import numpy.typing as npt

from classifiers.background import Background
from classifiers.blend import own_items
from classifiers.calibrate import BASE_RATE, OFFSETS, SLOPE, Calibration
from classifiers.commonness import Commonness
from classifiers.errors import TrainingError
from classifiers.examples import UNKNOWN, Examples, Ordinary, read_examples, read_ordinary
from classifiers.features import Analyzer, allowance
from classifiers.fold import Places
from classifiers.linear import Linear
from classifiers.manifest import LanguageReport, Manifest, SignalReport
from classifiers.measure import BUDGETS, Ranking
from classifiers.model import Model
from classifiers.nearest import SeedIndex, index_seeds
from classifiers.platt import fit_platt
from classifiers.rates import Rates
from classifiers.recipe import Recipe, fit_linear
from classifiers.seed import Seed, signals_of
from classifiers.survey import survey
from classifiers.text import Document
from classifiers.tokens import STEMS, VIEWS

Floats = npt.NDArray[np.float64]
Progress = Callable[[str, float], None]

MIN_POSITIVES = 5
FOLDS = 5
MIN_IN_LANGUAGE = 5
"""Examples of a signal in a language from which its scores there count as certain."""
LIBRARIES = ("PyStemmer", "babel", "numpy", "scikit-learn", "scipy", "wordfreq")


@dataclass(frozen=True, slots=True)
class LabelledDocument:
    """A verdict: somebody said whether a document is an example of one signal."""

    document: Document
    signal: str
    positive: bool


@dataclass(frozen=True, slots=True, eq=False)
class TrainingResult:
    """A trained model, and its cross-validated report per signal."""

    model: Model
    report: dict[str, SignalReport]


@dataclass(frozen=True, slots=True, eq=False)
class _Material:
    examples: Examples
    ordinary: Ordinary
    rates: Rates
    recipe: Recipe

    @property
    def own(self) -> int:
        """How many of the ordinary items, the last ones, are a service's own."""
        return own_items(self.rates.background)


def train(
    seeds: Sequence[Seed],
    background: Background,
    *,
    verdicts: Sequence[LabelledDocument] = (),
    progress: Progress | None = None,
    recipe: Recipe | None = None,
) -> TrainingResult:
    """Fits one model for all signals of the seeds.

    Args:
        seeds: Labelled examples; those without labels are ordinary news.
        background: Counts of ordinary news.
        verdicts: What analysts said about items; each speaks for one signal only.
        progress: Called with the name of a step and the share that is done, from 0 to 1.
        recipe: Constants of the recipe, where the shipped ones do not suit.

    Raises:
        TrainingError: there are too few examples for or against a signal.
    """
    tell = progress or (lambda _step, _share: None)
    signals = signals_of(seeds)
    labels = _labels(seeds, verdicts, signals)
    analyzer = Analyzer()
    tell("reading seeds", 0.0)
    documents = [seed.document for seed in seeds] + [verdict.document for verdict in verdicts]
    examples = read_examples(documents, labels, analyzer)
    material = _Material(examples, read_ordinary(background.sample), Rates(background), recipe or Recipe())
    held_out = _cross_validate(material, tell)
    tell("fitting", 0.85)
    linear = fit_linear(examples, material.ordinary, material.rates, material.recipe)
    calibration = _calibrate(signals, labels, *held_out)
    report = _reports(signals, material, calibration, *held_out)
    tell("surveying words", 0.95)
    commonness, index = survey(seeds), _index(seeds, examples, linear)
    model_id = _content_hash(linear, calibration, analyzer.places, commonness)
    manifest = _manifest(seeds, verdicts, background, material, report, model_id)
    tell("done", 1.0)
    model = Model(manifest, linear, calibration, analyzer.places, analyzer.glossary, index, commonness)
    return TrainingResult(model, report)


def _index(seeds: Sequence[Seed], examples: Examples, linear: Linear) -> SeedIndex:
    positive = [i for i in range(len(seeds)) if seeds[i].labels]
    held = [tuple(examples.terms[STEMS][i]) for i in positive]
    return index_seeds([seeds[i].id for i in positive], held, examples.labels[positive] == 1, linear)


def _labels(
    seeds: Sequence[Seed], verdicts: Sequence[LabelledDocument], signals: tuple[str, ...]
) -> npt.NDArray[np.int8]:
    rows = [[int(signal in seed.labels) for signal in signals] for seed in seeds]
    rows += [[int(v.positive) if signal == v.signal else UNKNOWN for signal in signals] for v in verdicts]
    labels = np.array(rows, dtype=np.int8).reshape(len(rows), len(signals))
    _require_examples(labels, signals)
    return labels


def _require_examples(labels: npt.NDArray[np.int8], signals: tuple[str, ...]) -> None:
    if not signals:
        raise TrainingError("training: no seed carries a signal; add texts to seeds/<signal>/")
    for signal, column in zip(signals, labels.T, strict=True):
        positives, negatives = int((column == 1).sum()), int((column == 0).sum())
        if positives < MIN_POSITIVES:
            raise TrainingError(
                f"training {signal}: {positives} example(s) where {MIN_POSITIVES} is the least, 20 or more is "
                f"sensible; add texts to seeds/{signal}/"
            )
        if not negatives:
            raise TrainingError(
                f"training {signal}: all seeds are examples of it; add ordinary texts to seeds/background/"
            )


def _cross_validate(material: _Material, tell: Progress) -> tuple[Floats, Floats]:
    """Decision values of examples and ordinary items by models that did not see them."""
    examples, ordinary = material.examples, material.ordinary
    example_fold = _example_folds(examples)
    item_fold = np.arange(len(ordinary.rows)) % FOLDS
    decisions = np.zeros(examples.labels.shape), np.zeros((len(item_fold), examples.labels.shape[1]))
    for fold in range(FOLDS):
        tell(f"cross-validating, part {fold + 1} of {FOLDS}", 0.1 + 0.75 * fold / FOLDS)
        linear = fit_linear(
            examples.take(np.flatnonzero(example_fold != fold)),
            ordinary.take(np.flatnonzero(item_fold != fold)),
            material.rates,
            material.recipe,
        )
        unseen, rows = np.flatnonzero(example_fold == fold), np.flatnonzero(item_fold == fold)
        decisions[0][unseen] = _decide(linear, examples.take(unseen))
        decisions[1][rows] = _decide(linear, ordinary.take(rows))
    return decisions


def _example_folds(examples: Examples) -> npt.NDArray[np.intp]:
    # Dealt out in turn within each combination of labels and language, so that every part holds all of them.
    kinds = [(tuple(labels), lang) for labels, lang in zip(examples.labels.tolist(), examples.langs, strict=True)]
    folds = np.zeros(len(kinds), dtype=np.intp)
    folds[sorted(range(len(kinds)), key=lambda i: kinds[i])] = np.arange(len(kinds)) % FOLDS
    return folds


def _decide(linear: Linear, part: Examples | Ordinary) -> Floats:
    total = linear.intercept + allowance(part.lengths)[:, None]
    for view in VIEWS:
        known = linear.views[view]
        columns = {term: i for i, term in enumerate(known.terms)}
        total = total + part.matrix(view, columns) @ known.weights
    return np.asarray(total)


def _calibrate(
    signals: tuple[str, ...], labels: npt.NDArray[np.int8], examples: Floats, ordinary: Floats
) -> Calibration:
    fitted = [
        (SLOPE, OFFSETS[signal]) if signal in OFFSETS else fit_platt(examples[labels[:, j] == 1, j], ordinary[:, j])
        for j, signal in enumerate(signals)
    ]
    return Calibration(np.array([slope for slope, _ in fitted]), np.array([offset for _, offset in fitted]))


def _reports(
    signals: tuple[str, ...], material: _Material, calibration: Calibration, labelled: Floats, ordinary: Floats
) -> dict[str, SignalReport]:
    # Own items are harder or easier than others: figures without them can be compared from training to training.
    others = ordinary[: len(ordinary) - material.own]
    examples = material.examples
    seeds, items = calibration.probabilities(labelled), calibration.probabilities(others)
    langs = np.array(examples.langs)
    return {
        signal: _report(
            seeds[examples.labels[:, j] == 1, j], items[:, j], _by_language(seeds[:, j], examples.labels[:, j], langs)
        )
        for j, signal in enumerate(signals)
    }


def _by_language(
    scores: Floats, labels: npt.NDArray[np.int8], langs: npt.NDArray[np.str_]
) -> dict[str, LanguageReport]:
    found = {}
    for lang in np.unique(langs).tolist():
        examples, others = (scores[(langs == lang) & (labels == label)] for label in (1, 0))
        if len(examples):
            raised = round(float((others >= 0.5).mean()), 4) if len(others) else 0.0
            found[lang] = LanguageReport(len(examples), round(float((examples >= 0.5).mean()), 4), len(others), raised)
    return found


def _report(positive: Floats, ordinary: Floats, by_language: Mapping[str, LanguageReport]) -> SignalReport:
    scores = np.concatenate([positive, ordinary])
    flags = np.concatenate([np.ones(len(positive), dtype=bool), np.zeros(len(ordinary), dtype=bool)])
    weights = np.where(flags, BASE_RATE / len(positive), (1 - BASE_RATE) / max(len(ordinary), 1))
    ranking = Ranking.of(scores, flags, weights)
    return SignalReport(
        positives=len(positive),
        average_precision=round(ranking.average_precision, 4),
        recall_at={str(budget): round(ranking.recall_at(budget), 4) for budget in BUDGETS},
        recall=round(float((positive >= 0.5).mean()), 4),
        false_per_10000=round(float(10_000 * (ordinary >= 0.5).mean()) if len(ordinary) else 0.0, 4),
        languages=tuple(lang for lang, one in by_language.items() if one.examples >= MIN_IN_LANGUAGE),
        by_language=by_language,
    )


def _content_hash(linear: Linear, calibration: Calibration, places: Places, commonness: Commonness) -> str:
    digest = sha256(places.checksum.encode())
    for view in VIEWS:
        digest.update("\n".join(linear.views[view].terms).encode())
        digest.update(linear.views[view].weights.tobytes())
    for array in (linear.intercept, calibration.slope, calibration.offset):
        digest.update(array.tobytes())
    digest.update("\n".join(commonness.langs).encode())
    for packed in (commonness.starts, commonness.stems, commonness.shares):
        digest.update(packed.tobytes())
    return digest.hexdigest()[:12]


def _manifest(
    seeds: Sequence[Seed],
    verdicts: Sequence[LabelledDocument],
    background: Background,
    material: _Material,
    report: dict[str, SignalReport],
    model_id: str,
) -> Manifest:
    digest = sha256()
    for seed in seeds:
        digest.update(repr((seed.id, seed.title, seed.body, seed.lang, sorted(seed.labels))).encode())
    return Manifest(
        model_id=model_id,
        signals=tuple(report),
        seeds=len(seeds),
        seeds_hash=digest.hexdigest()[:16],
        background_hash=background.checksum,
        verdicts=len(verdicts),
        base_rate=BASE_RATE,
        languages=tuple(sorted({seed.lang for seed in seeds if seed.lang})),
        reports=report,
        libraries={name: version(name) for name in LIBRARIES},
        recipe=asdict(material.recipe),
        own_items=material.own,
    )
