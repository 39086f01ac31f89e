"""Killed at any point of poll and deliver, hundreds of times: no alert is lost, and few come twice."""

import json
import random
import re
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.e2e import crash_runner
from tests.sinks import Webhook

KILLS = 200
SEED = 20261123


@dataclass
class Nest:
    """The program that bears the children to be killed; each `life` is one."""

    process: "subprocess.Popen[str]"
    database: Path
    hook: Webhook
    runs: int = 0
    steps: int = 0

    def life(self, kill: Mapping[str, float] | None = None, *, quiet: bool = False) -> int:
        """One run of the service; the signal that ended it, 0 where it came to its end. `quiet` = nothing new."""
        assert self.process.stdin
        assert self.process.stdout
        order = {
            "database": str(self.database),
            "url": f"json://{self.hook.address}",
            "run": self.runs - quiet,
            "at": self.steps,
            "kill": kill or {},
        }
        self.runs += not quiet
        self.steps += 1
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        ended = int(self.process.stdout.readline())
        assert ended in {0, signal.SIGKILL}, f"the run at step {self.steps - 1} failed; its traceback is on stderr"
        return ended

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.database)) as connection:
            return connection.execute(sql).fetchall()


@pytest.fixture
def nest(tmp_path: Path) -> Iterator[Nest]:
    with Webhook() as hook:
        process = subprocess.Popen(
            [sys.executable, "-m", crash_runner.__name__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        with process:
            yield Nest(process, tmp_path / "monitor.db", hook)
            assert process.stdin
            process.stdin.close()
            process.wait(10)


def places(dice: random.Random) -> Iterator[dict[str, float]]:
    """Where to kill: a third in the database, a third around a message, a third at any time."""
    while True:
        yield {"statement": dice.randrange(STATEMENTS)}
        yield {dice.choice(["before_send", "after_send"]): dice.randrange(3)}
        yield {"seconds": dice.uniform(0.0, 0.15)}


STATEMENTS = 180
"""About as many as one run executes."""


def received(hook: Webhook) -> Counter[tuple[str, int]]:
    """How often each channel was told each alert; a message cut off in the middle told nothing."""
    told: Counter[tuple[str, int]] = Counter()
    for request in hook.requests:
        if len(request.body) == int(request.headers.get("Content-Length", -1)):
            found = re.search(r"Alert (\d+)$", request.json()["message"])
            assert found
            told[request.path.strip("/"), int(found[1])] += 1
    return told


@pytest.mark.timeout(600)
def test_two_hundred_kills_lose_no_alert_and_double_few(nest: Nest) -> None:
    """Each event is alerted in both channels, alone or within a digest; no kill doubles more than a message."""
    place = places(random.Random(SEED))
    kills = 0
    while kills < KILLS:
        kills += nest.life(next(place)) == signal.SIGKILL
    assert nest.life() == 0
    for _ in range(8):  # an hour and more, for what waits for the full hour
        assert nest.life(quiet=True) == 0

    events = nest.runs * crash_runner.PER_RUN * len(crash_runner.FEEDS)
    assert nest.rows("PRAGMA integrity_check") == [("ok",)]
    assert nest.rows("SELECT count(*), count(DISTINCT title) FROM items") == [(events, events)]
    unsent = (
        "SELECT channel, state, reason, count(*) FROM alerts WHERE state NOT IN ('sent', 'folded') GROUP BY 1, 2, 3"
    )
    assert nest.rows(unsent) == []
    planned = "SELECT channel, count(*) FROM alerts WHERE story_id IS NOT NULL GROUP BY channel ORDER BY channel"
    assert nest.rows(planned) == [("hourly", events), ("now", events)]

    told = received(nest.hook)
    tellers = set(nest.rows("SELECT DISTINCT channel, coalesce(folded_into, id) FROM alerts"))
    digests = set(nest.rows("SELECT channel, id FROM alerts WHERE reason = 'digest' AND state = 'folded'"))
    lost = tellers - digests - told.keys()
    assert not lost
    doubled = sum(count - 1 for count in told.values())
    sys.stdout.write(f"{kills} kills, {events} events, {len(nest.hook.requests)} messages, {doubled} doubled\n")
    assert doubled <= kills
