"""The table of commands, how quickly they start, and the ways every command may end."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from monitor import __version__
from monitor.cli.commands import COMMANDS, load_command
from tests.cli.conftest import Monitor, outside, write_config

HEAVY = {"sklearn", "scipy", "apprise", "fastapi", "aiohttp", "feedparser", "babel"}


@pytest.mark.parametrize("name", COMMANDS)
def test_the_table_says_what_each_command_says_of_itself(name: str) -> None:
    """`monitor --help` lists commands without importing them; its lines are the commands' own."""
    assert load_command(name).help.split("\n\n")[0] == COMMANDS[name].help


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_has_help(name: str, monitor: Monitor) -> None:
    """Every command explains itself, and takes --config, or its subcommands do."""
    result = monitor(name, "--help")
    assert result.code == 0
    assert f"Usage: monitor {name}" in result.out
    command = load_command(name)
    for called in getattr(command, "commands", {}).values() or [command]:
        assert any("--config" in parameter.opts for parameter in called.params)


def test_help_lists_all_commands_in_order(monitor: Monitor) -> None:
    """The list is complete."""
    result = monitor("--help")
    listed = [line.split()[0] for line in result.out.split("Commands:")[1].splitlines() if line[2:3].strip()]
    assert listed == list(COMMANDS)


def test_version(monitor: Monitor) -> None:
    """--version tells the version."""
    assert monitor("--version").out == f"monitor {__version__}\n"


@pytest.mark.parametrize("arguments", [["--help"], ["items"], ["feeds", "list"], ["config", "check"]], ids=" ".join)
def test_light_commands_import_nothing_heavy(arguments: list[str], tmp_path: Path) -> None:
    """A look at the database does not wait for what scores, fetches, serves or sends."""
    write_config(tmp_path, feeds=["http://127.0.0.1:9/feed"])
    code = (
        "import sys, monitor.cli\n"
        f"sys.argv = {['monitor', *arguments]}\n"
        "try:\n    monitor.cli.main()\nexcept SystemExit:\n    pass\n"
        "sys.stderr.write('imported: ' + ' '.join({name.split('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert HEAVY.isdisjoint(done.stderr.rpartition("imported: ")[2].split())


@pytest.mark.parametrize("arguments", [["itmes"], ["items", "--nope"], ["items", "-n", "0"], ["label", "x", "y", "z"]])
def test_wrong_usage_ends_with_2(arguments: list[str], monitor: Monitor) -> None:
    """What the command line does not know is told on stderr, nothing on stdout."""
    result = monitor(*arguments)
    assert (result.code, result.out) == (2, "")
    assert "Error:" in result.err


def test_a_slip_in_a_command_name_is_answered_with_the_right_one(monitor: Monitor) -> None:
    """Typos get a suggestion."""
    assert "Did you mean 'items'" in monitor("itmes").err


def test_missing_config_is_one_line_and_2(monitor: Monitor, tmp_path: Path) -> None:
    """The message names the file."""
    result = monitor("items", "--config", tmp_path / "none.yaml")
    assert (result.code, len(result.err.splitlines())) == (2, 1)
    assert "none.yaml: no such file" in result.err


def test_the_config_may_come_from_the_environment(
    monitor: Monitor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """$MONITOR_CONFIG stands in for --config."""
    monkeypatch.setenv("MONITOR_CONFIG", str(write_config(tmp_path, feeds=["http://a.example/feed"])))
    assert json.loads(monitor("config", "check", "--json").out)["feeds"] == 1


@pytest.mark.parametrize(
    "command", ["items", "hits", "stories", "alerts", "models list", "db prune", "export hits", "review"]
)
def test_reading_needs_a_database(command: str, monitor: Monitor, tmp_path: Path) -> None:
    """Commands that only look do not make a database; they say how to get one."""
    result = monitor(*command.split(), "--config", write_config(tmp_path))
    assert result.code == 1
    assert len(result.errors) == 1
    assert "monitor poll" in result.errors[0]
    assert [path.name for path in tmp_path.iterdir()] == ["config.yaml"]


@pytest.mark.parametrize("command", ["items", "poll", "train", "label 1 human_trafficking yes", "score -", "doctor"])
def test_a_foreign_database_is_left_alone(command: str, monitor: Monitor, tmp_path: Path) -> None:
    """A file of another program is neither read nor changed."""
    (tmp_path / "other.db").write_bytes(b"not a database at all" * 400)
    config = write_config(tmp_path, database="other.db", feeds=["http://127.0.0.1:9/feed"])
    result = monitor(*command.split(), "--config", config)
    assert result.code == 1
    assert "not a SQLite file" in result.err + result.out
    assert (tmp_path / "other.db").read_bytes() == b"not a database at all" * 400


def test_a_reader_that_leaves_is_no_error(polled: Path) -> None:
    """`monitor items | head -1` ends quietly, however much is left to print."""
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "monitor", "items", "--json", "--config", str(polled)]
    try:
        done = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, check=False, text=True)
    finally:
        os.close(writing)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs the device that is always full")
def test_a_full_disk_behind_stdout_is_told(polled: Path) -> None:
    """An export that is cut off does not end as done."""
    command = [sys.executable, "-m", "monitor", "export", "hits", "--config", str(polled)]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, check=False, text=True)
    assert done.returncode == 1
    assert done.stderr.startswith("error: standard output: cannot be written (No space left on device)")
    assert len(done.stderr.splitlines()) == 1


def test_python_m_monitor_is_the_same() -> None:
    """`python -m monitor` runs the command line."""
    result = outside("--version")
    assert (result.code, result.out) == (0, f"monitor {__version__}\n")
