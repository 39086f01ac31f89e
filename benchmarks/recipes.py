"""Compares recipes on graded items: what each finds at the base rate of a real stream.

    python -m benchmarks.recipes --background ITEMS.jsonl.gz [--yardstick SCRIPT.py] GRADED.jsonl.gz...

Every recipe learns from the same seeds; those that need ordinary items as texts draw them from ``--background``. All
rows but one use English seeds only, so that no recipe is blamed for languages it cannot read. A yardstick is a script
that defines ``Model.fit(seeds, background, names)`` and ``Model.logit(item)``; ``fold.json`` beside it holds the names.
"""

import argparse
import importlib.util
import json
import random
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.base import BaseEstimator, clone
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import ComplementNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import Normalizer
from sklearn.svm import LinearSVC

from benchmarks.streams import read_graded
from classifiers.background import read_items, shipped
from classifiers.estimators import LengthDamping, LogOddsWeights, PositiveUnlabelledLogistic
from classifiers.evaluate import BORDERLINE, POSITIVE, GradedDocument
from classifiers.examples import Ordinary, read_examples, read_ordinary
from classifiers.features import Analyzer
from classifiers.measure import BUDGETS, Ranking
from classifiers.model import Model
from classifiers.rates import Rates
from classifiers.recipe import Recipe, fit_linear
from classifiers.seed import Seed, load_seeds, signals_of
from classifiers.text import Document
from classifiers.train import train

Floats = npt.NDArray[np.float64]

SAMPLE = 40_000
LEAD = 600
QUERIES = {
    "foreign_fighter_recruitment": (
        r"mercenar|foreign fighter"
        r"|(recruit|enlist|volunteer|join)\w* .{0,80}(fight|army|war|militia|islamic state|isis)"
    ),
    "human_trafficking": (
        r"human traffick|sex traffick|traffick\w* (victim|ring|gang|of women)|modern slavery|forced labou?r"
        r"|sex slave|debt bondage|forced prostitution|scam compound"
    ),
}


@dataclass(frozen=True, eq=False)
class Task:
    """What every recipe is given, and what several of ours share."""

    seeds: Sequence[Seed]
    news: Sequence[Document]
    items: Sequence[Document]
    signals: Sequence[str]

    @cached_property
    def english(self) -> list[Seed]:
        """The English seeds."""
        return [seed for seed in self.seeds if seed.lang == "en"]

    def labels(self, seeds: Sequence[Seed]) -> npt.NDArray[np.int8]:
        """Shape (seeds, signals)."""
        return np.array([[signal in seed.labels for signal in self.signals] for seed in seeds], dtype=np.int8)

    @cached_property
    def model(self) -> Model:
        """Ours as it is shipped."""
        return train(self.seeds, shipped()).model

    @cached_property
    def ordinary(self) -> Ordinary:
        """The shipped sample of ordinary items."""
        return read_ordinary(shipped().sample)


Ranker = Callable[[Task], Floats]
"""Decision values of the items of a task, shape (items, signals)."""


def text(document: Document) -> str:
    """Headline and lead as one text."""
    return f"{document.title}. {document.body[:LEAD]}"


def boolean_query(task: Task) -> Floats:
    """As an analyst would give it to a news-alert service; matches in the headline rank first."""
    queries = [re.compile(QUERIES[signal], re.IGNORECASE) for signal in task.signals]
    return np.array([[2.0 * bool(q.search(d.title)) + bool(q.search(text(d))) for q in queries] for d in task.items])


def pipeline(vectorizer: BaseEstimator, classifier: BaseEstimator, *, news: bool = True) -> Ranker:
    """A vectorizer and a classifier for each signal, with sampled ordinary items as negatives or without."""

    def rank(task: Task) -> Floats:
        ordinary = task.news[:SAMPLE] if news else []
        texts = [text(s.document) for s in task.english] + [text(d) for d in ordinary]
        labels = np.vstack([task.labels(task.english), np.zeros((len(ordinary), len(task.signals)), dtype=np.int8)])
        held = clone(vectorizer)
        known, asked = held.fit_transform(texts).astype(float), held.transform(map(text, task.items)).astype(float)
        return np.stack([_decide(clone(classifier).fit(known, column), asked) for column in labels.T], axis=1)

    return rank


def _decide(fitted: BaseEstimator, rows: sparse.csr_matrix) -> Floats:
    if hasattr(fitted, "decision_function"):
        return np.asarray(fitted.decision_function(rows))
    logs = fitted.predict_log_proba(rows)
    return np.asarray(logs[:, 1] - logs[:, 0])


