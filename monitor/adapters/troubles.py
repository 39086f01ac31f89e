"""What watch() reads and writes: facts about the monitor itself, the troubles that are known, and word of them."""

import shutil
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from monitor.adapters.columns import maybe_text, maybe_time, storable, to_json, to_text, to_time
from monitor.adapters.database import Database, Row
from monitor.domain.alert import Reason
from monitor.domain.foreign import one_line
from monitor.domain.ops import FAILING_FOR, SILENT_AT_LEAST, Condition, Facts, FeedRecord, Known, Trouble
from monitor.ports.watching import OpsAlert

RATE_OVER = timedelta(days=60)
"""A feed's rate is that of so long before its last item."""

_NAME_CHARS = 80

_FAILING = """
SELECT id, name, url, reason, coalesce(last_ok_at, added_at) AS good_at FROM feeds
WHERE state IN ('failing', 'paused') AND coalesce(last_ok_at, added_at) < :failing_before ORDER BY id
"""

# Silence counts up to the last good answer: a monitor that was down has no word to say about its feeds.
_QUIET = """
SELECT *, (SELECT count(*) FROM items WHERE feed_id = quiet.id AND first_seen_at > known_from
           AND first_seen_at <= last_item_at) AS items
FROM (SELECT id, name, url, reason, last_ok_at AS good_at, last_item_at, max(first_item_at,
        strftime('%Y-%m-%dT%H:%M:%S', last_item_at, :rate_over)) AS known_from
    FROM (SELECT id, name, url, reason, last_ok_at,
            (SELECT max(first_seen_at) FROM items WHERE feed_id = feeds.id) AS last_item_at,
            (SELECT min(first_seen_at) FROM items WHERE feed_id = feeds.id) AS first_item_at
        FROM feeds WHERE state = 'ok')
    WHERE julianday(last_ok_at) - julianday(last_item_at) >= :silent_days) AS quiet ORDER BY id
"""

_POLLED = """
SELECT coalesce(max(last_ok_at), min(added_at)) AS last_ok_at, min(coalesce(every_s, interval_s)) AS shortest
FROM feeds WHERE state <> 'removed'
"""

_INSERT_TROUBLE = """
INSERT INTO troubles (condition, subject, detail, began_at, told_at, ended_at) VALUES (?, ?, ?, ?, ?, ?)
"""

_INSERT_ALERT = """
INSERT INTO alerts (channel, reason, state, created_at, due_at, key, memo) VALUES (?, ?, 'pending', ?, ?, ?, ?)
ON CONFLICT (key) DO NOTHING
"""


class SqliteTroubles:
    """The TroubleStore in SQLite. Each method is one transaction; errors are StorageError.

    Args:
        database: also where free space is looked for.
        seeds: the folder of the user's own seeds; where it is absent, the shipped ones came with the model.
    """

    def __init__(self, database: Database, seeds: Path) -> None:
        self._database = database
        self._seeds = seeds

    def facts(self, now: datetime) -> Facts:
        """What the conditions are judged by."""
        polled = self._database.rows(_POLLED)[0]
        free, size = _disk(self._database.path)
        trained = self._database.value("SELECT created_at FROM models WHERE active = 1")
        dead = self._database.rows("SELECT channel, count(*) AS n FROM alerts WHERE state = 'dead' GROUP BY channel")
        return Facts(
            feeds=tuple(self._feeds(now)),
            last_ok_at=maybe_time(polled["last_ok_at"]),
            shortest=timedelta(seconds=polled["shortest"] or 900),
            disk_free=free,
            disk_size=size,
            model_at=maybe_time(trained),
            seeds_at=_changed_at(self._seeds) if trained else None,
            dead_alerts={row["channel"]: row["n"] for row in dead},
        )

    def _feeds(self, now: datetime) -> list[FeedRecord]:
        failing = self._database.rows(_FAILING, {"failing_before": to_text(now - FAILING_FOR)})
        limits = {"silent_days": SILENT_AT_LEAST / timedelta(days=1), "rate_over": f"-{RATE_OVER.days} days"}
        quiet = self._database.rows(_QUIET, limits)
        return [_record(row, failing=True) for row in failing] + [_record(row, failing=False) for row in quiet]

    def known(self) -> list[Known]:
        """The troubles that are not told to their end."""
        return [
            Known(
                Trouble(Condition(row["condition"]), row["subject"], row["detail"]),
                began_at=to_time(row["began_at"]),
                told_at=maybe_time(row["told_at"]),
                ended_at=maybe_time(row["ended_at"]),
            )
            for row in self._database.rows("SELECT * FROM troubles ORDER BY began_at, condition, subject")
        ]

    def last_told(self) -> dict[Condition, datetime]:
        """When each condition was last told of; those never told of are absent."""
        found = {
            condition: self._database.value(
                "SELECT max(created_at) FROM alerts WHERE key >= ? AND key < ?",
                (f"{Reason.OPS}/{condition}/", f"{Reason.OPS}/{condition}0"),  # 0 comes after /
            )
            for condition in Condition
        }
        return {condition: to_time(at) for condition, at in found.items() if at}

    def record(self, known: Sequence[Known], alerts: Sequence[OpsAlert], now: datetime) -> None:
        """Replace what is known, and store the alerts that tell of it, all in one transaction."""
        at = to_text(now)
        with self._database.transaction():
            self._database.execute("DELETE FROM troubles")
            self._database.execute_many(_INSERT_TROUBLE, [_row(one) for one in known])
            self._database.execute_many(
                _INSERT_ALERT,
                [
                    (storable(one.channel), Reason.OPS, at, at, one.key, storable(to_json([one.subject, *one.lines])))
                    for one in alerts
                ],
            )


def _row(one: Known) -> tuple[object, ...]:
    trouble = one.trouble
    times = (to_text(one.began_at), maybe_text(one.told_at), maybe_text(one.ended_at))
    return (trouble.condition, storable(trouble.subject), storable(trouble.detail), *times)


def _record(row: Row, *, failing: bool) -> FeedRecord:
    return FeedRecord(
        id=row["id"],
        name=_shown(row["name"], row["url"]),
        failing=failing,
        reason=row["reason"],
        good_at=to_time(row["good_at"]),
        known_from=None if failing else datetime.fromisoformat(row["known_from"]).replace(tzinfo=UTC),
        last_item_at=None if failing else to_time(row["last_item_at"]),
        items=0 if failing else row["items"],
    )


def _shown(name: str, url: str) -> str:
    """A feed's name on one line; of an address what is no link to a service, and no query, which may hold a key."""
    if name == url:
        name = url.partition("://")[2].partition("?")[0].removeprefix("www.")
    return one_line(name, _NAME_CHARS)


def _disk(path: Path) -> tuple[int | None, int]:
    try:
        usage = shutil.disk_usage(path.parent)
    except OSError:
        return None, 0
    return usage.free, usage.total


def _changed_at(folder: Path) -> datetime | None:
    """When a text in a folder of the folder was changed last, None where there is none."""
    times = []
    for path in folder.glob("*/*.txt"):
        with suppress(OSError):  # gone in this moment
            times.append(path.stat().st_mtime)
    return datetime.fromtimestamp(max(times), UTC) if times else None
