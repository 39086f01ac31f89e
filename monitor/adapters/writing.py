"""What feeds brought, and what was decided about it, as rows: the same for polls and archives."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import count

from monitor.adapters.columns import ITEM, SCORE, to_text
from monitor.adapters.database import Database, Row
from monitor.adapters.rows import alert_row, hit_row, story_row
from monitor.domain.story import Story
from monitor.ports import Filed, Listed, PollResult, ScoredItem
from monitor.ports.archives import ChunkResult

_INSERT_ITEM = f"""
INSERT INTO items (id, feed_id, first_seen_at, key, {", ".join(ITEM)}, article_at)
VALUES (?1, ?2, ?3, ?4, {", ".join(f"?{5 + n}" for n in range(len(ITEM)))}, iif(?{5 + len(ITEM)}, ?3, NULL))
ON CONFLICT (feed_id, key) DO NOTHING
"""  # noqa: S608  # our own names

_INDEX_LATER = "INSERT INTO indexed_later (one, first_id) VALUES (1, ?) ON CONFLICT (one) DO NOTHING"

_INDEX = """
INSERT INTO items_fts (rowid, title, summary)
SELECT id, title, summary FROM items WHERE id >= (SELECT first_id FROM indexed_later)
"""
"""For all items of a transaction at once: full-text search writes to disk at each statement."""

_INDEXED = "DELETE FROM indexed_later"

_LIST_NEW = """
INSERT INTO seen (feed_id, key, last_listed_at, item_id) VALUES (?, ?, ?, ?)
ON CONFLICT (feed_id, key) DO UPDATE SET
    last_listed_at = max(last_listed_at, excluded.last_listed_at), item_id = excluded.item_id
"""

_LIST_AGAIN = """
INSERT INTO seen (feed_id, key, last_listed_at) VALUES (?, ?, ?)
ON CONFLICT (feed_id, key) DO UPDATE SET last_listed_at = excluded.last_listed_at WHERE last_listed_at < ?
"""
"""For most of what a poll lists. It leaves the item alone: to be told of it again, SQLite would look every one up."""

_INSERT_SCORE = f"""
INSERT INTO scores (item_id, {", ".join(SCORE)}) VALUES (?{", ?" * len(SCORE)})
"""  # noqa: S608  # our own names

_INSERT_HIT = """
INSERT INTO hits (item_id, signal, score, threshold, model_id, story_id, created_at, why, nearest_seed, confident,
    on_fulltext, countries, origins, destinations, text_hash, config_hash)
VALUES (:item_id, :signal, :score, :threshold, :model_id, :story_id, :created_at, :why, :nearest_seed, :confident,
    :on_fulltext, :countries, :origins, :destinations, :text_hash, :config_hash)
"""

_INSERT_STORY = """
INSERT INTO stories (title, first_seen_at, last_seen_at, outlets, members)
VALUES (:title, :first_seen_at, :last_seen_at, :outlets, :members) RETURNING id
"""

_UPDATE_STORY = """
UPDATE stories SET title = :title, first_seen_at = :first_seen_at, last_seen_at = :last_seen_at,
    outlets = :outlets, members = :members
