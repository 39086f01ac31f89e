"""Graded items and background items, read from JSON lines files for the classifier benchmarks."""

import gzip
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from classifiers.evaluate import GradedDocument
from classifiers.text import Document


def read_records(paths: Sequence[Path]) -> Iterator[dict[str, Any]]:
    """Items as they stand in the files: ``title``, ``summary``, ``lang``, ``published``, ``grades``."""
    for path in paths:
        opener = gzip.open if path.suffix == ".gz" else open
        with opener(path, "rt", encoding="utf-8") as lines:
            yield from map(json.loads, lines)


def graded_document(record: Mapping[str, Any]) -> GradedDocument:
    """An item as the classifier takes it."""
    document = Document(record["title"] or "", record.get("summary") or "", record.get("lang"))
    return GradedDocument(document, record.get("grades"))


def read_graded(paths: Sequence[Path]) -> Iterator[GradedDocument]:
    """Items with their grades."""
    return map(graded_document, read_records(paths))
