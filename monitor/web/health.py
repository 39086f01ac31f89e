"""Is the service doing its work? A pure decision over facts the service gathers."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from monitor.domain.ops import Condition

HEARTBEAT_LIMIT = timedelta(seconds=60)
"""The scheduler beats every few seconds; a minute of silence means that nothing is polled."""

CYCLE_LIMIT = timedelta(minutes=30)
"""A cycle is bounded by the fetch timeout times the feeds in line; half an hour means it is stuck."""


@dataclass(frozen=True, slots=True)
class Sentinels:
    """How the model in use does on texts whose answer is known, at the threshold in force; one a signal."""

    reports: int
    found: int
    others: int
    raised: int  # of the others
    failing: bool


@dataclass(frozen=True, slots=True)
class Facts:
    """What can be observed of a running service; times are UTC, None means never."""

    started_at: datetime
    heartbeat_at: datetime | None
    last_poll_at: datetime | None
    model: str | None
    database_error: str | None = None
    model_problem: str | None = None  # why the active model is not in use, or none could be made
    sentinels: dict[str, Sentinels] = field(default_factory=dict)  # by signal
    config_error: str | None = None
    unanswered: bool = False  # no feed answered in the last cycle that asked any
    feeds: dict[str, int] = field(default_factory=dict)  # by state
    pending_alerts: int = 0
    dead_alerts: int = 0
    troubles: dict[str, int] = field(default_factory=dict)  # by condition


@dataclass(frozen=True, slots=True)
class Health:
    """`status` is `ok`, `degraded` (works, but somebody should look) or `failing`; `problems` says why."""

    status: str
    problems: tuple[str, ...]
    facts: Facts

    @property
    def serving(self) -> bool:
        """True unless the service fails at its main job; an orchestrator restarts it where this is False."""
        return self.status != "failing"


def assess(facts: Facts, now: datetime) -> Health:
    """Weigh the facts: what stops the main job is failing, what a person should look at is degraded.

    Anybody may ask for it, so errors come without the folders that they name; the log has them.
    """
    facts = replace(
        facts,
        database_error=facts.database_error and without_folders(facts.database_error),
        model_problem=facts.model_problem and without_folders(facts.model_problem),
        config_error=facts.config_error and without_folders(facts.config_error),
    )
    failing = []
    if facts.database_error:
        failing.append(f"database: {facts.database_error}")
    if now - (facts.heartbeat_at or facts.started_at) > HEARTBEAT_LIMIT:
        failing.append("scheduler: no heartbeat for over a minute")
    if now - (facts.last_poll_at or facts.started_at) > CYCLE_LIMIT:
        failing.append(f"poll: no cycle ended in {CYCLE_LIMIT.total_seconds() / 60:.0f} minutes")
    degraded: list[str] = []
    degraded += _about_model(facts)
    if facts.config_error:
        degraded.append(f"config: {facts.config_error} (the last good one is in use)")
    working = sum(count for state, count in facts.feeds.items() if state in {"ok", "new"})
    if facts.unanswered or (facts.feeds.get("failing") and not working):
        degraded.append("feeds: none answers; look at this machine's network")
    if facts.dead_alerts:
        degraded.append(f"alerts: {facts.dead_alerts} could not be delivered; see `monitor alerts --state dead`")
    degraded += [problem for condition, problem in _TROUBLES.items() if facts.troubles.get(condition)]
    status = "failing" if failing else "degraded" if degraded else "ok"
    return Health(status, tuple(failing + degraded), facts)


def without_folders(text: str) -> str:
    """The text with each absolute path cut to its last part: which model or file it is, and not where it lies."""
    return _FOLDERS.sub("", text)


# Names of folders may have spaces, so that a path ends with the last slash before any of these marks.
_FOLDERS = re.compile(r"(?<![\w/:.-])/(?:[^/:;,()'\"\n]+/)*(?=[^\s/])")


def _about_model(facts: Facts) -> Iterator[str]:
    if facts.model_problem:
        yield f"model: {facts.model_problem}"
    elif facts.model is None:
        yield "model: none loaded yet"
    for signal, known in facts.sentinels.items():
        if known.failing:
            yield (
                f"model: {signal}: finds {known.found} of {known.reports} known reports, raises {known.raised} of "
                f"{known.others} other texts; look at its threshold and its seeds"
            )


# Of all that operators are told, what stops the work of the whole monitor: of many feeds, one is always failing.
_TROUBLES = {
    Condition.NO_POLL: "feeds: none has answered well for hours; look at this machine's network",
    Condition.DISK_FULL: "disk: nearly full where the database lies; free space, or lower retention.items",
}
