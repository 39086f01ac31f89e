"""When a running service counts as ok, degraded or failing."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from monitor.web.health import CYCLE_LIMIT, HEARTBEAT_LIMIT, Facts, Sentinels, assess, without_folders

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
GOOD = Facts(
    started_at=NOW - timedelta(hours=5),
    heartbeat_at=NOW - timedelta(seconds=3),
    last_poll_at=NOW - timedelta(seconds=4),
    model="m1",
    feeds={"ok": 5, "failing": 1},
    sentinels={"ht": Sentinels(8, 8, 9, 1, failing=False)},
)


def test_a_service_at_work_is_ok() -> None:
    """One failing feed among others is the feed's matter, not the service's."""
    health = assess(GOOD, NOW)
    assert (health.status, health.problems, health.serving) == ("ok", (), True)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"database_error": "monitor.db: locked"}, "database: monitor.db: locked"),
        ({"heartbeat_at": NOW - HEARTBEAT_LIMIT - timedelta(seconds=1)}, "scheduler: no heartbeat"),
        ({"heartbeat_at": None}, "scheduler: no heartbeat"),
        ({"last_poll_at": NOW - CYCLE_LIMIT - timedelta(seconds=1)}, "poll: no cycle ended in 30 minutes"),
    ],
)
def test_what_stops_the_main_job_is_failing(changes: dict[str, object], problem: str) -> None:
    """An orchestrator restarts such a service."""
    health = assess(replace(GOOD, **changes), NOW)  # type: ignore[arg-type]
    assert health.status == "failing"
    assert not health.serving
    assert health.problems[0].startswith(problem)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"model": None}, "model: none loaded yet"),
        ({"model": None, "model_problem": "training failed: no seeds"}, "model: training failed: no seeds"),
        ({"model_problem": "model m2 refused"}, "model: model m2 refused"),
        (
            {"sentinels": {"ht": Sentinels(8, 2, 9, 1, failing=True)}},
            "model: ht: finds 2 of 8 known reports, raises 1 of 9 other texts",
        ),
        ({"config_error": "config.yaml:3: no"}, "config: config.yaml:3: no (the last good one is in use)"),
        ({"feeds": {"failing": 6}}, "feeds: none answers"),
        ({"feeds": {"new": 6}, "unanswered": True}, "feeds: none answers"),
        ({"dead_alerts": 2}, "alerts: 2 could not be delivered"),
    ],
)
def test_what_a_person_should_look_at_is_degraded(changes: dict[str, object], problem: str) -> None:
    """A restart would not help, so the service still counts as serving."""
    health = assess(replace(GOOD, **changes), NOW)  # type: ignore[arg-type]
    assert health.status == "degraded"
    assert health.serving
    assert health.problems[0].startswith(problem)


def test_a_service_that_just_started_is_given_time() -> None:
    """Before the first heartbeat and the first cycle, the start counts."""
    fresh = Facts(started_at=NOW - timedelta(seconds=5), heartbeat_at=None, last_poll_at=None, model="m1")
    assert assess(fresh, NOW).status == "ok"


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ("model /srv/monitor/data/models/5406: weights.npz was changed", "model 5406: weights.npz was changed"),
        ("model /srv/my monitor/models/5406: format 1; train again", "model 5406: format 1; train again"),
        ("cannot be read ([Errno 13] no: '/srv/m/manifest.json')", "cannot be read ([Errno 13] no: 'manifest.json')"),
        ("/etc/monitor/config.yaml:3: url: http://a.example/x/y", "config.yaml:3: url: http://a.example/x/y"),
        ("/monitor.db: locked", "monitor.db: locked"),
        ("recall and/or precision fell by 1/2", "recall and/or precision fell by 1/2"),
        ("see `monitor models list`", "see `monitor models list`"),
    ],
)  # fmt: skip
def test_paths_are_cut_to_what_they_name(told: str, shown: str) -> None:
    """Names with spaces too; what only has a slash in it stays."""
    assert without_folders(told) == shown


@pytest.mark.parametrize("fact", ["database_error", "model_problem", "config_error"])
def test_no_problem_says_where_files_lie(fact: str) -> None:
    """Neither among the problems nor among the facts, which anybody may ask for."""
    health = assess(replace(GOOD, **{fact: "model /srv/monitor/m1: broken"}), NOW)  # type: ignore[arg-type]
    assert "model m1: broken" in health.problems[0]
    assert getattr(health.facts, fact) == "model m1: broken"
