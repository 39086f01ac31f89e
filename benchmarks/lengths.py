"""One model on texts of every length: headline, headline and a sentence, lead, and a whole page with its furniture.

    python -m benchmarks.lengths MODEL_FOLDER [--stream GRADED.jsonl.gz...] [--json OUT.json]

The texts lie in ``benchmarks/long_texts``: positives of both signals and hard negatives, written for this measure. Each
is set into one of the pages in ``_pages``. Of a graded stream, the headlines alone are measured beside the whole items.
"""

import argparse
import json
from collections.abc import Callable, Iterator, Sequence
from itertools import cycle
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.streams import read_graded
from classifiers.artifact import load_model
from classifiers.evaluate import GradedDocument, evaluate
from classifiers.model import Model
from classifiers.seed import Seed, check_seeds, load_seeds
from classifiers.text import Document, document_from_text

TEXTS = Path(__file__).parent / "long_texts"
THRESHOLD = 0.5


def headline(text: Seed, _page: str) -> Document:
    """The headline alone."""
    return Document(text.title, "", text.lang)


def sentence(text: Seed, _page: str) -> Document:
    """Headline and first sentence."""
    return Document(text.title, text.body.split(". ")[0] + ".", text.lang)


def lead(text: Seed, _page: str) -> Document:
    """Headline and the first two paragraphs."""
    return Document(text.title, "\n".join(text.body.split("\n\n")[:2]), text.lang)


def page(text: Seed, page: str) -> Document:
    """The whole page, as somebody copies it out of a browser."""
    return document_from_text(page.replace("{title}", text.title).replace("{body}", text.body), text.lang)


LENGTHS: dict[str, Callable[[Seed, str], Document]] = {
    "headline": headline,
    "headline and sentence": sentence,
    "lead": lead,
    "page with furniture": page,
}


def measured_texts(model: Model) -> Iterator[dict[str, Any]]:
    """A row for each length and signal."""
    texts = load_seeds(TEXTS)
    pages = [path.read_text(encoding="utf-8") for path in sorted((TEXTS / "_pages").glob("*.txt"))]
    for name, cut in LENGTHS.items():
        documents = [cut(text, page) for text, page in zip(texts, cycle(pages), strict=False)]
        graded = [
            GradedDocument(document, {signal: 2 * (signal in text.labels) for signal in model.signals})
            for document, text in zip(documents, texts, strict=True)
        ]
        scores = model.score(documents)
        for column, found in enumerate(evaluate(model, graded).signals.values()):
            positive = np.array([found.signal in text.labels for text in texts])
            raised = scores[:, column] >= THRESHOLD
            yield {
                "texts": name,
                "signal": found.signal,
                "positives": found.positives,
                "negatives": found.items - found.positives,
                "AP": found.average_precision,
                "recall": found.recall,
                "false": int((raised & ~positive).sum()),
            }


def measured_stream(model: Model, items: Sequence[GradedDocument]) -> Iterator[dict[str, Any]]:
    """A row for each signal, of headlines alone and of whole items."""
    cut = [GradedDocument(Document(i.document.title, "", i.document.lang), i.grades) for i in items]
    for name, part in {"headline": cut, "whole item": items}.items():
        for found in evaluate(model, part).signals.values():
            yield {
                "stream": name,
                "signal": found.signal,
                "positives": found.positives,
                "AP": found.average_precision,
                "recall": found.recall,
                "false/10k": found.false_per_10000,
                "expected/real": found.calibration,
            }


def table(rows: Sequence[dict[str, Any]]) -> None:
    """Prints rows under their names."""
    print("  ".join(f"{name:>{28 if i < 2 else 13}}" for i, name in enumerate(rows[0])))
    for row in rows:
        cells = [f"{value:.2f}" if isinstance(value, float) else str(value) for value in row.values()]
        print("  ".join(f"{cell:>{28 if i < 2 else 13}}" for i, cell in enumerate(cells)))


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints the tables."""
    parser = argparse.ArgumentParser(description="Measures a model on texts of every length.")
    parser.add_argument("model", type=Path)
    parser.add_argument("--stream", type=Path, nargs="+", default=[], help="graded items, to measure headlines alone")
    parser.add_argument("--seeds", type=Path, default=Path("seeds"), help="to show that no text shares a run of words")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args(arguments)
    model = load_model(options.model)
    texts = load_seeds(TEXTS)
    corpus = [f"{text.title} {text.body}" for text in texts]
    leaks = [fault for fault in check_seeds(load_seeds(options.seeds), corpus) if fault.kind == "leak"]
    print(f"{len(texts)} texts; runs of eight words shared with seeds: {len(leaks)}")
    for fault in leaks:
        print(f"  {fault.seed}: {fault.detail}")
    results = list(measured_texts(model))
    table(results)
    if options.stream:
        results += (found := list(measured_stream(model, list(read_graded(options.stream)))))
        table(found)
    if options.json:
        options.json.write_text(json.dumps(results, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
