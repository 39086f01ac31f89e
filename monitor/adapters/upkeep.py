"""Looking after the database: how it is, a copy of it, and what may be forgotten."""

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from monitor.adapters.columns import maybe_time, to_text, to_time
from monitor.adapters.database import Database
from monitor.domain.forgetting import HELD
from monitor.errors import InputError, StorageError

LISTED_FOR = timedelta(days=30)
"""How long a feed must have left an entry out before we forget that we have seen it; a day less, as notes are daily."""

RUNS_KEPT = timedelta(days=90)

_NO_ID = 2**63 - 1  # above them all

_BATCH = 2000  # rows a transaction; between two, a running service gets its turn

# A clock may have been behind for some time, or ahead. Ids only grow: what looks old is not, where it was stored after
# something young (`cut`); what lies ahead of now is, once something stored after it is old (`overtaken`).
_OLD_HITS = """
DELETE FROM hits WHERE id IN (
    SELECT id FROM hits WHERE ((created_at < :before AND id < :cut) OR (created_at > :now AND id < :overtaken))
    AND NOT EXISTS (SELECT 1 FROM verdicts WHERE item_id = hits.item_id)
    AND NOT EXISTS (SELECT 1 FROM alerts WHERE alerts.story_id = hits.story_id AND state = 'pending')
    AND NOT EXISTS (SELECT 1 FROM alerts JOIN alerts AS digest ON digest.id = alerts.folded_into
                    WHERE alerts.story_id = hits.story_id AND digest.state = 'pending')
    LIMIT :batch)
"""

_OLD_STORIES = """
DELETE FROM stories WHERE id IN (
    SELECT id FROM stories WHERE (last_seen_at < :before OR last_seen_at > :now)
    AND NOT EXISTS (SELECT 1 FROM hits WHERE story_id = stories.id) LIMIT :batch)
"""

_OLD_DIGESTS = """
DELETE FROM alerts WHERE id IN (
    SELECT id FROM alerts WHERE created_at < :before AND story_id IS NULL AND state <> 'pending'
    AND NOT EXISTS (SELECT 1 FROM alerts AS told WHERE told.folded_into = alerts.id) LIMIT :batch)
"""

_OLD_ITEMS = """
DELETE FROM items WHERE id IN (
    SELECT id FROM items WHERE ((first_seen_at < :before AND id < :cut) OR (first_seen_at > :now AND id < :overtaken))
    AND NOT EXISTS (SELECT 1 FROM hits WHERE item_id = items.id)
    AND NOT EXISTS (SELECT 1 FROM verdicts WHERE item_id = items.id)
    AND NOT EXISTS (SELECT 1 FROM seen JOIN feeds ON feeds.id = seen.feed_id
                    WHERE item_id = items.id AND feeds.state <> 'removed'
                    AND julianday(last_listed_at) BETWEEN julianday(listed_at) - :days AND julianday(listed_at))
    LIMIT :batch)
"""

# A feed that answers "unchanged", or not at all, still lists what it listed last: time counts from its last listing.
_OLD_SEEN = """
DELETE FROM seen WHERE (feed_id, key) IN (
    SELECT feed_id, key FROM seen JOIN feeds ON feeds.id = seen.feed_id
    WHERE item_id IS NULL AND julianday(last_listed_at) < julianday(listed_at) - :days LIMIT :batch)
"""

# Polls and, as archives come in without any, new items. Times sort as text, and begin with their day.
_MOMENTS = """
WITH happened AS (
    SELECT started_at AS at FROM runs WHERE started_at BETWEEN :since AND :now
    UNION ALL SELECT first_seen_at FROM items WHERE first_seen_at BETWEEN :since AND :now)
SELECT min(at) AS first, max(at) AS last FROM happened GROUP BY substr(at, 1, 10)
UNION ALL SELECT max(started_at), NULL FROM runs WHERE started_at < :since
UNION ALL SELECT max(first_seen_at), NULL FROM items WHERE first_seen_at < :since
"""


@dataclass(frozen=True, slots=True)
class Pruned:
    """How many rows were forgotten."""

    items: int = 0
    hits: int = 0
    stories: int = 0
    seen: int = 0
    runs: int = 0


@dataclass(frozen=True, slots=True)
class Health:
    """How the service is doing, by what it has written down.

    Attributes:
        last_polled_at: when any feed was last asked.
        last_ok_at: when any feed last answered well.
        feeds, alerts: how many in each state; states with none are absent.
        waiting_since: when the longest overdue pending alert was due; None where nothing is overdue.
    """

    last_polled_at: datetime | None
    last_ok_at: datetime | None
    feeds: Mapping[str, int]
    alerts: Mapping[str, int]
    waiting_since: datetime | None
    items: int
    database_bytes: int


