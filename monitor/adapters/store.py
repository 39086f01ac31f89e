"""What poll() reads and writes: feeds, what they listed, stories, and everything one poll brought."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from monitor.adapters.database import Database, Row
from monitor.adapters.rows import (
    alert_row,
    facts_from,
    feed_from,
    hit_row,
    item_row,
    look_row,
    source_row,
    story_from,
    story_row,
    to_json,
    to_text,
    update_row,
)
from monitor.domain.alert import Facts, History
from monitor.domain.feed import Feed, FeedSource, FeedState
from monitor.domain.fulltext import Mode, Spent
from monitor.domain.item import IdentityKind
from monitor.domain.pace import CLOCK_BACK
from monitor.domain.story import Story
from monitor.ports import ChunkResult, Listed, PollResult, ScoredItem

_INSERT_FEED = """
INSERT INTO feeds (url, name, state, reason, next_poll_at, every_s, tags, fulltext, user_agent, identity, added_at)
VALUES (:url, coalesce(nullif(:name, ''), :url), :new, 'new', :now, :every_s, :tags, :fulltext, :user_agent,
        :identity, :now)
ON CONFLICT (url) DO UPDATE SET
    name = coalesce(nullif(:name, ''), nullif(title, ''), url),
    tags = :tags, every_s = :every_s, fulltext = :fulltext, user_agent = :user_agent,
    next_poll_at = CASE WHEN state = :removed THEN :now WHEN every_s IS :every_s THEN next_poll_at
        ELSE min(next_poll_at, coalesce(:every_at, next_poll_at)) END,
    failures = CASE WHEN state = :removed THEN 0 ELSE failures END,
    error = CASE WHEN state = :removed THEN NULL ELSE error END,
    reason = CASE WHEN state = :removed THEN 'back' ELSE reason END,
    state = CASE WHEN state <> :removed THEN state WHEN last_ok_at IS NULL THEN :new ELSE :ok END
"""

_UPDATE_FEED = """
UPDATE feeds SET
    state = CASE WHEN state = 'removed' THEN state ELSE :state END,
    reason = CASE WHEN state = 'removed' THEN reason ELSE :reason END,
    error = :error, last_polled_at = :last_polled_at, next_poll_at = :next_poll_at, interval_s = :interval_s,
    last_ok_at = :last_ok_at, failures = :failures, etag = :etag, last_modified = :last_modified,
    body_hash = :body_hash, unchanged_polls = :unchanged_polls, moved_to = :moved_to, moved_polls = :moved_polls,
    identity = :identity, primed = :primed, skip_hours = :skip_hours, polls = polls + 1,
    title = coalesce(:title, title),
    name = CASE WHEN name = url THEN coalesce(:title, name) ELSE name END
WHERE id = :id
"""

_INSERT_ITEM = """
INSERT INTO items (feed_id, guid, url, title, summary, lang, published_at, first_seen_at, key, fulltext, article,
    article_at)
VALUES (:feed_id, :guid, :url, :title, :summary, :lang, :published_at, :first_seen_at, :key, :fulltext, :article,
    :article_at)
ON CONFLICT (feed_id, key) DO NOTHING RETURNING id
"""

_UPSERT_SEEN = """
INSERT INTO seen (feed_id, key, last_listed_at, item_id) VALUES (?, ?, ?, ?)
ON CONFLICT (feed_id, key) DO UPDATE SET
    last_listed_at = max(last_listed_at, excluded.last_listed_at), item_id = coalesce(excluded.item_id, item_id)
