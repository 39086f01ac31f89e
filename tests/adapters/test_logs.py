"""Logs: one line a record on stderr, as text or as JSON."""

import json
import logging
from collections.abc import Iterator

import pytest

from monitor.adapters import logs


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    """Leave the root logger as it was found."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def test_json_lines_have_level_logger_time_and_message(capsys: pytest.CaptureFixture[str]) -> None:
    """A machine finds what it looks for under the same names in every record."""
    logs.configure("info", "json")
    logging.getLogger("monitor.pipeline").warning("feed %s: %s", "7 (Desk)", "no answer")
    record = json.loads(capsys.readouterr().err)
    assert record["event"] == "feed 7 (Desk): no answer"
    assert (record["level"], record["logger"]) == ("warning", "monitor.pipeline")
    assert record["timestamp"].endswith("Z")


def test_text_is_one_line_without_colours_where_nobody_looks(capsys: pytest.CaptureFixture[str]) -> None:
    """What a person greps in a file."""
    logs.configure("info", "text")
    logging.getLogger("monitor.service").info("stopping")
    (line,) = capsys.readouterr().err.splitlines()
    assert "stopping" in line
    assert "\x1b" not in line


def test_an_exception_is_part_of_its_json_record(capsys: pytest.CaptureFixture[str]) -> None:
    """A traceback does not break the lines apart."""
    logs.configure("info", "json")
    logging.getLogger("monitor.pipeline").error("feed 7: unexpected error", exc_info=ZeroDivisionError("bug"))
    (line,) = capsys.readouterr().err.splitlines()
    assert "ZeroDivisionError: bug" in json.loads(line)["exception"]


@pytest.mark.parametrize("name", ["apprise", "apscheduler", "uvicorn.access"])
def test_libraries_that_could_show_secrets_or_repeat_us_are_silent(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Apprise would name its URLs."""
    logs.configure("debug", "text")
    logging.getLogger(name).error("json://user:s3cret@host failed")
    assert capsys.readouterr().err == ""


def test_control_characters_do_not_reach_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """Neither a second line nor an escape sequence."""
    logs.configure("info", "text")
    logging.getLogger("monitor.pipeline").warning("feed %s", "7 \x1b]0;owned\x07\nforged line")
    (line,) = capsys.readouterr().err.splitlines()
    assert "\x1b" not in line
    assert "forged line" in line