WHERE id = :id
"""

_INSERT_ALERT = """
INSERT INTO alerts (story_id, channel, reason, state, created_at, due_at, key, told, news, evidence, config_hash)
VALUES (:story_id, :channel, :reason, :state, :created_at, :due_at, :key, :told, :news, :evidence, :config_hash)
ON CONFLICT (key) DO NOTHING
"""


NOTED_FOR = timedelta(days=1)
"""That an entry is listed still is noted again when the last note is so old; it is forgotten weeks after the last."""

_Stored = tuple[int, int, Filed]
"""An item's id, its feed's id, and the item."""


class Writer:
    """Writes as a part of its caller's transaction. Errors are StorageError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def write(self, listed: Sequence[Listed], result: PollResult | ChunkResult, now: datetime) -> None:
        """Store what feeds listed and what was decided about it."""
        at = to_text(now)
        fresh = self._insert_items(listed, at)
        self._remember(listed, fresh, at, to_text(now - NOTED_FOR))
        hits = [(item_id, one.entry) for item_id, _, one in fresh if one.entry is not None]
        stories = self._store_stories(result.stories, {scored.story_id for _, scored in hits})
        self._insert_hits(hits, stories, {"created_at": at, "config_hash": result.config_hash})
        self._insert_alerts(result, stories)

    def _insert_items(self, listed: Sequence[Listed], at: str) -> list[_Stored]:
        """Write items and their scores; those that were not stored yet."""
        if not any(each.items for each in listed):
            return []
        # Ids are given here: asking for each would cost a statement an item.
        first = 1 + int(self._database.value("SELECT coalesce(max(id), 0) FROM items"))
        self._database.execute(_INDEX_LATER, (first,))
        self._database.execute_last(_INDEX)
        self._database.execute_last(_INDEXED)
        ids = count(first)
        fresh = [(next(ids), each.feed_id, one) for each in listed for one in each.items]
        rows = [(item_id, feed_id, at, " ".join(one.identity.keys()), *one.columns) for item_id, feed_id, one in fresh]
        if self._database.execute_many(_INSERT_ITEM, rows) < len(rows):
            stored = {row["id"] for row in self._database.rows("SELECT id FROM items WHERE id >= ?", (first,))}
            fresh = [one for one in fresh if one[0] in stored]
        scores = [(item_id, *score) for item_id, _, one in fresh for score in one.scores]
        self._database.execute_many(_INSERT_SCORE, scores)
        return fresh

    def _remember(self, listed: Sequence[Listed], fresh: Sequence[_Stored], at: str, old: str) -> None:
        """Note what feeds listed, and which of the items just stored it was."""
        new = {(feed_id, key): item_id for item_id, feed_id, one in fresh for key in one.identity.keys()}  # noqa: SIM118  # no dict
        self._database.execute_many(_LIST_NEW, [(*listed_as, at, item_id) for listed_as, item_id in new.items()])
        again = [(each.feed_id, key, at, old) for each in listed for key in each.seen if (each.feed_id, key) not in new]
        self._database.execute_many(_LIST_AGAIN, again)

    def _store_stories(self, stories: Sequence[Story], told_now: set[int | None]) -> dict[int, int]:
        """Write the stories; their ids as planned → as stored."""
        ids: dict[int, int] = {}
        for story in stories:
            if story.id >= 0:
                self._database.execute(_UPDATE_STORY, story_row(story) | {"id": story.id})
                self._index_story(story, story.id)
            elif story.id in told_now:
                ids[story.id] = int(self._database.value(_INSERT_STORY, story_row(story)))
                self._index_story(story, ids[story.id])
        return ids

    def _index_story(self, story: Story, story_id: int) -> None:
        self._database.execute("DELETE FROM story_terms WHERE story_id = ?", (story_id,))
        at = to_text(story.last_seen_at)
        self._database.execute_many(
            "INSERT INTO story_terms (term, last_seen_at, story_id) VALUES (?, ?, ?)",
            [(term, at, story_id) for term in sorted({key for member in story.members for key in member.keys})],
        )

    def _insert_hits(self, told: Sequence[tuple[int, ScoredItem]], stories: Mapping[int, int], common: Row) -> None:
        rows = [
            hit_row(hit, scored, item_id=item_id, story_id=_stored(scored.story_id, stories)) | common
            for item_id, scored in told
            for hit in scored.hits
        ]
        self._database.execute_many(_INSERT_HIT, rows)

    def _insert_alerts(self, result: PollResult | ChunkResult, stories: Mapping[int, int]) -> None:
        rows = [
            alert_row(alert, story_id=_stored(alert.story_id, stories), config_hash=result.config_hash)
            for alert in result.alerts
            if alert.story_id >= 0 or alert.story_id in stories
        ]
        self._database.execute_many(_INSERT_ALERT, rows)


def _stored(story_id: int | None, stories: Mapping[int, int]) -> int | None:
    return story_id if story_id is None or story_id >= 0 else stories[story_id]
