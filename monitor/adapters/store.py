"""What poll() reads and writes: feeds, what they listed, stories, and everything one poll brought."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from monitor.adapters.columns import filed, to_json, to_text
from monitor.adapters.database import Database, Row
from monitor.adapters.rows import facts_from, feed_from, source_row, story_from, subscription_from, update_row
from monitor.adapters.writing import Writer
from monitor.domain.alert import Facts, History
from monitor.domain.feed import Feed, FeedSource, FeedState
from monitor.domain.fulltext import Mode, Spent
from monitor.domain.item import IdentityKind
from monitor.domain.pace import CLOCK_BACK
from monitor.domain.resemblance import MAX_KEYS
from monitor.domain.story import Story
from monitor.domain.websub import Delivered
from monitor.ports import Listed, PollResult

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
    identity = :identity, primed = :primed, skip_hours = :skip_hours, hub = :hub,
    topic = :topic, polls = polls + 1, listed_at = coalesce(:listed_at, listed_at),
    title = coalesce(:title, title),
    name = CASE WHEN name = url THEN coalesce(:title, name) ELSE name END
WHERE id = :id
"""

_SUBSCRIBED = """
SELECT told.* FROM json_each(?) JOIN feeds ON feeds.id = value
JOIN subscriptions AS told ON told.feed_id = feeds.id AND told.hub = feeds.hub AND told.topic = feeds.topic
"""

_PUSHED = "UPDATE subscriptions SET pushed_at = ? WHERE path = ?"

_MISSED = "UPDATE subscriptions SET missed_at = ? WHERE feed_id = ? AND expires_at > ?"
"""News that a poll found first."""

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

CANDIDATES = 300
"""Open stories that one item is compared with, those with the most keys in common; with many items, as many each."""

MOST_CANDIDATES = 10_000
"""Bounds the time and memory of one poll or chunk."""

_OPEN_WITH = """
SELECT * FROM stories WHERE id IN (
    SELECT story_id FROM json_each(?) JOIN story_terms ON term = value AND last_seen_at >= ?
    GROUP BY story_id ORDER BY count(*) DESC, story_id LIMIT ?
) ORDER BY first_seen_at, id
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
        self._writer = Writer(database)

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
        return self._feeds(rows)

    def feed(self, feed_id: int) -> Feed | None:
        """One feed; None where there is none, or it was removed."""
        found = self._feeds(self._database.rows("SELECT * FROM feeds WHERE id = ? AND state <> 'removed'", (feed_id,)))
        return found[0] if found else None

    def _feeds(self, rows: Sequence[Row]) -> list[Feed]:
        hubs = to_json([row["id"] for row in rows if row["hub"] is not None])
        told = {row["feed_id"]: subscription_from(row) for row in self._database.rows(_SUBSCRIBED, (hubs,))}
        return [feed_from(row, self._headers.get(row["url"], {}), told.get(row["id"])) for row in rows]

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
            most = min(CANDIDATES * (1 + len(terms) // MAX_KEYS), MOST_CANDIDATES)
            rows = self._database.rows(_OPEN_WITH, (to_json(sorted(terms)), to_text(since), most))
        return [story_from(row) for row in rows]

    def histories(self, story_ids: Collection[int]) -> dict[int, History]:
        """What is stored of the stories; a channel was told by alerts that are pending, sent, folded or dead."""
        if not story_ids:  # as for nearly every poll
            return {}
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
        moment = update.at if isinstance(update, Delivered) else update.polled_at
        at = to_text(moment)
        with self._database.transaction():
            listed = Listed(update.feed_id, tuple(map(filed, result.items)), result.seen)
            self._writer.write([listed], result, moment)
            if isinstance(update, Delivered):  # perhaps of the new entries only: what the feed lists stands as it was
                self._database.execute(_PUSHED, (at, update.path))
                return
            listed_at = at if result.seen else None  # unchanged or failed: what it listed last still stands
            self._database.execute(_UPDATE_FEED, update_row(update) | {"listed_at": listed_at})
            if result.items and update.announced:
                self._database.execute(_MISSED, (at, update.feed_id, at))