"""

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

_ALL = "SELECT * FROM feeds WHERE state <> 'removed' ORDER BY next_poll_at, id"

_DUE = """
SELECT * FROM feeds WHERE id IN (
    SELECT id FROM feeds WHERE state <> 'removed' AND next_poll_at <= :now
    UNION SELECT id FROM feeds WHERE state <> 'removed' AND last_polled_at > :ahead
) ORDER BY next_poll_at, id
"""

_OPEN = "SELECT * FROM stories WHERE last_seen_at >= ? ORDER BY first_seen_at, id"

_SPENT = """
SELECT (SELECT count(*) FROM items WHERE first_seen_at >= :since) AS items, (
    SELECT count(*) FROM items JOIN feeds ON feeds.id = feed_id
    WHERE article_at >= :since AND feeds.fulltext = :gray
) AS pages
"""

MOST_CANDIDATES = 2000
"""Open stories that one poll is compared with, those with the most keys in common: bounds its time and memory."""

_OPEN_WITH = """
SELECT * FROM stories WHERE id IN (
    SELECT story_id FROM json_each(?) JOIN story_terms ON term = value AND last_seen_at >= ?
    GROUP BY story_id ORDER BY count(*) DESC, story_id LIMIT ?
) ORDER BY first_seen_at, id
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

_SCORES = """
SELECT story_id, signal, max(score) AS score FROM hits
WHERE story_id IN (SELECT value FROM json_each(?)) GROUP BY story_id, signal
"""

_COUNTRIES = """
SELECT DISTINCT story_id, value AS country FROM hits, json_each(hits.countries)
WHERE story_id IN (SELECT value FROM json_each(?))
"""

_TOLD = """
SELECT story_id, channel, told FROM alerts
WHERE story_id IN (SELECT value FROM json_each(?)) AND state <> 'suppressed' AND told IS NOT NULL
"""


