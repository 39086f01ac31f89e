"""Graded items and background items, read from JSON lines files for the classifier benchmarks."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

from classifiers.evaluate import GradedDocument
from classifiers.text import Document


def read_graded(paths: list[Path]) -> Iterator[GradedDocument]:
    """Items with ``title``, ``summary``, ``lang`` and ``grades``."""
    for path in paths:
        opener = gzip.open if path.suffix == ".gz" else open
        with opener(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                item = json.loads(line)
                document = Document(item["title"] or "", item.get("summary") or "", item.get("lang"))
                yield GradedDocument(document, item.get("grades"))
