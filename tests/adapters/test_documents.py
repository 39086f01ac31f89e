"""Reading documents to score and to measure on, whatever the file holds."""

import gzip
import io
import json
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.adapters.documents import (
    BadLine,
    GradedItem,
    NamedDocument,
    graded_items,
    json_documents,
    text_document,
)
from monitor.errors import InputError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "input"


def test_a_text_is_named_after_its_file(path: Path) -> None:
    """The first line is the headline."""
    headline = "Police free women from a brothel near the border"
    path.write_text(f"\ufeff{headline}\n\nTwelve women were held there for months, officers said.\n", encoding="utf-8")
    named = text_document(str(path))
    assert (named.id, named.document.title) == (str(path), headline)
    assert "Twelve women" in named.document.body


def test_gzip_is_unpacked(path: Path) -> None:
    """By content, not by name."""
    path.write_bytes(gzip.compress(b"Police free victims\n"))
    assert text_document(str(path)).document.title == "Police free victims"


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"", "empty"),
        (b" \n\t\n", "empty"),
        (b"\x7fELF\0\0\0", "binary"),
        ("é".encode("latin-1"), "not UTF-8"),
        (b"x" * 20_000_001, "over 20 MB"),
        (gzip.compress(b"Police free victims")[:-5], "damaged gzip"),
        (b"\x1f\x8bnot gzip at all", "damaged gzip"),
        (gzip.compress(b"x" * 30_000_000), "over 20 MB"),
    ],
)
def test_what_is_no_text_is_refused(body: bytes, told: str, path: Path) -> None:
    """The message names the file and what is wrong with it."""
    path.write_bytes(body)
    with pytest.raises(InputError, match=told) as error:
        text_document(str(path))
    assert str(error.value).startswith(f"{path}: ")


def test_missing_files_and_folders_are_refused(tmp_path: Path) -> None:
    """With the reason the system gave."""
    with pytest.raises(InputError, match="No such file"):
        text_document(str(tmp_path / "none"))
    with pytest.raises(InputError, match="Is a directory"):
        list(json_documents(str(tmp_path)))


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    """`-` is standard input, and messages call it so."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"Police free victims\n")))
    assert text_document("-").document.title == "Police free victims"
    with pytest.raises(InputError, match=r"^standard input: empty"):
        text_document("-")


def test_lines_have_ids_of_their_own_or_a_number(path: Path) -> None:
    """Ids keep their type; what is no id is not made one."""
    ids: list[object] = ["a", 7, 0, "", None, True, {"x": 1}]
    path.write_text("\n".join(json.dumps({"title": "t", "id": one}) for one in ids), encoding="utf-8")
    found = [entry.id for entry in json_documents(str(path)) if isinstance(entry, NamedDocument)]
    assert found == ["a", 7, 0, *(f"{path}:{number}" for number in (4, 5, 6, 7))]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (b"{broken", "not JSON"),
        (b"[1]", "a JSON list, where an object is expected"),
        (b'"text"', "a JSON str"),
        (b"\xff\xfe{", "not UTF-8"),
        (b"[" * 100_000, "not JSON"),
        (b'{"title": " "}', "no title and no summary"),
        (b'{"title": 5, "summary": ["x"]}', "no title and no summary"),
    ],
)
def test_a_bad_line_is_numbered_and_the_rest_is_read(line: bytes, told: str, path: Path) -> None:
    """One line at fault costs that line; empty lines count but say nothing."""
    path.write_bytes(b'{"title": "first"}\n\n' + line + b'\n{"title": "last", "lang": 5}\n')
    first, bad, last = json_documents(str(path))
    assert isinstance(first, NamedDocument)
    assert isinstance(bad, BadLine)
    assert bad.message.startswith(f"{path}:3: ")
    assert told in bad.message
    assert isinstance(last, NamedDocument)
    assert last.document.title == "last"


def test_a_line_without_end_is_refused(path: Path) -> None:
    """A file that is no JSON lines is not read into memory as one."""
    path.write_bytes(b"x" * 20_000_002)
    with pytest.raises(InputError, match="a line of over 20 MB"):
        list(json_documents(str(path)))


@pytest.mark.parametrize(
    ("grades", "kept"),
    [({"human_trafficking": 2}, True), ({}, True), (None, True), ({"x": 3}, False), ({"x": "2"}, False), (2, False)],
)
def test_grades(grades: object, kept: bool, path: Path) -> None:
    """0, 1 or 2 by signal, or none where nobody judged."""
    path.write_text(json.dumps({"title": "t", "grades": grades}), encoding="utf-8")
    (entry,) = graded_items(str(path))
    assert isinstance(entry, GradedItem if kept else BadLine)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(body=st.binary(max_size=300))
def test_no_bytes_break_the_readers(body: bytes, path: Path) -> None:
    """Any file is read, skipped line by line, or refused with a message."""
    path.write_bytes(body)
    for read in (lambda: [text_document(str(path))], lambda: list(json_documents(str(path)))):
        with suppress(InputError):
            read()