def shipped_model(task: Task) -> Floats:
    """Ours with the seeds of all languages."""
    return task.model.decide(task.items)


def ours(recipe: Recipe) -> Ranker:
    """Ours with English seeds and other constants."""

    def rank(task: Task) -> Floats:
        analyzer = Analyzer()
        examples = read_examples([seed.document for seed in task.english], task.labels(task.english), analyzer)
        linear = fit_linear(examples, task.ordinary, Rates(shipped()), recipe)
        return replace(task.model, linear=linear).decide(task.items)

    return rank


def yardstick(script: Path) -> Ranker:
    """A recipe that stands in a file of its own."""
    spec = importlib.util.spec_from_file_location("yardstick", script)
    if spec is None or spec.loader is None:
        raise SystemExit(f"--yardstick {script}: not a Python script")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    def rank(task: Task) -> Floats:
        names = json.loads(script.with_name("fold.json").read_text(encoding="utf-8"))
        seeds = [{"labels": sorted(s.labels), "title": s.title, "text": s.body} for s in task.english]
        news = [{"title": d.title, "summary": d.body} for d in task.news]
        fitted = module.Model.fit(seeds, news, names)
        order = [module.SIG.index(signal) for signal in task.signals]
        return np.array([fitted.logit({"title": d.title, "summary": d.body}) for d in task.items])[:, order]

    return rank


def recipes(script: Path | None) -> dict[str, Ranker]:
    """Each recipe by its name, in the order of the table."""
    words, flags = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2), {"binary": True, "min_df": 2}
    counts = CountVectorizer(ngram_range=(1, 2), **flags)
    cleaned = PositiveUnlabelledLogistic()
    balanced = LogisticRegression(class_weight="balanced", max_iter=1000)
    table: dict[str, Ranker] = {
        "boolean query": boolean_query,
        "tf-idf + logistic regression, seeds only": pipeline(clone(words).set_params(min_df=1), balanced, news=False),
        "tf-idf + linear SVM": pipeline(words, LinearSVC(C=0.5, class_weight="balanced")),
        "tf-idf + complement NB": pipeline(words, ComplementNB(alpha=0.3)),
        "NB-SVM: log-odds, unit length": pipeline(counts, make_pipeline(LogOddsWeights(), Normalizer(), balanced)),
        "log-odds, damped, hidden positives out": pipeline(
            counts, make_pipeline(LengthDamping(), LogOddsWeights(min_documents=2), cleaned)
        ),
    }
    if script is not None:
        table["yardstick"] = yardstick(script)
    return table | {
        "ours, English seeds, names at full strength": ours(Recipe(name_strength=1.0)),
        "ours, English seeds, hidden positives kept": ours(Recipe(hidden_share=0.0)),
        "ours, English seeds": ours(Recipe()),
        "ours, all seeds": shipped_model,
    }


def figures(scores: Floats, graded: Sequence[GradedDocument], signal: str) -> dict[str, float]:
    """Average precision, and recall at each budget of false alerts per 10,000 items."""
    grades = np.array([(item.grades or {}).get(signal, 0) for item in graded])
    judged = grades != BORDERLINE
    ranking = Ranking.of(scores[judged], grades[judged] == POSITIVE)
    return {"AP": ranking.average_precision, **{f"R@{b}": ranking.recall_at(b) for b in BUDGETS}}


def main() -> None:
    """Prints the table, one line a recipe and signal."""
    parser = argparse.ArgumentParser(description="Compares recipes on graded items.")
    parser.add_argument("graded", type=Path, nargs="+")
    parser.add_argument("--seeds", type=Path, default=Path("seeds"))
    parser.add_argument("--background", type=Path, required=True)
    parser.add_argument("--yardstick", type=Path)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    seeds = load_seeds(options.seeds)
    news = [d for d in read_items([options.background]) if d.lang in {None, "en"}]
    random.Random(2).shuffle(news)  # noqa: S311  a sample, not a secret
    graded = list(read_graded(options.graded))
    signals = [signal for signal in signals_of(seeds) if signal in QUERIES]
    task = Task(seeds, news, [item.document for item in graded], signals)
    results = []
    for name, rank in recipes(options.yardstick).items():
        start = time.perf_counter()
        scores = rank(task)
        seconds = time.perf_counter() - start
        for column, signal in enumerate(signals):
            found = figures(scores[:, column], graded, signal)
            results.append({"recipe": name, "signal": signal, **found, "seconds": seconds})
            cells = "  ".join(f"{key} {value:.3f}" for key, value in found.items())
            print(f"{name:45} {signal:28} {cells}  {seconds:4.0f} s", flush=True)
    if options.json:
        options.json.write_text(json.dumps(results, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
