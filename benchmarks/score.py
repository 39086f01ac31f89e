"""Speed of scoring on one core, beside TfidfVectorizer + LogisticRegression in the same run.

python -m benchmarks.score MODEL_FOLDER ITEMS.jsonl.gz... [--json OUT.json]
"""

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from threadpoolctl import threadpool_limits

from benchmarks.streams import read_graded
from classifiers.artifact import load_model
from classifiers.text import Document

BATCH = 1_000


def rate(score: Callable[[list[Document]], object], items: list[Document]) -> float:
    """Items a second of processor time."""
    start = time.process_time()
    for i in range(0, len(items), BATCH):
        score(items[i : i + BATCH])
    return len(items) / (time.process_time() - start)


def main() -> None:
    """Prints items a second: cold (words met for the first time) and warm, and the plain pipeline's."""
    parser = argparse.ArgumentParser(description="Measures the speed of scoring.")
    parser.add_argument("model", type=Path)
    parser.add_argument("items", type=Path, nargs="+")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    items = [graded.document for graded in read_graded(options.items)]
    with threadpool_limits(1):
        start = time.perf_counter()
        model = load_model(options.model)
        loading = time.perf_counter() - start
        plain = make_pipeline(TfidfVectorizer(ngram_range=(1, 2)), LogisticRegression())
        sample = [f"{d.title} {d.body}" for d in items[:5_000]]
        plain.fit(sample, [i % 50 == 0 for i in range(len(sample))])
        found = {
            "items": float(len(items)),
            "load, seconds": loading,
            "model, cold, items/s": rate(model.score, items),
            "model, warm, items/s": rate(model.score, items),
            "tf-idf + logistic regression, one signal, items/s": rate(
                lambda part: plain.predict_proba([f"{d.title} {d.body}" for d in part]), items
            ),
        }
    for name, value in found.items():
        print(f"{name:52} {value:12,.2f}")
    if options.json:
        options.json.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
