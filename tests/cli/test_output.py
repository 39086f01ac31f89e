"""How records and messages are printed."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.cli import output


@given(st.dictionaries(st.text(), st.text(st.characters(exclude_categories=()))))
def test_a_json_record_is_one_line_and_comes_back(record: dict[str, str]) -> None:
    """Whatever characters a text holds, a record stays on its line, steers no terminal and is read back the same."""
    with pytest.MonkeyPatch.context() as patch:
        written: list[str] = []
        patch.setattr("sys.stdout", _Stream(written))
        output.emit_json(record)
    (line,) = written
    assert json.loads(line) == record
    assert len(line.splitlines()) == 1
    assert line == "".join(char for char in line if char == "\n" or (char >= " " and not "\x7f" <= char <= "\x9f"))
    line.encode()


def test_undefined_figures_are_null(capsys: pytest.CaptureFixture[str]) -> None:
    """JSON has no NaN."""
    output.emit_json({"recall": math.nan, "at": {"1": [math.inf, 0.5]}})
    assert capsys.readouterr().out == '{"recall": null, "at": {"1": [null, 0.5]}}\n'


@given(st.text(st.characters(exclude_categories=())))
def test_printable_text_is_one_harmless_line(text: str) -> None:
    """No control character, no change of direction and no line break is left; doing it twice changes nothing."""
    shown = output.printable(text)
    assert len(shown.splitlines()) <= 1
    assert not any(char < " " or "\x7f" <= char <= "\x9f" or "\u202a" <= char <= "\u202e" for char in shown)
    assert output.printable(shown) == shown
    shown.encode()


def test_cells(capsys: pytest.CaptureFixture[str]) -> None:
    """Times in minutes, figures with three places, yes and no, nothing for nothing."""
    row = {"at": "2026-11-23T09:40:01.123456Z", "score": 0.5, "ok": True, "none": None, "undefined": math.nan}
    output.emit([row], tuple(row), as_json=False, empty="")
    cells = capsys.readouterr().out.splitlines()[1].split()
    assert cells == ["2026-11-23", "09:40Z", "0.500", "yes", "-"]


def test_no_rows_are_told_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    """An empty table leaves stdout empty, so that a program counts right."""
    output.emit([], ("id",), as_json=False, empty="nothing there")
    assert capsys.readouterr() == ("", "nothing there\n")


class _Stream:
    encoding = "utf-8"

    def __init__(self, written: list[str]) -> None:
        self.write = written.append
