"""What the service need not load."""

import subprocess
import sys

import pytest

TRAINING_ONLY = {"joblib", "scipy", "sklearn", "wordfreq"}
WORKERS_ONLY = {"feedparser", "trafilatura"}


@pytest.mark.parametrize(
    "module", ["monitor.service", "monitor.backfill", "monitor.cli.learning", "monitor.adapters.classify"]
)
def test_what_polls_and_scores_does_without_what_trains_and_parses(module: str) -> None:
    """They take more time and memory to import than all the rest together."""
    code = f"import sys, {module}; print(*sorted({TRAINING_ONLY | WORKERS_ONLY} & sys.modules.keys()))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert loaded == []