class Upkeep:
    """Health, backup and pruning. Errors are StorageError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def health(self, now: datetime) -> Health:
        """The facts for health checks and metrics, as of `now`."""
        value = self._database.value
        return Health(
            last_polled_at=maybe_time(value("SELECT max(last_polled_at) FROM feeds")),
            last_ok_at=maybe_time(value("SELECT max(last_ok_at) FROM feeds")),
            feeds=self._by_state("feeds"),
            alerts=self._by_state("alerts"),
            waiting_since=maybe_time(
                value("SELECT min(due_at) FROM alerts WHERE state = 'pending' AND due_at <= ?", (to_text(now),))
            ),
            items=value("SELECT count(*) FROM items"),
            database_bytes=value("PRAGMA page_count") * value("PRAGMA page_size"),
        )

    def backup(self, target: Path, *, overwrite: bool = False) -> None:
        """Write a consistent, checked copy to `target`, while the service runs on. All of it or nothing.

        Raises InputError where `target` exists (unless `overwrite`) or is the database itself.
        """
        partial = target.with_name(f".{target.name}.partial")
        try:
            if target.exists():
                if target.samefile(self._database.path):
                    raise InputError(f"{target} is the database itself; name another file for the backup")
                if not overwrite or not target.is_file():
                    raise InputError(f"{target} exists already; name another file for the backup")
            target.parent.mkdir(parents=True, exist_ok=True)
            partial.unlink(missing_ok=True)
            self._database.copy_to(partial)
            partial.replace(target)
        except OSError as error:
            raise StorageError(
                f"backup {target} cannot be written ({error.strerror}); check the folder, its permissions and the disk"
            ) from error
        finally:
            with contextlib.suppress(OSError):
                partial.unlink(missing_ok=True)

    def moments(self, now: datetime) -> list[datetime]:
        """When anything happened up to now: the first and last moment of each of the last days, and the last before."""
        known = {"now": to_text(now), "since": to_text(now - HELD)}
        return [to_time(at) for row in self._database.rows(_MOMENTS, known) for at in row.values() if at is not None]

    def prune(self, *, items: timedelta | None, hits: timedelta | None, now: datetime) -> Pruned:
        """Forget what is older than the retentions; None keeps for ever.

        Kept whatever its age: items with hits that are kept, items with a verdict, items their feed still lists, and
        the identity of everything a feed lists or that is stored. What waits to be sent keeps its hits.
        """
        gone: dict[str, int] = {}
        if hits is not None:
            old = self._old("hits", "created_at", now - hits, now)
            gone["hits"] = self._batches(_OLD_HITS, old)
            gone["stories"] = self._batches(_OLD_STORIES, old)
            self._batches(_OLD_DIGESTS, old)
        if items is not None:
            days = {"days": LISTED_FOR / timedelta(days=1)}
            gone["items"] = self._batches(_OLD_ITEMS, self._old("items", "first_seen_at", now - items, now) | days)
            gone["seen"] = self._batches(_OLD_SEEN, days)
        gone["runs"] = self._database.execute("DELETE FROM runs WHERE started_at < ?", (to_text(now - RUNS_KEPT),))
        return Pruned(**gone)

    def _old(self, table: str, time: str, before: datetime, now: datetime) -> dict[str, object]:
        known: dict[str, object] = {"before": to_text(before), "now": to_text(now)}
        young = self._database.value(f"SELECT min(id) FROM {table} WHERE {time} BETWEEN :before AND :now", known)  # noqa: S608 - our own names
        known["cut"] = _NO_ID if young is None else young
        old = self._database.value(f"SELECT max(id) FROM {table} WHERE {time} < :before AND id < :cut", known)  # noqa: S608 - our own names
        return known | {"overtaken": old or 0}

    def _batches(self, sql: str, parameters: Mapping[str, object]) -> int:
        total = 0
        while True:
            with self._database.transaction():
                count = self._database.execute(sql, {**parameters, "batch": _BATCH})
            total += count
            if count < _BATCH:
                return total

    def _by_state(self, table: str) -> dict[str, int]:
        rows = self._database.rows(f"SELECT state, count(*) AS n FROM {table} GROUP BY state")  # noqa: S608 - ours
        return {row["state"]: row["n"] for row in rows}
