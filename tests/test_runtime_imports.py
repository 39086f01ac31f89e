"""What the service need not load."""

import subprocess
import sys

import pytest

TRAINING_ONLY = {"joblib", "scipy", "sklearn", "wordfreq"}
WORKERS_ONLY = {"feedparser", "trafilatura"}


def loaded(code: str, wanted: set[str]) -> list[str]:
    """Those of the modules that a new interpreter has loaded after the code."""
    code = f"import sys; {code}; print(*sorted({wanted} & sys.modules.keys()))"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()


@pytest.mark.parametrize(
    "module", ["monitor.service", "monitor.backfill", "monitor.cli.learning", "monitor.adapters.classify"]
)
def test_what_polls_and_scores_does_without_what_trains_and_parses(module: str) -> None:
    """They take more time and memory to import than all the rest together."""
    assert loaded(f"import {module}", TRAINING_ONLY | WORKERS_ONLY) == []


@pytest.mark.parametrize("module", ["monitor.service", "monitor.cli.poll"])
def test_what_polls_does_without_what_sends_and_serves(module: str) -> None:
    """The first poll does not wait for them."""
    assert loaded(f"import {module}", {"apprise", "fastapi", "jinja2", "uvicorn"}) == []


def test_a_worker_loads_nothing_of_the_command_that_started_it() -> None:
    """Each worker process runs the program's main module anew, under another name."""
    code = "import runpy; runpy.run_module('monitor', run_name='__mp_main__', alter_sys=True)"
    assert loaded(code, {"typer", "monitor.cli"}) == []


def test_a_worker_of_archives_loads_nothing_of_the_service() -> None:
    """It is the same here and on a cluster."""
    assert loaded("import monitor.beforehand", {"aiohttp", "apprise", "monitor.app", "sqlite_utils", "typer"}) == []
