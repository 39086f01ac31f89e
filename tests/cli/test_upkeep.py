"""`monitor config check` and `monitor db`."""

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from tests.cli.conftest import Monitor, write_config


def test_a_good_config_is_summed_up(monitor: Monitor, tmp_path: Path) -> None:
    """With what it means: feeds, thresholds, channels; no channel's address."""
    alerts = {"channels": [{"name": "desk", "url": "json://user:s3cret@hook.example/"}]}
    config = write_config(tmp_path, feeds=["https://a.example/feed"], alerts=alerts)
    result = monitor("config", "check", "--json", "-c", config)
    told = json.loads(result.out)
    assert (result.code, told["ok"], told["feeds"], told["channels"]) == (0, True, 1, ["desk"])
    assert "s3cret" not in result.out + result.err + monitor("config", "check", "-c", config).out


def test_every_mistake_of_a_config_is_told(monitor: Monitor, tmp_path: Path) -> None:
    """One line each, with its place, on stderr; as records with --json."""
    config = tmp_path / "config.yaml"
    config.write_text("databse: x.db\npoll: {every: 3x}\nfeeds:\n  - nope\n", encoding="utf-8")
    result = monitor("config", "check", "-c", config)
    assert (result.code, result.out) == (2, "")
    assert [line.removeprefix(str(config)).split(": ")[0] for line in result.err.splitlines()] == [":1", ":2", ":4"]
    rows = [json.loads(line) for line in monitor("config", "check", "--json", "-c", config).out.splitlines()]
    assert [row["ok"] for row in rows] == [False] * 3
    assert all(str(config) in row["problem"] for row in rows)


def test_a_channel_no_service_knows_is_a_mistake(monitor: Monitor, tmp_path: Path) -> None:
    """What only Apprise can tell is told at its place too."""
    config = write_config(tmp_path, alerts={"channels": [{"name": "desk", "url": "nosuch://s3cret"}]})
    result = monitor("config", "check", "-c", config)
    assert result.code == 2
    assert "nosuch:// is not a service Apprise knows" in result.err
    assert "s3cret" not in result.err


def test_a_backup_is_a_whole_database(monitor: Monitor, polled: Path, tmp_path: Path) -> None:
    """It opens as SQLite with all items; what exists is not overwritten."""
    path = tmp_path / "backup.db"
    assert monitor("db", "backup", path, "-c", polled).code == 0
    with closing(sqlite3.connect(path)) as copy:
        assert copy.execute("SELECT count(*) FROM items").fetchone() == (4,)
    again = monitor("db", "backup", path, "-c", polled)
    assert (again.code, len(again.errors)) == (2, 1)
    assert "exists already" in again.errors[0]


def test_pruning_keeps_what_is_young(monitor: Monitor, polled: Path) -> None:
    """The figures are those of the config's retention."""
    result = json.loads(monitor("db", "prune", "--json", "-c", polled).out)
    assert (result["items"], result["hits"]) == (0, 0)


def test_pruning_waits_where_time_leapt_until_somebody_looked(monitor: Monitor, polled: Path, tmp_path: Path) -> None:
    """Exit 1 and one line that says why; with --trust-clock it is done."""
    shutil.copytree(polled.parent, tmp_path / "own")
    own = tmp_path / "own" / polled.name
    with closing(sqlite3.connect(own.parent / "data" / "monitor.db")) as database, database:
        database.execute("UPDATE runs SET started_at = '2020' || substr(started_at, 5)")
        database.execute("UPDATE items SET first_seen_at = '2020' || substr(first_seen_at, 5)")
    refused = monitor("db", "prune", "-c", own)
    assert (refused.code, refused.out, len(refused.errors)) == (1, "", 1)
    assert "nothing pruned (clock_ahead): nothing happened from 2020-" in refused.errors[0]
    done = monitor("db", "prune", "--json", "--trust-clock", "-c", own)
    assert (done.code, json.loads(done.out)["runs"]) == (0, 1)
