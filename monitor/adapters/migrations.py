"""The database's schema, as steps that only ever go forward.

A step is never edited once released: a change is a new step at the end. `database.open_database` runs the missing
ones, each in one transaction, and stores how many have run in `PRAGMA user_version`.

Times are ISO-8601 text in UTC with microseconds (`2026-11-23T08:40:00.000000Z`), so they sort as text and SQLite's
date functions read them. Lists and objects are JSON text. Nothing here holds a secret.
"""

from dataclasses import dataclass

from monitor.adapters.firstschema import FIRST


@dataclass(frozen=True, slots=True)
class Migration:
    """One step: SQL statements that run together or not at all."""

    name: str
    script: str


_COUNTRIES = """
-- JSON list of ISO 3166 alpha-2 codes that the item names, in order of first mention; none known of older hits.
ALTER TABLE hits ADD COLUMN countries TEXT NOT NULL DEFAULT '[]';
"""

_STORY_TERMS = """
-- The most telling words of each story's members, to find the few open stories that a new item may belong to.
CREATE TABLE story_terms (
    term INTEGER NOT NULL,           -- hash of a word
    last_seen_at TEXT NOT NULL,      -- the story's, so that closed stories are not read
    story_id INTEGER NOT NULL REFERENCES stories (id) ON DELETE CASCADE,
    PRIMARY KEY (term, last_seen_at, story_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX story_terms_story ON story_terms (story_id);
UPDATE stories SET members = '[]';   -- they held no weights: stories that are open now take no more items
"""

_MODEL_LIFE = """
ALTER TABLE hits ADD COLUMN nearest_seed TEXT;                     -- the example it is most like
ALTER TABLE hits ADD COLUMN confident INTEGER NOT NULL DEFAULT 1;  -- 0: no examples in the item's language
ALTER TABLE models ADD COLUMN forced INTEGER NOT NULL DEFAULT 0;   -- activated by hand although it is worse
"""

_FULLTEXT = """
ALTER TABLE items ADD COLUMN fulltext TEXT;     -- what became of its second look; NULL where its feed wants none
ALTER TABLE items ADD COLUMN article TEXT;      -- the beginning of the article's text, where a hit stands on it
ALTER TABLE items ADD COLUMN article_at TEXT;   -- when the article's page was asked for
CREATE INDEX items_article_at ON items (article_at) WHERE article_at IS NOT NULL;
ALTER TABLE scores ADD COLUMN on_fulltext INTEGER NOT NULL DEFAULT 0;  -- 1 = of the article's text
ALTER TABLE hits ADD COLUMN on_fulltext INTEGER NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN articles INTEGER NOT NULL DEFAULT 0;       -- pages asked for
ALTER TABLE runs ADD COLUMN articles_failed INTEGER NOT NULL DEFAULT 0;
"""

_UPDATES_AND_EVIDENCE = """
ALTER TABLE alerts ADD COLUMN told TEXT;                         -- JSON: outlets, countries, score, as then known
ALTER TABLE alerts ADD COLUMN news TEXT NOT NULL DEFAULT '[]';   -- JSON list of [reason, value], strongest first
ALTER TABLE alerts ADD COLUMN evidence TEXT NOT NULL DEFAULT '[]';  -- JSON list: the hits it was decided on
ALTER TABLE alerts ADD COLUMN config_hash TEXT;
-- What was alerted before is taken to have told all that its story holds now, so that an upgrade sends no updates.
UPDATE alerts SET told = json_object(
    'outlets', (SELECT json_array_length(outlets) FROM stories WHERE stories.id = story_id),
    'countries', json((SELECT json_group_array(DISTINCT value) FROM hits, json_each(hits.countries)
        WHERE hits.story_id = alerts.story_id)),
    'score', (SELECT coalesce(max(score), 0.0) FROM hits WHERE hits.story_id = alerts.story_id))
WHERE story_id IS NOT NULL AND state <> 'suppressed';
ALTER TABLE hits ADD COLUMN origins TEXT NOT NULL DEFAULT '[]';       -- JSON list: where people are taken from
ALTER TABLE hits ADD COLUMN destinations TEXT NOT NULL DEFAULT '[]';  -- JSON list: where to
ALTER TABLE hits ADD COLUMN text_hash TEXT;                           -- SHA-256 of title, line break, summary
ALTER TABLE hits ADD COLUMN config_hash TEXT;
CREATE TABLE configs (
    hash TEXT PRIMARY KEY,
    first_used_at TEXT NOT NULL,
    settings TEXT NOT NULL               -- JSON object, without secrets
) STRICT, WITHOUT ROWID;
"""

