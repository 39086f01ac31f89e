"""`monitor backfill` as its user has it, with real worker processes."""

import json
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.archives import lines, record, written
from tests.cli.conftest import Monitor, write_config

FREED = "Women rescued from forced labour, traffickers arrested"


@pytest.fixture
def config(tmp_path: Path, model: Path) -> Path:
    del model
    return write_config(tmp_path)


def test_an_archive_is_scored_into_the_database(monitor: Monitor, config: Path, tmp_path: Path) -> None:
    """Without alerts; the bad line is told with file and number, and the exit code is 1."""
    told: list[dict[str, object] | str] = [record(1, FREED), "{", record(2), {"link": "https://desk.example/3"}]
    path = written(tmp_path / "old.jsonl.gz", lines(told))
    result = monitor("backfill", path, "--workers", 2, "-c", config)
    assert result.code == 1
    assert "4 records" in result.out
    assert "2 new items, 0 known, 2 bad, 1 hits, 1 new stories" in result.out
    first, second = result.errors
    assert first.startswith(f"error: {path}:2: not JSON")
    assert second == f"error: {path}:4: no title and no summary in it; nothing to score"
    (hit,) = [json.loads(line) for line in monitor("hits", "--json", "-c", config).out.splitlines()]
    assert (hit["title"], hit["published_at"]) == (FREED, "2021-03-01T01:00:00.000000Z")
    assert monitor("alerts", "--json", "-c", config).out == ""


def test_programs_get_one_record_an_archive(monitor: Monitor, config: Path, tmp_path: Path) -> None:
    """A second run says what it went on from, and adds nothing."""
    path = written(tmp_path / "old.jsonl", lines([record(1, FREED), record(2)]))
    first = monitor("backfill", path, "--workers", 1, "--json", "-c", config)
    assert first.code == 0
    told = json.loads(first.out)
    assert {name: told[name] for name in ("archive", "records", "new_items", "bad", "hits", "alerts")} == {
        "archive": str(path), "records": 2, "new_items": 2, "bad": 0, "hits": 1, "alerts": 0,
    }  # fmt: skip
    again = monitor("backfill", path, "--workers", 1, "--json", "-c", config)
    assert json.loads(again.out)["new_items"] == 0
    assert f"{path}: 2 records are stored; going on from there" in again.err


def test_what_the_monitor_lists_can_be_read_back(monitor: Monitor, config: Path, tmp_path: Path) -> None:
    """Into the same database nothing is doubled."""
    path = written(tmp_path / "old.jsonl", lines([record(n) for n in range(5)]))
    assert monitor("backfill", path, "--workers", 1, "-c", config).code == 0
    listed = monitor("items", "--json", "-c", config).out
    back = written(tmp_path / "back.jsonl", listed.encode())
    result = monitor("backfill", back, "--workers", 1, "--json", "-c", config)
    assert (json.loads(result.out)["new_items"], json.loads(result.out)["known_items"]) == (0, 5)


def test_a_missing_archive_does_not_keep_the_others_from_being_read(
    monitor: Monitor, config: Path, tmp_path: Path
) -> None:
    path = written(tmp_path / "old.csv", b"title\nCouncil talks about roads\n")
    result = monitor("backfill", tmp_path / "missing.jsonl", path, "--workers", 1, "-c", config)
    assert result.code == 2
    assert "missing.jsonl: cannot be read (No such file or directory); name a readable file" in result.err
    assert "1 new items" in result.out


def test_a_cluster_without_an_address_is_a_mistake(monitor: Monitor, config: Path, tmp_path: Path) -> None:
    result = monitor("backfill", tmp_path / "x.jsonl", "--engine", "dask", "-c", config)
    assert result.code == 2
    assert result.errors == [
        f"error: {config}: dask_address: needed for engine dask; write one such as tcp://10.0.0.5:8786"
    ]


def test_a_run_that_is_stopped_goes_on_with_the_same_command(monitor: Monitor, config: Path, tmp_path: Path) -> None:
    """SIGTERM ends it between two chunks, with a line that says so; nothing is lost or doubled."""
    path = written(tmp_path / "long.jsonl", lines([record(n, published="2021-03-01") for n in range(3000)]))
    command = [sys.executable, "-m", "monitor", "backfill", str(path), "--workers", "1", "-c", str(config)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as running:
        while not stored(config):  # the test's own time limit ends the wait
            assert running.poll() is None
        running.send_signal(signal.SIGTERM)
        _, err = running.communicate(timeout=60)
    assert running.returncode == 1
    assert f"error: {path}: stopped; what was stored stays, and the same command goes on from there" in err
    assert 0 < stored(config) < 3000
    whole = monitor("backfill", path, "--workers", 2, "--json", "-c", config)
    assert f"{path}: {3000 - json.loads(whole.out)['records']} records are stored; going on from there" in whole.err
    assert stored(config) == 3000


def stored(config: Path) -> int:
    """Items in the database, 0 where there is none yet."""
    try:
        with closing(sqlite3.connect(f"file:{config.parent / 'data' / 'monitor.db'}?mode=ro", uri=True)) as database:
            return int(database.execute("SELECT count(*) FROM items").fetchone()[0])
    except sqlite3.OperationalError:
        return 0
