"""The offset of each shipped signal from graded items, and whether it holds in years it was not fitted on.

    python -m benchmarks.calibration MODEL_FOLDER GRADED.jsonl.gz... --held-out 2022

One number a signal is fitted: the offset at which the probabilities of all items add up to the number of positives,
and a tenth more, since of the false alerts that were looked at again about so many were positives that the grading
had missed. The slope is fixed, the same for all signals.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq
from scipy.special import expit

from benchmarks.streams import graded_document, read_records
from classifiers.artifact import load_model
from classifiers.calibrate import SLOPE
from classifiers.evaluate import BORDERLINE, POSITIVE

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

MISSED = 0.1
"""Positives that the grading missed, as a share of those it found."""
OFFSETS = (-30.0, 30.0)


def fit(decisions: Floats, positive: Flags) -> float:
    """The offset at which the probabilities add up."""
    wanted = (1 + MISSED) * positive.sum()
    return float(brentq(lambda offset: expit(SLOPE * decisions + offset).sum() - wanted, *OFFSETS))


def check(decisions: Floats, positive: Flags, offset: float) -> dict[str, float]:
    """What the two numbers are worth on some items."""
    probabilities = expit(SLOPE * decisions + offset)
    raised = probabilities >= 0.5
    return {
        "positives": float(positive.sum()),
        "recall": float(raised[positive].mean()),
        "false/10k": float(10_000 * raised[~positive].mean()),
        "expected/real": float(probabilities.sum() / positive.sum()),
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints the offsets, and figures of offsets fitted without the held-out year."""
    parser = argparse.ArgumentParser(description="Fits the calibration of the shipped signals.")
    parser.add_argument("model", type=Path)
    parser.add_argument("graded", type=Path, nargs="+")
    parser.add_argument("--held-out", default="2022", help="items whose date begins so are checked, not fitted on")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args(arguments)
    model = load_model(options.model)
    records = list(read_records(options.graded))
    decisions = model.decide([graded_document(record).document for record in records])
    later = np.array([str(record.get("published", "")).startswith(options.held_out) for record in records])
    results = []
    for column, signal in enumerate(model.signals):
        grades = np.array([(record.get("grades") or {}).get(signal, 0) for record in records])
        judged, values = grades != BORDERLINE, decisions[:, column]
        parts = {"all": judged, "earlier": judged & ~later, "held out": judged & later}
        for fitted, checked in (("all", "all"), ("earlier", "earlier"), ("earlier", "held out")):
            offset = fit(values[parts[fitted]], grades[parts[fitted]] == POSITIVE)
            rows = parts[checked]
            found = check(values[rows], grades[rows] == POSITIVE, offset)
            results.append({"signal": signal, "fitted": fitted, "checked": checked, "offset": offset, **found})
            cells = "  ".join(f"{name} {value:.2f}" for name, value in found.items())
            print(f"{signal:28} offset {offset:6.2f} fitted on {fitted:8} and checked on {checked:8}: {cells}")
    if options.json:
        options.json.write_text(json.dumps(results, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
