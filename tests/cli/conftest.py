"""The command line as its user has it: a folder with a config, feeds on loopback, and `monitor` run in this process."""

import io
import logging
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from monitor.cli import main
from tests.servers import Entry, FeedServer, feed_server_in_thread, rss

HOSTILE = "[bold red]Traffickers[/] :smile: \u202eheld\u202c victims in forced labour, police rescued women"
SIGNALS = ("foreign_fighter_recruitment", "human_trafficking")


@dataclass(frozen=True, slots=True)
class Result:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def errors(self) -> list[str]:
        """The lines on stderr that tell of an error."""
        return [line for line in self.err.splitlines() if line.startswith("error: ")]


Monitor = Callable[..., Result]


@pytest.fixture
def monitor(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Iterator[Monitor]:
    """Runs `monitor` with arguments in this process; `stdin` is bytes."""
    root = logging.getLogger()
    before = root.handlers[:], root.level

    def run(*arguments: object, stdin: bytes = b"") -> Result:
        monkeypatch.setattr(sys, "argv", ["monitor", *map(str, arguments)])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8"))
        capfd.readouterr()
        with pytest.raises(SystemExit) as end:
            main()
        captured = capfd.readouterr()
        assert "Traceback" not in captured.err
        return Result(int(end.value.code or 0), captured.out, captured.err)

    yield run
    root.handlers[:], _ = before
    root.setLevel(before[1])


@pytest.fixture(scope="session")
def feeds() -> Iterator[FeedServer]:
    """Two good feeds, one web page where a feed was, and one that is gone."""
    now = format_datetime(datetime.now(UTC))
    with feed_server_in_thread() as server:
        server.serve(
            "/good",
            rss(
                Entry("Council talks about roads", "https://news.example/1", "Nothing was decided.", "g1", now),
                Entry(HOSTILE, "https://news.example/2", "Traffickers in Nepal were arrested.", "g2", now),
                Entry(
                    "=Women rescued from forced labour, traffickers arrested",
                    "https://news.example/3",
                    "Police said the victims were held in debt bondage after false job offers.",
                    "g3",
                    now,
                ),
            ),
        )
        server.serve("/other", rss(Entry("Star team wins cup final", "https://news.example/4", "2-1.", "g4", now)))
        server.serve("/page", b"<html><body>Hello</body></html>", content_type="text/html")
        yield server


def write_config(folder: Path, **settings: Any) -> Path:  # any YAML
    """A config file in `folder`, with whatever is given in place of the defaults.

    Thresholds are low: the tiny model is shy.
    """
    path = folder / "config.yaml"
    usual = {"poll": {"allow_private_addresses": True}, "signals": {name: {"threshold": 0.02} for name in SIGNALS}}
    path.write_text(yaml.safe_dump(usual | settings), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def polled(tmp_path_factory: pytest.TempPathFactory, feeds: FeedServer, tiny_model_folder: Path) -> Path:
    """The config of a database that `monitor poll` filled; tests that read share it."""
    named = [{"url": feeds.url(f"/{name}"), "name": name.capitalize()} for name in ("good", "other")]
    config = write_config(tmp_path_factory.mktemp("polled"), feeds=[*named, feeds.url("/page")])
    done = outside("poll", "--config", config, env={"MONITOR_SHIPPED_MODEL": str(tiny_model_folder)})
    assert done.code == 0, done.err
    return config


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch, tiny_model_folder: Path) -> Path:
    """Makes the tiny model the one that commands find."""
    monkeypatch.setenv("MONITOR_SHIPPED_MODEL", str(tiny_model_folder))
    return tiny_model_folder


def outside(*arguments: object, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> Result:
    """Run `python -m monitor` as a process of its own."""
    command = [sys.executable, "-m", "monitor", *map(str, arguments)]
    done = subprocess.run(
        command, input=stdin, capture_output=True, timeout=100, check=False, env=dict(os.environ) | dict(env or {})
    )
    return Result(done.returncode, done.stdout.decode(), done.stderr.decode())
