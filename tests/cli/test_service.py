"""`monitor poll` and `monitor demo` as a user runs them."""

import json
from pathlib import Path

import pytest

from monitor.adapters.lock import ServiceLock
from tests.cli.conftest import Monitor, outside, write_config
from tests.servers import FeedServer


@pytest.mark.usefixtures("model")
def test_poll_tells_what_it_did(monitor: Monitor, feeds: FeedServer, tmp_path: Path) -> None:
    """A summary of feeds, items, hits, stories and alerts; stdout holds the JSON record alone."""
    config = write_config(tmp_path, feeds=[feeds.url("/good"), feeds.url("/page")])
    result = monitor("poll", "--json", "-c", config)
    summary = json.loads(result.out)
    assert result.code == 0
    assert (summary["feeds_ok"], summary["feeds_failed"], summary["new_items"]) == (1, 1, 3)
    assert summary["alerts_sent"] > 0
    assert "Traffickers" in result.err
    idle = monitor("poll", "-c", config)
    assert idle.out.startswith("feeds: 0 ok, 0 unchanged, 0 failed; 0 new items")
    forced = json.loads(monitor("poll", "--force", "--json", "-c", config).out)
    assert forced["feeds_ok"] + forced["feeds_unchanged"] == 1
    assert (forced["new_items"], forced["alerts_sent"]) == (0, 0)


def test_poll_without_feeds_is_refused(monitor: Monitor, tmp_path: Path) -> None:
    """There is nothing to do; the way to a feed is told."""
    result = monitor("poll", "-c", write_config(tmp_path))
    assert result.code == 2
    assert "monitor feeds add URL" in result.errors[0]


def test_poll_beside_a_running_service_is_refused(monitor: Monitor, feeds: FeedServer, tmp_path: Path) -> None:
    """Two that poll into one database would alert twice."""
    config = write_config(tmp_path, feeds=[feeds.url("/good")], database="monitor.db")
    with ServiceLock(tmp_path / "monitor.db"):
        result = monitor("poll", "-c", config)
    assert (result.code, len(result.errors)) == (1, 1)


def test_demo_prints_alerts_and_leaves_nothing(tiny_model_folder: Path, tmp_path: Path) -> None:
    """With --json the summary stands alone on stdout, the alerts are on stderr."""
    config = write_config(tmp_path, models=str(tmp_path / "models"))
    result = outside("demo", "--json", "-c", config, env={"MONITOR_SHIPPED_MODEL": str(tiny_model_folder)})
    assert result.code == 0, result.err
    assert json.loads(result.out)["new_items"] > 0
    assert {path.name for path in tmp_path.iterdir()} <= {"config.yaml", "models"}
