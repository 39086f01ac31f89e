"""Commands around the classifier: train, score, evaluate; `seeds`."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum
from itertools import chain, islice
from pathlib import Path
from typing import Annotated

import typer

from monitor import models
from monitor.adapters import documents, training
from monitor.adapters.classify import ModelScorer
from monitor.adapters.documents import BadLine, GradedItem, NamedDocument
from monitor.cli import output
from monitor.cli.options import CONFIG, ConfigOption, JsonOption
from monitor.cli.refusals import Refusals
from monitor.cli.report import (
    cross_validated_rows,
    evaluation_rows,
    examined,
    mistake_rows,
    print_cross_validated,
    print_evaluation,
    print_mistakes,
    print_score,
    print_training,
    score_record,
    training_record,
)
from monitor.cli.session import read_config, working_house
from monitor.domain.hit import reaching
from monitor.errors import InputError, ModelError

BATCH = 500
"""Lines scored at once."""

seeds_app = typer.Typer(no_args_is_help=True, help="The seeds the model is trained on.")


class InputKind(StrEnum):
    """How `score` reads its input."""

    TEXT = "text"
    JSONL = "jsonl"


def train(
    force: Annotated[bool, typer.Option("--force", help="Activate the new model even where it is worse.")] = False,
    as_json: JsonOption = False,
    config: ConfigOption = CONFIG,
) -> None:
    """Fit a model from seeds and verdicts, and use it unless it is worse.

    Prints how good it is by cross-validation, beside the one in use.
    """
    with working_house(config) as house, output.progress() as progress:
        trained = models.train(house, force=force, progress=progress)
        thresholds = house.config.thresholds()
        before = examined(trained.previous, thresholds) if trained.previous else None
        now = examined(trained.scorer, thresholds)
    if as_json:
        refused = None if trained.activated else trained.worse
        output.emit_json(training_record(now) | {"activated": trained.activated, "refused": refused})
    else:
        print_training(now, before)
    if not trained.activated:
        raise ModelError(
            f"model {trained.scorer.model_id} kept but not activated: {trained.worse}; look at the seeds added last, "
            "or use `monitor train --force`"
        )
    if trained.worse:
        output.complain(f"warning: in use although it is worse: {trained.worse}")
    output.complain(f"model {trained.scorer.model_id} is in use; a running service takes it over by itself")


def score(
    paths: Annotated[list[str] | None, typer.Argument(metavar="[PATH…|-]", help="Files; - is standard input.")] = None,
    kind: Annotated[InputKind, typer.Option("--input", help="One text a file, or JSON lines.")] = InputKind.TEXT,
    as_json: JsonOption = False,
    config: ConfigOption = CONFIG,
) -> None:
    """Score documents: the probability of each signal, and the words that weigh."""
    refusals = Refusals()
    with working_house(config) as house:
        scorer = models.required(house)
        thresholds = house.config.thresholds()
        named = _named(paths or [documents.STDIN], kind, refusals)
        # a text may be large, a line hardly
        while batch := list(islice(named, BATCH if kind is InputKind.JSONL else 1)):
            _score_batch(scorer, thresholds, batch, as_json=as_json)
    refusals.end()


def evaluate(
    paths: Annotated[
        list[str] | None, typer.Argument(metavar="[PATH.jsonl[.gz]…]", help="Graded items, one a line.")
    ] = None,
    errors: Annotated[int, typer.Option(min=0, help="List so many false alerts and missed positives a signal.")] = 0,
    as_json: JsonOption = False,
    config: ConfigOption = CONFIG,
) -> None:
    """Measure the model on graded items: recall, false alerts, calibration.

    An item is a JSON line with `title`, optional `summary`, `lang`, and `grades`: 2, 1 or 0 by signal.
    Without a path, the cross-validated figures of the training are shown, by language.
    """
    if not paths:
        _show_cross_validated(config, as_json=as_json)
        return
    refusals = Refusals()
    with working_house(config) as house, output.progress() as progress:
        scorer = models.required(house)
        items = _graded(paths, refusals, lambda count: progress("reading and scoring items", count, 0))
        evaluation = training.measure(scorer.model, items, house.config.thresholds())
    if as_json:
        for row in chain(evaluation_rows(evaluation), mistake_rows(scorer.model, evaluation, errors)):
            output.emit_json({"model_id": scorer.model_id} | row)
    else:
        print_evaluation(scorer.model_id, evaluation)
        if errors:
            print_mistakes(mistake_rows(scorer.model, evaluation, errors))
    refusals.end()


def _show_cross_validated(config: Path, *, as_json: bool) -> None:
    with working_house(config) as house:
        manifest = models.required(house).manifest
    if as_json:
        for row in cross_validated_rows(manifest):
            output.emit_json({"model_id": manifest.model_id} | row)
    else:
        print_cross_validated(manifest)


@seeds_app.command("check")
def check_seeds(
    corpus: Annotated[list[str] | None, typer.Option("--corpus", help="JSON lines to find leaks of.")] = None,
    as_json: JsonOption = False,
    config: ConfigOption = CONFIG,
) -> None:
    """Find duplicates, label conflicts and encoding faults in the seeds, and overlaps with a given corpus."""
    folder = training.seeds_folder(read_config(config).seeds)
    refusals = Refusals()
    texts = (f"{item.title} {item.body}" for item in _graded(corpus, refusals, lambda _: None)) if corpus else None
    faults = [{"kind": one.kind, "seed": one.seed, "detail": one.detail} for one in training.check(folder, texts)]
    output.emit(faults, ("kind", "seed", "detail"), as_json=as_json, empty=f"seeds {folder}: nothing to complain of")
    refusals.end()
    if faults:
        raise typer.Exit(1)


def _named(paths: Iterable[str], kind: InputKind, refusals: Refusals) -> Iterator[NamedDocument]:
    for path in paths:
        try:
            if kind is InputKind.TEXT:
                yield documents.text_document(path)
                continue
            for entry in documents.json_documents(path):
                if isinstance(entry, BadLine):
                    refusals.add(entry.message, 1)
                else:
                    yield entry
        except InputError as error:
            refusals.add(str(error), error.exit_code)


def _score_batch(
    scorer: ModelScorer, thresholds: Mapping[str, float], batch: list[NamedDocument], *, as_json: bool
) -> None:
    for named, scores in zip(batch, scorer.score_documents([one.document for one in batch]), strict=True):
        hits = [score.signal for score in reaching(scores, thresholds)]
        explained = [score.signal for score in scores] if as_json else hits
        why = {signal: scorer.explain_document(named.document, signal) for signal in explained}
        values = {score.signal: round(score.value, 6) for score in scores}
        unsure = scorer.unsure(named.document)
        if as_json:
            output.emit_json({"id": named.id} | score_record(values, hits, why, unsure))
        else:
            print_score(str(named.id), values, why, unsure, named.document.lang)


def _graded(paths: Iterable[str], refusals: Refusals, tell: Callable[[int], None]) -> Iterator[GradedItem]:
    for count, entry in enumerate(chain.from_iterable(map(documents.graded_items, paths)), 1):
        if count % 1000 == 0:
            tell(count)
        if isinstance(entry, BadLine):
            refusals.add(entry.message, 1)
        else:
            yield entry
