"""Documents from files and standard input, for `score` and `evaluate`: plain text, or one JSON object a line."""

import gzip
import json
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from classifiers.text import Document, document_from_text
from monitor.adapters.language import declared, detect
from monitor.errors import InputError

MAX_TEXT_BYTES = 20_000_000
MAX_LINE_BYTES = 20_000_000
STDIN = "-"


@dataclass(frozen=True, slots=True)
class NamedDocument:
    """A document and what to call it: the record's `id`, else file and line."""

    id: str | int
    document: Document


@dataclass(frozen=True, slots=True)
class GradedItem:
    """A document with its grades by signal (2 positive, 1 borderline, 0 negative); None where it was not judged."""

    title: str
    body: str
    lang: str | None
    grades: dict[str, int] | None


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that could not be read; the ones after it still are."""

    message: str


def text_document(path: str) -> NamedDocument:
    """A plain text (gzip is unpacked) as a document, its headline found.

    Raises:
        InputError: missing, empty, too large, or not text.
    """
    name = _name(path)
    with _opened(path) as stream:
        body = stream.read(MAX_TEXT_BYTES + 1)
    if len(body) > MAX_TEXT_BYTES:
        raise InputError(f"{name}: over {MAX_TEXT_BYTES // 1_000_000} MB; split it, or give items with --input jsonl")
    if b"\0" in body[:10_000]:
        raise InputError(f"{name}: binary, not text; convert it to UTF-8 text first")
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{name}: not UTF-8 (byte {error.start}); convert it first, such as with iconv") from error
    if not text.strip():
        raise InputError(f"{name}: empty; there is nothing to score")
    return NamedDocument(path, document_from_text(text, detect(text[:5000])))


def json_documents(path: str) -> Iterator[NamedDocument | BadLine]:
    """One document per JSON line with `title`, optional `summary`, `id`, `lang`."""
    name = _name(path)
    for number, record in _json_lines(path):
        if isinstance(record, BadLine):
            yield record
        elif (document := _document(record)) is None:
            yield BadLine(f"{name}:{number}: no title and no summary in it; nothing to score")
        else:
            yield NamedDocument(_id(record.get("id"), f"{name}:{number}"), document)


def graded_items(path: str) -> Iterator[GradedItem | BadLine]:
    """One item per JSON line with `title`, optional `summary`, `lang` and `grades`."""
    name = _name(path)
    for number, record in _json_lines(path):
        if isinstance(record, BadLine):
            yield record
            continue
        document, grades = _document(record), record.get("grades")
        if document is None:
            yield BadLine(f"{name}:{number}: no title and no summary in it")
        elif grades is not None and not _are_grades(grades):
            yield BadLine(f"{name}:{number}: grades must be an object with 0, 1 or 2 per signal")
        else:
            yield GradedItem(document.title, document.body, document.lang, grades)


def _id(given: object, otherwise: str) -> str | int:
    if isinstance(given, bool) or given == "" or not isinstance(given, str | int):
        return otherwise
    return given


def _name(path: str) -> str:
    """What messages call a path."""
    return "standard input" if path == STDIN else path


def _are_grades(grades: object) -> bool:
    return isinstance(grades, dict) and all(value in (0, 1, 2) for value in grades.values())


def _document(record: dict[str, Any]) -> Document | None:
    title, body = (_text(record.get(key)) for key in ("title", "summary"))
    body = body or _text(record.get("text"))
    if not title.strip() and not body.strip():
        return None
    given = record.get("lang")
    lang = declared(given) if isinstance(given, str) else detect(f"{title} {body[:2000]}")
    return Document(title, body, lang)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _json_lines(path: str) -> Iterator[tuple[int, dict[str, Any] | BadLine]]:
    name = _name(path)
    with _opened(path) as stream:
        number = 0
        while line := stream.readline(MAX_LINE_BYTES + 1):
            number += 1
            if len(line) > MAX_LINE_BYTES:
                raise InputError(f"{name}:{number}: a line of over {MAX_LINE_BYTES // 1_000_000} MB; is it JSON lines?")
            if not line.strip():
                continue
            try:
                record = json.loads(line.decode("utf-8-sig" if number == 1 else "utf-8"))
            except UnicodeDecodeError as error:
                yield number, BadLine(f"{name}:{number}: not UTF-8 (byte {error.start} of the line)")
                continue
            except (ValueError, RecursionError) as error:
                yield number, BadLine(f"{name}:{number}: not JSON ({error}); one object a line is expected")
                continue
            if isinstance(record, dict):
                yield number, record
            else:
                yield (
                    number,
                    BadLine(f"{name}:{number}: a JSON {type(record).__name__}, where an object is expected"),
                )


@contextmanager
def _opened(path: str) -> Iterator[BinaryIO | gzip.GzipFile]:
    name = _name(path)
    try:
        if path == STDIN:
            yield sys.stdin.buffer
            return
        with Path(path).open("rb") as raw:
            packed = raw.read(2) == b"\x1f\x8b"
            raw.seek(0)
            if packed:
                with gzip.open(raw) as unpacked:
                    yield unpacked
            else:
                yield raw
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise InputError(f"{name}: damaged gzip file ({error})") from error
    except OSError as error:
        raise InputError(f"{name}: cannot be read ({error.strerror or error}); name a readable file") from error