_ARCHIVES = """
-- How far each archive that was backfilled is stored; written with what it brought.
CREATE TABLE archives (
    name TEXT PRIMARY KEY,           -- path or URL, without credentials and query
    records INTEGER NOT NULL,        -- read and stored, from its beginning
    digest TEXT NOT NULL,            -- of what was read, to notice that another archive stands there now
    started_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    finished_at TEXT                 -- NULL until its end was reached
) STRICT;
"""

_SKIP_HOURS = """
ALTER TABLE feeds ADD COLUMN skip_hours TEXT NOT NULL DEFAULT '[]';   -- JSON list of hours, UTC
"""

_CLOCK_BACK = """
CREATE INDEX feeds_last_polled ON feeds (last_polled_at) WHERE state <> 'removed';
"""

_TROUBLES = """
-- What is wrong with the monitor itself, until that it is over was told as well.
CREATE TABLE troubles (
    condition TEXT NOT NULL,
    subject TEXT NOT NULL,           -- a feed's id, a channel's name, or empty
    detail TEXT NOT NULL,
    began_at TEXT NOT NULL,
    told_at TEXT,
    ended_at TEXT,
    PRIMARY KEY (condition, subject)
) STRICT, WITHOUT ROWID;
ALTER TABLE alerts ADD COLUMN memo TEXT;  -- JSON list of subject and lines, where an alert is about no story
"""

_SUBSCRIPTIONS = """
ALTER TABLE feeds ADD COLUMN hub TEXT;    -- the hub it names, NULL for most
ALTER TABLE feeds ADD COLUMN topic TEXT;  -- its own address there
CREATE INDEX feeds_hub ON feeds (id) WHERE hub IS NOT NULL;
-- What hubs were asked, one row a feed, hub and topic. What they sign with is not here.
CREATE TABLE subscriptions (
    path TEXT PRIMARY KEY,           -- of the address where the hub calls
    feed_id INTEGER NOT NULL REFERENCES feeds (id),
    hub TEXT NOT NULL,
    topic TEXT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT NOT NULL,
    error TEXT,
    due_at TEXT NOT NULL,            -- when something is to be done about it
    open_until TEXT,                 -- until when the hub's question is answered
    expires_at TEXT,                 -- end of the lease
    failures INTEGER NOT NULL DEFAULT 0,
    pushed_at TEXT,                  -- when it last brought something
    missed_at TEXT,                  -- when a poll last found news it had not brought
    UNIQUE (feed_id, hub, topic)
) STRICT;
CREATE INDEX subscriptions_due ON subscriptions (due_at);
"""

_SEEN_LEFT = """
-- What was seen and is not stored any more, few among many; what may be forgotten is looked for there.
CREATE INDEX seen_left ON seen (item_id, last_listed_at) WHERE item_id IS NULL;
"""

_INDEX_AT_ONCE = """
-- A row here, which holds for a transaction only, says that the items from that id on are entered into full-text search
-- together, at its end: search writes to disk at every statement it is a part of.
CREATE TABLE indexed_later (one INTEGER PRIMARY KEY CHECK (one = 1), first_id INTEGER NOT NULL) STRICT;
DROP TRIGGER items_fts_insert;
CREATE TRIGGER items_fts_insert AFTER INSERT ON items WHEN NOT EXISTS (SELECT 1 FROM indexed_later) BEGIN
    INSERT INTO items_fts (rowid, title, summary) VALUES (new.id, new.title, new.summary);
END;
"""

_LEANER_INDEXES = """
-- Of a thousand scores three are asked for by their size. The others made a twentieth of the file, and each was written
-- to a place of its own. The index of what is seen held when it was listed last, and was rewritten with every poll.
DROP INDEX scores_signal_score;
CREATE INDEX scores_telling ON scores (signal, score) WHERE score >= 0.01;
DROP INDEX seen_item;
CREATE INDEX seen_item ON seen (item_id) WHERE item_id IS NOT NULL;
"""

MIGRATIONS: tuple[Migration, ...] = (
    Migration("0001_first", FIRST),
    Migration("0002_countries", _COUNTRIES),
    Migration("0003_story_terms", _STORY_TERMS),
    Migration("0004_model_life", _MODEL_LIFE),
    Migration("0005_fulltext", _FULLTEXT),
    Migration("0006_updates_and_evidence", _UPDATES_AND_EVIDENCE),
    Migration("0007_archives", _ARCHIVES),
    Migration("0008_skip_hours", _SKIP_HOURS),
    Migration("0009_clock_back", _CLOCK_BACK),
    Migration("0010_troubles", _TROUBLES),
    Migration("0011_subscriptions", _SUBSCRIPTIONS),
    Migration("0012_seen_left", _SEEN_LEFT),
    Migration("0013_index_at_once", _INDEX_AT_ONCE),
    Migration("0014_leaner_indexes", _LEANER_INDEXES),
)
"""All steps, oldest first."""
