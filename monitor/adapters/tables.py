"""JSON lines and CSV → records, one after the other, however long the file."""

import csv
import io
from collections.abc import Iterator, Sequence
from itertools import chain

from monitor.domain.archive import JsonLine, Row
from monitor.errors import InputError

MAX_LINE = 5_000_000
"""Bytes; no item is so long."""

TEXT_COLUMNS = ("title", "summary", "description", "text", "content", "body")
"""A table without any of them holds nothing to score."""

_MARK = "\ufeff"


def json_lines(stream: io.BufferedReader) -> Iterator[JsonLine]:
    """The lines of a file that are not blank."""
    for place, line, whole in _lines(stream):
        if not whole:
            yield JsonLine(place, b"", f"a line of over {MAX_LINE // 1_000_000} MB")
        elif line.strip():
            yield JsonLine(place, line)


def rows(stream: io.BufferedReader, name: str) -> Iterator[Row]:
    """The rows of a table with a header; separated by commas, semicolons or tabs.

    Raises:
        InputError: its header names no column with text.
    """
    # A byte that is no UTF-8 is kept as a half character, so that it costs its row only.
    lines = (line.decode("utf-8", "surrogateescape") for _, line, _ in _lines(stream))
    first = next(line for line in lines if line.strip()).removeprefix(_MARK)
    reader = csv.reader(chain([first], lines), delimiter=max(",;\t", key=first.count))
    try:
        header = [name.strip().lower() for name in next(reader)]
    except csv.Error as error:
        raise InputError(f"{name}: none of JSON lines, CSV and WARC ({error})") from error
    if not set(TEXT_COLUMNS) & set(header):
        shown = ", ".join(header)[:100].encode("ascii", "replace").decode()
        raise InputError(f"{name}: its first line names no column {' or '.join(TEXT_COLUMNS)}, but {shown!r}")
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as error:
            yield Row(reader.line_num, {}, f"not CSV ({error})")
            continue
        if cells is None:
            return
        if cells:
            yield _row(reader.line_num, header, cells)


def _row(place: int, header: Sequence[str], cells: Sequence[str]) -> Row:
    if len(cells) != len(header):
        return Row(place, {}, f"{len(cells)} columns where the first line has {len(header)}")
    if any("\udc80" <= char <= "\udcff" for cell in cells for char in cell if not cell.isascii()):
        return Row(place, {}, "not UTF-8")
    return Row(place, dict(zip(header, cells, strict=True)))


def _lines(stream: io.BufferedReader) -> Iterator[tuple[int, bytes, bool]]:
    """Each line with its number, and whether it is whole: of one that is too long the beginning is given."""
    number = 0
    while line := stream.readline(MAX_LINE):
        number += 1
        whole = len(line) < MAX_LINE or line.endswith(b"\n")
        rest = line
        while rest and not rest.endswith(b"\n") and len(rest) == MAX_LINE:
            rest = stream.readline(MAX_LINE)
        yield number, line, whole
