"""What backfill() reads and writes: feeds of archives, what they listed, and everything a chunk brought."""

from collections.abc import Collection, Mapping
from contextlib import AbstractContextManager
from datetime import datetime

from monitor.adapters.columns import storable, to_json, to_text
from monitor.adapters.database import Database
from monitor.adapters.store import SqliteStore
from monitor.adapters.writing import Writer
from monitor.domain.alert import History
from monitor.domain.archive import ARCHIVED, Checkpoint, Outlet
from monitor.domain.feed import FeedState
from monitor.domain.item import IdentityKind
from monitor.domain.story import Story
from monitor.errors import StorageError
from monitor.ports.archives import ChunkResult

_INSERT_FEED = """
INSERT INTO feeds (url, name, title, state, reason, next_poll_at, fulltext, identity, added_at)
VALUES (:url, :name, :name, :state, :reason, :now, 'off', :identity, :now)
ON CONFLICT (url) DO NOTHING
"""

_FEEDS = """
SELECT value AS url, feeds.id, feeds.name FROM json_each(?) JOIN feeds ON feeds.url = value
"""

_NAMED = """
SELECT value AS name, min(feeds.id) AS id FROM json_each(?) JOIN feeds ON feeds.name = value
WHERE reason <> ? GROUP BY value HAVING count(*) = 1
"""

_KNOWN = """
SELECT feed_id, seen.key AS key FROM json_each(?) AS asked
JOIN seen ON seen.feed_id = CAST(asked.key AS INTEGER) AND seen.key IN (SELECT value FROM json_each(asked.value))
"""

_ADVANCE = """
INSERT INTO archives (name, records, digest, started_at, updated_at, finished_at)
VALUES (:name, :records, :digest, :at, :at, :finished_at)
ON CONFLICT (name) DO UPDATE SET records = :records, digest = :digest, updated_at = :at, finished_at = :finished_at,
    started_at = CASE WHEN :from_the_start THEN :at ELSE started_at END
WHERE :from_the_start OR (records = :before AND digest = :before_digest)
"""


class SqliteArchives:
    """The ArchiveStore in SQLite. Errors are StorageError."""

    def __init__(self, database: Database, store: SqliteStore) -> None:
        self._database = database
        self._store = store
        self._writer = Writer(database)

    def checkpoint(self, archive: str) -> Checkpoint:
        """How far this archive is stored."""
        rows = self._database.rows("SELECT * FROM archives WHERE name = ?", (storable(archive),))
        if not rows:
            return Checkpoint(archive)
        return Checkpoint(archive, rows[0]["records"], rows[0]["digest"], rows[0]["finished_at"] is not None)

    def deciding(self) -> AbstractContextManager[None]:
        """What is read inside stays as it is until what is decided upon it is stored, or nothing is."""
        return self._database.transaction()

    def archive_feeds(self, outlets: Collection[Outlet], now: datetime) -> dict[Outlet, tuple[int, str]]:
        """Id and name of each outlet's feed; where there is none, one that is never polled is made.

        An outlet known by its name only is the one live feed of that name, where there is one.
        """
        urls = {outlet: storable(outlet.url) for outlet in outlets}
        nameless = [outlet.name for outlet in outlets if not outlet.url.startswith(("http://", "https://"))]
        named = {row["name"]: row["id"] for row in self._database.rows(_NAMED, (to_json(nameless), ARCHIVED))}
        row = {"state": FeedState.REMOVED, "reason": ARCHIVED, "now": to_text(now), "identity": IdentityKind.GUID}
        self._database.execute_many(
            _INSERT_FEED,
            [
                row | {"url": urls[one], "name": storable(one.name)}
                for one in sorted(outlets, key=lambda one: one.url)
                if one.name not in named or one.name not in nameless
            ],
        )
        by_url = {row["url"]: row for row in self._database.rows(_FEEDS, (to_json(list(urls.values())),))}
        return {
            outlet: (by_url[url]["id"], by_url[url]["name"]) if url in by_url else (named[outlet.name], outlet.name)
            for outlet, url in urls.items()
        }

    def known_of(self, keys: Mapping[int, Collection[str]]) -> dict[int, set[str]]:
        """Those of the keys that each feed has listed before."""
        known: dict[int, set[str]] = {feed_id: set() for feed_id in keys}
        asked = to_json({str(feed_id): list(several) for feed_id, several in keys.items()})
        for row in self._database.rows(_KNOWN, (asked,)):
            known[row["feed_id"]].add(row["key"])
        return known

    def open_stories(self, since: datetime, terms: Collection[int] | None = None) -> list[Story]:
        """As in the PollStore."""
        return self._store.open_stories(since, terms)

    def histories(self, story_ids: Collection[int]) -> dict[int, History]:
        """As in the PollStore."""
        return self._store.histories(story_ids)

    def record_chunk(self, result: ChunkResult) -> None:
        """Store everything of one chunk with its checkpoint, or nothing.

        Raises:
            StorageError: also where another run stored a part of this archive meanwhile.
        """
        before, after, at = result.before, result.after, to_text(result.at)
        with self._database.transaction():
            self._writer.write(result.listed, result, result.at)
            moved = self._database.execute(
                _ADVANCE,
                {
                    "name": storable(after.archive),
                    "records": after.records,
                    "digest": after.digest,
                    "at": at,
                    "finished_at": at if after.finished else None,
                    "from_the_start": not before.records,
                    "before": before.records,
                    "before_digest": before.digest,
                },
            )
            if moved != 1:
                raise StorageError(
                    f"{after.archive}: another backfill of it is under way; wait for its end, then run again"
                )
