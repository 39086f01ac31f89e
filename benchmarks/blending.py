"""What a service's own stream does to its model, measured on the part of the stream that comes after.

    python -m benchmarks.blending --seeds seeds --json OUT.json --extra EXTRA.jsonl.gz GRADED.jsonl.gz

The first items, in time order, stand for what a service has stored: hits and doubtful items are left out and the rest
is sampled, as `monitor train` does. Models trained with and without them are compared on the later items. ``poor``
stands for feeds that the shipped counts know little of: only their first 3,000 items are counted.
"""

import argparse
import json
import resource
import time
from pathlib import Path

from benchmarks.streams import read_graded
from classifiers.background import Background, build, shipped
from classifiers.blend import blend
from classifiers.evaluate import GradedDocument, evaluate
from classifiers.model import Model
from classifiers.seed import Seed, load_seeds
from classifiers.text import Document
from classifiers.train import train

DOUBTFUL = 0.1
POOR = 3_000


def stored(model: Model, items: list[GradedDocument], most: int) -> list[Document]:
    """What training would read of items that a model has scored: ordinary ones, spread evenly."""
    documents = [one.document for one in items]
    calm = [one for one, top in zip(documents, model.score(documents).max(axis=1), strict=True) if top < DOUBTFUL]
    share = min(1.0, most / len(calm)) * 2**32
    return [one for number, one in enumerate(calm) if (number * 2654435761) % 2**32 < share]


def rows(name: str, model: Model, seconds: float, later: list[GradedDocument]) -> list[dict[str, object]]:
    """One row a signal."""
    return [
        {
            "background": name,
            "signal": signal,
            "own_items": model.manifest.own_items,
            "positives": one.positives,
            "AP": round(one.average_precision, 3),
            "R@5": round(one.recall_at[5], 3),
            "recall": round(one.recall, 3),
            "false/10k": round(one.false_per_10000, 2),
            "expected/real": round(one.calibration, 2),
            "train_s": round(seconds, 1),
        }
        for signal, one in evaluate(model, later).signals.items()
    ]


def measured(name: str, seeds: list[Seed], background: Background, own: list[Document]) -> tuple[str, Model, float]:
    """A model and the seconds that blending and training took."""
    start = time.perf_counter()
    model = train(seeds, blend(background, own)).model
    return name, model, time.perf_counter() - start


def main() -> None:
    """Trains five models and prints a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("graded", type=Path, help="JSON lines in time order")
    parser.add_argument("--extra", type=Path, help="graded items that are added to the later ones")
    parser.add_argument("--seeds", type=Path, required=True)
    parser.add_argument("--split", type=float, default=0.7, help="share of the items that were stored before")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    items, seeds = list(read_graded([options.graded])), load_seeds(options.seeds)
    cut = int(options.split * len(items))
    later = items[cut:] + (list(read_graded([options.extra])) if options.extra else [])
    alone = measured("shipped", seeds, shipped(), [])
    few = build((one.document for one in items[:POOR]), sample={"en": POOR})
    trials = [
        alone,
        *(
            measured(f"shipped + own {most}", seeds, shipped(), stored(alone[1], items[:cut], most))
            for most in (3_000, 30_000)
        ),
        measured("poor", seeds, few, []),
        measured("poor + own 30000", seeds, few, stored(alone[1], items[:cut], 30_000)),
    ]
    table = [row for trial in trials for row in rows(*trial, later)]
    for row in table:
        print(row)
    print(f"{len(later)} later items; peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")
    if options.json:
        options.json.write_text(json.dumps(table, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