class SqliteStore:
    """The PollStore in SQLite. Each method is one transaction; errors are StorageError.

    Request headers may carry secrets, so they are kept in memory from `sync_feeds` on and never stored.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._headers: dict[str, Mapping[str, str]] = {}

    def sync_feeds(self, sources: Sequence[FeedSource], now: datetime) -> None:
        """Make the stored feeds those of the config.

        A new feed is due at once, and so is one that is back. One that is gone is marked removed; its items stay.
        Where a URL is declared twice, the first counts.
        """
        wanted: dict[str, FeedSource] = {}
        for source in sources:
            wanted.setdefault(source.url, source)
        with self._database.transaction():
            for source in wanted.values():
                row = source_row(source)
                row |= {"now": to_text(now), "every_at": to_text(now + source.every) if source.every else None}
                row |= {"new": FeedState.NEW, "ok": FeedState.OK, "removed": FeedState.REMOVED}
                self._database.execute(_INSERT_FEED, row | {"identity": IdentityKind.GUID})
            self._database.execute(
                "UPDATE feeds SET state = ?, reason = 'not_in_config' "
                "WHERE state <> ? AND url NOT IN (SELECT value FROM json_each(?))",
                (FeedState.REMOVED, FeedState.REMOVED, to_json(list(wanted))),
            )
        self._headers = {url: source.headers for url, source in wanted.items()}

    def due_feeds(self, now: datetime, *, force: bool = False) -> list[Feed]:
        """Feeds whose time has come, the longest waiting first; all but removed ones with `force`.

        What was polled later than now was polled by a clock that has been set back since, and is due too.
        """
        rows = self._database.rows(_ALL if force else _DUE, {"now": to_text(now), "ahead": to_text(now + CLOCK_BACK)})
        return [feed_from(row, self._headers.get(row["url"], {})) for row in rows]

    def known_keys(self, feed_id: int, keys: Collection[str]) -> set[str]:
        """Those of `keys` this feed has listed before; any number of them."""
        rows = self._database.rows(
            "SELECT key FROM seen WHERE feed_id = ? AND key IN (SELECT value FROM json_each(?))",
            (feed_id, to_json(list(keys))),
        )
        return {row["key"] for row in rows}

    def fulltext_spent(self, since: datetime) -> Spent:
        """Items stored since then, and pages asked for since then on behalf of feeds that are gray now."""
        row = self._database.rows(_SPENT, {"since": to_text(since), "gray": Mode.GRAY})[0]
        return Spent(row["items"], row["pages"])

    def open_stories(self, since: datetime, terms: Collection[int] | None = None) -> list[Story]:
        """Stories last told at or after `since`, oldest first; with `terms`, those that have one of them as a key."""
        if terms is None:
            rows = self._database.rows(_OPEN, (to_text(since),))
        else:
            rows = self._database.rows(_OPEN_WITH, (to_json(sorted(terms)), to_text(since), MOST_CANDIDATES))
        return [story_from(row) for row in rows]

    def histories(self, story_ids: Collection[int]) -> dict[int, History]:
        """What is stored of the stories; a channel was told by alerts that are pending, sent, folded or dead."""
        wanted = (to_json(sorted(story_ids)),)
        scores: dict[int, dict[str, float]] = defaultdict(dict)
        countries: dict[int, set[str]] = defaultdict(set)
        told: dict[int, dict[str, Facts]] = defaultdict(dict)
        for row in self._database.rows(_SCORES, wanted):
            scores[row["story_id"]][row["signal"]] = row["score"]
        for row in self._database.rows(_COUNTRIES, wanted):
            countries[row["story_id"]].add(row["country"])
        for row in self._database.rows(_TOLD, wanted):
            channels, channel = told[row["story_id"]], row["channel"]
            facts = facts_from(row["told"])
            channels[channel] = channels[channel] | facts if channel in channels else facts
        return {one: History(scores[one], frozenset(countries[one]), told[one]) for one in story_ids}

    def record(self, result: PollResult) -> None:
        """Store everything of one poll in one transaction, or nothing.

        Recording the same result again adds nothing: an item with all the same keys is the same item, an alert with
        the same key the same alert, and a new story is stored only with the item that started it.
        """
        update = result.update
        with self._database.transaction():
            self._database.execute(_UPDATE_FEED, update_row(update))
            self.write([Listed(update.feed_id, result.items, result.seen)], result, update.polled_at)
            if result.seen:  # unchanged or failed: what it listed last still stands
                listed = (to_text(update.polled_at), update.feed_id)
                self._database.execute("UPDATE feeds SET listed_at = ? WHERE id = ?", listed)

    def write(self, listed: Sequence[Listed], result: PollResult | ChunkResult, now: datetime) -> None:
        """Store what feeds listed and what was decided about it; a part of the caller's transaction."""
        at = to_text(now)
        fresh = [one for each in listed for one in self._insert_items(each, at)]
        stories = self._store_stories(result.stories, {scored.story_id for _, scored in fresh})
        self._insert_hits(fresh, stories, {"created_at": at, "config_hash": result.config_hash})
        self._insert_alerts(result, stories)

    def _insert_items(self, listed: Listed, at: str) -> list[tuple[int, ScoredItem]]:
        """Write a feed's items, their scores and what it listed; those that were not stored yet, with their ids."""
        fresh = []
        for scored in listed.items:
            row = item_row(scored.item, listed.feed_id, at) | look_row(scored, at)
            item_id = self._database.value(_INSERT_ITEM, row)
            if item_id is not None:
                fresh.append((int(item_id), scored))
        self._database.execute_many(
            "INSERT INTO scores (item_id, signal, score, model_id, on_fulltext) VALUES (?, ?, ?, ?, ?)",
            [
                (item_id, one.signal, one.value, one.model_id, one.on_fulltext)
                for item_id, scored in fresh
                for one in scored.scores
            ],
        )
        owners = {key: item_id for item_id, scored in fresh for key in set(scored.item.identity.keys())}
        seen = [(listed.feed_id, key, at, owners.get(key)) for key in listed.seen]
        self._database.execute_many(_UPSERT_SEEN, seen)
        return fresh

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

    def _insert_hits(self, fresh: Sequence[tuple[int, ScoredItem]], stories: Mapping[int, int], common: Row) -> None:
        rows = [
            hit_row(hit, scored, item_id=item_id, story_id=_stored(scored.story_id, stories)) | common
            for item_id, scored in fresh
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
