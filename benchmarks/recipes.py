"""Compares recipes on graded items: what each finds at the base rate of a real stream.

    python -m benchmarks.recipes --seeds seeds --background ITEMS.jsonl.gz --json OUT.json GRADED.jsonl.gz...

Every recipe learns from the same seeds; those that need ordinary items as texts draw them from ``--background``.
Only English seeds and items are used, so that no recipe is blamed for languages it cannot read.
"""

import argparse
import json
import random
import re
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import ComplementNB
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC

from benchmarks.streams import read_graded
from classifiers.background import read_items, shipped
from classifiers.evaluate import BORDERLINE, POSITIVE, GradedDocument
from classifiers.measure import BUDGETS, Ranking
from classifiers.seed import Seed, load_seeds, signals_of
from classifiers.text import Document
from classifiers.train import train

Floats = npt.NDArray[np.float64]
Ranker = Callable[[list[Seed], list[Document], list[Document], str], Floats]

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


def text(document: Document) -> str:
    """Headline and lead as one text."""
    return f"{document.title}. {document.body[:LEAD]}"


def boolean_query(_seeds: list[Seed], _news: list[Document], items: list[Document], signal: str) -> Floats:
    """As an analyst would give it to a news-alert service; matches in the headline rank first."""
    query = re.compile(QUERIES[signal], re.IGNORECASE)
    return np.array([2.0 * bool(query.search(d.title)) + bool(query.search(text(d))) for d in items])


def textbook(seeds: list[Seed], _news: list[Document], items: list[Document], signal: str) -> Floats:
    """TfidfVectorizer and LogisticRegression on the seeds alone."""
    model = make_pipeline(
        TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True),
        LogisticRegression(class_weight="balanced", max_iter=1000),
    )
    model.fit([text(s.document) for s in seeds], [signal in s.labels for s in seeds])
    return np.asarray(model.decision_function([text(d) for d in items]))


def linear_svm(seeds: list[Seed], news: list[Document], items: list[Document], signal: str) -> Floats:
    """Linear support vector machine on tf-idf, with ordinary items as negatives."""
    model = make_pipeline(
        TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2), LinearSVC(C=0.5, class_weight="balanced")
    )
    model.fit(*_with_news(seeds, news, signal))
    return np.asarray(model.decision_function([text(d) for d in items]))


def complement_nb(seeds: list[Seed], news: list[Document], items: list[Document], signal: str) -> Floats:
    """Complement naive Bayes on tf-idf, with ordinary items as negatives."""
    model = make_pipeline(TfidfVectorizer(ngram_range=(1, 2), min_df=2), ComplementNB(alpha=0.3))
    model.fit(*_with_news(seeds, news, signal))
    logs = model.predict_log_proba([text(d) for d in items])
    return np.asarray(logs[:, 1] - logs[:, 0])


def nb_svm(seeds: list[Seed], news: list[Document], items: list[Document], signal: str) -> Floats:
    """Binary 1-2-grams scaled by log-odds, then logistic regression, each item at unit length."""
    texts, target = _with_news(seeds, news, signal)
    counter = CountVectorizer(ngram_range=(1, 2), binary=True, min_df=2)
    counts, positive = counter.fit_transform(texts).astype(float), np.array(target)
    held = [np.asarray(counts[rows].sum(axis=0)).ravel() + 1 for rows in (positive, ~positive)]
    scale = sparse.diags_array(np.log(held[0] / held[0].sum()) - np.log(held[1] / held[1].sum()))
    model = LogisticRegression(C=1.0, class_weight="balanced", max_iter=1000)
    model.fit(_unit(counts @ scale), positive)
    return np.asarray(model.decision_function(_unit(counter.transform([text(d) for d in items]) @ scale)))


def _unit(matrix: sparse.csr_matrix) -> sparse.csr_matrix:
    lengths = np.sqrt(np.asarray(matrix.power(2).sum(axis=1)).ravel())
    return sparse.csr_matrix(sparse.diags_array(1 / np.maximum(lengths, 1e-12)) @ matrix)


def _with_news(seeds: list[Seed], news: list[Document], signal: str) -> tuple[list[str], list[bool]]:
    texts = [text(s.document) for s in seeds] + [text(d) for d in news]
    return texts, [signal in s.labels for s in seeds] + [False] * len(news)


def chosen(seeds: list[Seed], _news: list[Document], items: list[Document], signal: str) -> Floats:
    """This project's recipe, which needs no texts but the seeds."""
    model = train(seeds, shipped()).model
    return model.decide(items)[:, model.signals.index(signal)]


RECIPES: dict[str, Ranker] = {
    "boolean query": boolean_query,
    "tf-idf + logistic regression, seeds only": textbook,
    "tf-idf + linear SVM, 40,000 ordinary items": linear_svm,
    "tf-idf + complement NB, 40,000 ordinary items": complement_nb,
    "NB-SVM log-odds, 40,000 ordinary items": nb_svm,
    "chosen": chosen,
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
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    seeds = [seed for seed in load_seeds(options.seeds) if seed.lang == "en"]
    news = [d for d in read_items([options.background]) if d.lang in {None, "en"}]
    random.Random(0).shuffle(news)  # noqa: S311  a sample, not a secret
    graded = list(read_graded(options.graded))
    items = [item.document for item in graded]
    results = []
    for name, rank in RECIPES.items():
        for signal in signals_of(seeds):
            if name == "boolean query" and signal not in QUERIES:
                continue
            start = time.perf_counter()
            found = figures(rank(seeds, news[:SAMPLE], items, signal), graded, signal)
            results.append({"recipe": name, "signal": signal, **found, "seconds": time.perf_counter() - start})
            cells = "  ".join(f"{key} {value:.2f}" for key, value in found.items())
            print(f"{name:46} {signal:28} {cells}  {results[-1]['seconds']:.0f} s", flush=True)
    if options.json:
        options.json.write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
