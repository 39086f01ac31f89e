"""`monitor review`: questions in the terminal, and what becomes of the answers."""

import json
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import SIGNALS, Monitor

TRAFFICKING = SIGNALS[1]


@pytest.fixture
def own(polled: Path, tmp_path: Path) -> Path:
    """A copy of the polled database, without the verdicts that other tests have given there."""
    shutil.copytree(polled.parent, tmp_path / "own")
    with closing(sqlite3.connect(tmp_path / "own" / "data" / "monitor.db")) as database, database:
        database.execute("DELETE FROM verdicts")
    return tmp_path / "own" / polled.name


def records(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def queue(monitor: Monitor, config: Path, *arguments: object) -> list[dict[str, Any]]:
    result = monitor("review", "--json", "--config", config, *arguments)
    assert (result.code, result.err) == (0, "")
    return records(result.out)


def verdicts(config: Path) -> dict[tuple[int, str], str]:
    with closing(sqlite3.connect(config.parent / "data" / "monitor.db")) as database:
        rows = database.execute("SELECT item_id, signal, verdict FROM verdicts").fetchall()
    return {(item_id, signal): verdict for item_id, signal, verdict in rows}


def test_json_prints_the_queue_and_asks_nothing(monitor: Monitor, own: Path) -> None:
    """Each question as a record with its reason; signals take turns, hits come before the rest."""
    rows = queue(monitor, own)
    columns = "item_id signal score threshold reason title summary url feed lang published_at first_seen_at why"
    assert all(row.keys() >= set(columns.split()) for row in rows)
    assert {row["signal"] for row in rows} == set(SIGNALS)
    first = next(row for row in rows if row["signal"] == TRAFFICKING)
    assert first["reason"] == "hit_without_verdict"
    assert first["why"]
    assert first["score"] >= first["threshold"] == 0.02
    assert queue(monitor, own, "-n", 2) == rows[:2]
    assert {row["signal"] for row in queue(monitor, own, "--signal", TRAFFICKING)} == {TRAFFICKING}


def test_an_answer_is_stored_as_a_verdict_and_not_asked_again(monitor: Monitor, own: Path) -> None:
    """Line by line from a pipe as well as from a terminal: yes, no, and what is skipped waits."""
    first, second, skipped = queue(monitor, own, "--signal", TRAFFICKING)
    result = monitor("review", "--signal", TRAFFICKING, "--config", own, stdin=b"y\nNO\ns\n")
    assert (result.code, result.err) == (0, "")
    assert f"item {first['item_id']}: {TRAFFICKING} yes" in result.out
    assert f"item {second['item_id']}: {TRAFFICKING} no" in result.out
    assert result.out.endswith("verdicts given: 1 yes, 1 no, 1 skipped; `monitor train` learns from them\n")
    assert verdicts(own) == {(first["item_id"], TRAFFICKING): "yes", (second["item_id"], TRAFFICKING): "no"}
    left = {row["item_id"] for row in queue(monitor, own, "--signal", TRAFFICKING)}
    assert left.isdisjoint({first["item_id"], second["item_id"]})
    assert skipped["item_id"] in left


@pytest.mark.parametrize("typed", [b"", b"q\n", b"\n", b"s\nq\n", b"perhaps\n\xff\xfe\n", b"\x1b[A\n", b"Quit"])
def test_what_is_no_answer_stores_nothing(typed: bytes, monitor: Monitor, own: Path) -> None:
    """End of input, quitting, an empty line and slips of the keyboard are all safe."""
    result = monitor("review", "--config", own, stdin=typed)
    assert (result.code, result.err) == (0, "")
    assert result.out.endswith("no verdict given\n")
    assert verdicts(own) == {}


def test_a_slip_is_asked_again(monitor: Monitor, own: Path) -> None:
    """The item stays the same until it has an answer."""
    (first, *_) = queue(monitor, own)
    result = monitor("review", "-n", 1, "--config", own, stdin=b"yep\ny\n")
    assert "Please type y, n, s or q, and Enter." in result.out
    assert result.out.count("1 of 1") == 1
    assert verdicts(own) == {(first["item_id"], first["signal"]): "yes"}


def test_ctrl_c_keeps_what_was_answered(own: Path) -> None:
    """The command ends as done, and says how many verdicts it has."""
    command = [sys.executable, "-m", "monitor", "review", "--config", str(own)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as asking:
        assert asking.stdin
        assert asking.stdout
        seen = b""
        for answer in (b"y\n", None):
            while not seen.endswith(b"q(uit): "):
                seen += asking.stdout.read(1)
            if answer:
                seen = b""
                asking.stdin.write(answer)
                asking.stdin.flush()
        asking.send_signal(signal.SIGINT)
        out, err = asking.communicate(timeout=30)
    assert (asking.returncode, err) == (0, b"")
    assert b"verdicts given: 1 yes, 0 no;" in out
    assert len(verdicts(own)) == 1


def test_a_hostile_title_cannot_steer_the_terminal(monitor: Monitor, own: Path) -> None:
    """Control and direction characters of feeds are not passed on; markup stays text."""
    result = monitor("review", "--config", own)
    whole = monitor("review", "--signal", TRAFFICKING, "--config", own, stdin=b"s\n" * 9)
    assert "1 of " in result.out
    assert "[bold red]Traffickers[/] :smile: held victims" in whole.out
    assert not {"\x1b", "\u202e", "\u202c"} & set(result.out + whole.out)


def test_what_is_shown_suffices_to_judge(monitor: Monitor, own: Path) -> None:
    """Signal, score, threshold and reason; headline, outlet, time, language, first words, words that weighed, link."""
    (row,) = queue(monitor, own, "--signal", TRAFFICKING, "-n", 1)
    lines = monitor("review", "--signal", TRAFFICKING, "-n", 1, "--config", own).out.splitlines()
    assert lines[0] == "1 of 1"
    assert lines[1] == f"{TRAFFICKING} 0.99, threshold 0.02: hit without a verdict, the least sure first"
    shown = "\n".join(lines[2:])
    for piece in (row["title"][-30:], f"Good, published {row['published_at'][:10]}", "language en", row["summary"],
                  f"why: {row['why'][0][0]}", f"item {row['item_id']}, {row['url']}"):  # fmt: skip
        assert piece in shown


def test_time_and_country_narrow_the_queue(monitor: Monitor, own: Path) -> None:
    """As with the lists; nothing that fits is said, and is no error."""
    nepal = queue(monitor, own, "--country", "NP")
    assert {row["url"] for row in nepal} == {"https://news.example/2"}
    result = monitor("review", "--since", "2999-01-01", "--config", own)
    assert (result.code, result.out) == (0, "")
    assert "nothing to ask" in result.err


def test_an_unknown_signal_is_refused(monitor: Monitor, own: Path) -> None:
    """No verdict could be given on it."""
    result = monitor("review", "--signal", "nope", "--config", own)
    assert result.code == 2
    assert "no signal nope in the config" in result.errors[0]


def test_the_draw_is_the_days_unless_a_seed_is_named(monitor: Monitor, own: Path) -> None:
    """Asked twice, the questions are the same."""
    assert queue(monitor, own) == queue(monitor, own)
