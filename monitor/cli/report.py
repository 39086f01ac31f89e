"""Figures of the classifier, for people: scores of a document, a training's report, an evaluation."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass

from classifiers.evaluate import Evaluation, SignalEvaluation
from classifiers.manifest import Manifest
from classifiers.model import Model
from classifiers.sentinels import Outcome
from monitor.adapters.classify import ModelScorer
from monitor.cli import output
from monitor.domain.score import Reasons


def score_record(
    scores: Mapping[str, float], hits: Sequence[str], why: Mapping[str, Reasons], unsure: Sequence[str]
) -> dict[str, object]:
    """What `score --json` tells of a document; `confident` is false where a signal lacks examples in its language."""
    return {
        "scores": scores,
        "hits": hits,
        "why": {signal: [[one.term, round(one.weight, 4)] for one in told.terms] for signal, told in why.items()},
        "nearest_seed": {signal: told.nearest_seed for signal, told in why.items()},
        "confident": not unsure,
        "low_confidence": unsure,
    }


def print_score(
    name: str, scores: Mapping[str, float], why: Mapping[str, Reasons], unsure: Sequence[str], lang: str | None
) -> None:
    """A line a signal; a hit has the words that weighed most and the nearest seed below it."""
    output.say(name)
    for signal, value in scores.items():
        output.say(f"  {value:.3f}  {signal}{'  HIT' if signal in why else ''}")
        if told := why.get(signal):
            output.say("         why: " + ", ".join(f"{one.term} {one.weight:+.2f}" for one in told.terms))
            if told.nearest_seed:
                output.say(f"         nearest seed: {told.nearest_seed}")
    if unsure:
        language = f"language {lang} is" if lang else "its language is unknown,"
        output.say(f"  low confidence for {', '.join(unsure)}: {language} not among the model's")


@dataclass(frozen=True, slots=True)
class Examined:
    """What is known of a model: its training's figures, and how it does on the sentinels."""

    manifest: Manifest
    outcomes: tuple[Outcome, ...]


def examined(scorer: ModelScorer, thresholds: Mapping[str, float]) -> Examined:
    """A model as a report shows it."""
    return Examined(scorer.manifest, scorer.examine(thresholds))


def training_record(new: Examined) -> dict[str, object]:
    """What `train --json` tells of a model."""
    outcomes = {outcome.signal: asdict(outcome) | {"failing": outcome.failing} for outcome in new.outcomes}
    return new.manifest.as_dict() | {"sentinels": outcomes}


def print_training(new: Examined, old: Examined | None) -> None:
    """The cross-validated report of a new model, beside the one in use, and how both do on the sentinels."""
    manifest = new.manifest
    verdicts = f", {manifest.verdicts} verdicts" if manifest.verdicts else ""
    own = f", {manifest.own_items} ordinary items of the stored stream" if manifest.own_items else ""
    rate = f"1 positive in {1 / manifest.base_rate:.0f} items"
    output.say(f"model {manifest.model_id}: {manifest.seeds} seeds{verdicts}{own}; cross-validated at {rate}")
    _print_reports(manifest, old.manifest if old else None)
    _print_sentinels(new.outcomes, {outcome.signal: outcome for outcome in old.outcomes} if old else {})


def _print_reports(manifest: Manifest, old: Manifest | None) -> None:
    rows = []
    for signal, report in manifest.reports.items():
        before = old.reports.get(signal) if old else None
        rows.append(
            {
                "signal": signal,
                "examples": report.positives,
                "average_precision": report.average_precision,
                "in_use": before.average_precision if before else None,
                **{f"recall@{budget}": report.recall_at[budget] for budget in sorted(report.recall_at, key=int)},
            }
        )
    output.emit(rows, tuple(rows[0]), as_json=False, empty="")
    output.say("recall@k: share of positives found at k false alerts per 10,000 items")


def _print_sentinels(outcomes: Sequence[Outcome], before: Mapping[str, Outcome]) -> None:
    for outcome in outcomes:
        old = before.get(outcome.signal)
        compared = f" (in use: {len(old.found)} and {len(old.raised)})" if old else ""
        output.say(f"sentinels of {outcome}{compared}")
        for names, what in ((outcome.missed, "missed"), (outcome.raised, "raised")):
            if names:
                output.say(f"  {what}: {', '.join(names)}")


def evaluation_rows(evaluation: Evaluation) -> Iterator[dict[str, object]]:
    """One record a signal, and one a signal and language where there are several."""
    for measured in evaluation.signals.values():
        yield asdict(measured)
    for lang, signals in evaluation.languages.items():
        for measured in signals.values():
            yield {"lang": lang} | asdict(measured)


def print_evaluation(model_id: str, evaluation: Evaluation) -> None:
    """Tables: per signal, reliability, per language."""
    output.say(f"model {model_id}")
    _print_signals([_row(measured, {}) for measured in evaluation.signals.values()])
    for measured in evaluation.signals.values():
        output.say()
        output.say(f"reliability of {measured.signal}: of items scored from … to …, so many are positives")
        bins = [
            {"from": one.low, "to": one.high, "items": one.items, "mean_score": one.expected, "positives": one.observed}
            for one in measured.reliability
        ]
        output.emit(bins, ("from", "to", "items", "mean_score", "positives"), as_json=False, empty="no items")
    if evaluation.languages:
        output.say()
        output.say("per language")
        rows = [
            _row(measured, {"lang": lang})
            for lang, signals in evaluation.languages.items()
            for measured in signals.values()
            if measured.positives
        ]
        _print_signals(rows)


def mistake_rows(model: Model, evaluation: Evaluation, limit: int) -> Iterator[dict[str, object]]:
    """The worst mistakes of each signal, so many of a kind, with the words that weighed."""
    for signal in evaluation.signals:
        for raised in (True, False):
            kind = [one for one in evaluation.mistakes if (one.signal, one.raised) == (signal, raised)]
            for one in kind[:limit]:
                yield {
                    "mistake": "false alert" if raised else "missed",
                    "signal": signal,
                    "score": round(one.score, 4),
                    "title": one.document.title or one.document.body[:100],
                    "why": [[c.term, round(c.weight, 2)] for c in model.explain(one.document, signal, limit=4)],
                }


def print_mistakes(rows: Iterable[dict[str, object]]) -> None:
    """A line for each mistake."""
    output.say()
    output.emit(rows, ("mistake", "signal", "score", "title", "why"), as_json=False, empty="no item on the wrong side")


def cross_validated_rows(manifest: Manifest) -> Iterator[dict[str, object]]:
    """One record a signal, and one a signal and language, of what the training measured on examples held out."""
    for signal, report in manifest.reports.items():
        yield {"signal": signal} | asdict(report)
    for signal, report in manifest.reports.items():
        for lang, one in report.by_language.items():
            yield {"lang": lang, "signal": signal} | asdict(one)


def print_cross_validated(manifest: Manifest) -> None:
    """Tables of what the training measured: per signal, and per language."""
    output.say(f"model {manifest.model_id}, cross-validated on its {manifest.seeds} seeds; no graded items were given")
    _print_reports(manifest, None)
    output.say()
    output.say("per language, at a threshold of 0.5: recall of examples, and share of other seeds that were raised")
    rows = [row for row in cross_validated_rows(manifest) if "lang" in row]
    columns = ("lang", "signal", "examples", "recall", "others", "raised")
    output.emit(sorted(rows, key=lambda row: str(row["lang"])), columns, as_json=False, empty="no examples")


def _print_signals(rows: list[dict[str, object]]) -> None:
    output.emit(rows, tuple(rows[0]) if rows else (), as_json=False, empty="no positives in any language")


def _row(measured: SignalEvaluation, first: dict[str, object]) -> dict[str, object]:
    return first | {
        "signal": measured.signal,
        "items": measured.items,
        "positives": measured.positives,
        "AP": measured.average_precision,
        **{f"R@{budget}": value for budget, value in measured.recall_at.items()},
        "threshold": measured.threshold,
        "recall": measured.recall,
        "precision": measured.precision,
        "false/10k": measured.false_per_10000,
        "expected/real": measured.calibration,
    }
