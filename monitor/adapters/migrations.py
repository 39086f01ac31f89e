"""The database's schema, as steps that only ever go forward.

A step is never edited once released: a change is a new step at the end. `database.open_database` runs the missing
ones, each in one transaction, and stores how many have run in `PRAGMA user_version`.

Times are ISO-8601 text in UTC with microseconds (`2026-11-23T08:40:00.000000Z`), so they sort as text and SQLite's
date functions read them. Lists and objects are JSON text. Nothing here holds a secret.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Migration:
    """One step: SQL statements that run together or not at all."""

    name: str
    script: str


_FIRST = """
CREATE TABLE feeds (
    id INTEGER PRIMARY KEY,
    url TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,              -- as configured, else the feed's own title, else the URL
    title TEXT NOT NULL DEFAULT '',  -- what the feed calls itself
    state TEXT NOT NULL,
    reason TEXT NOT NULL,
    error TEXT,
    next_poll_at TEXT NOT NULL,
    last_ok_at TEXT,
    last_polled_at TEXT,
    listed_at TEXT,                  -- when its body was last read to the end
    polls INTEGER NOT NULL DEFAULT 0,
    failures REAL NOT NULL DEFAULT 0,
    every_s REAL,                    -- as configured
    interval_s REAL,                 -- as learned
    etag TEXT,
    last_modified TEXT,
    body_hash TEXT,
    unchanged_polls INTEGER NOT NULL DEFAULT 0,
    moved_to TEXT,
    moved_polls INTEGER NOT NULL DEFAULT 0,
    identity TEXT NOT NULL,
    primed INTEGER NOT NULL DEFAULT 0,
    tags TEXT NOT NULL DEFAULT '[]',
    fulltext TEXT NOT NULL,
    user_agent TEXT,
    added_at TEXT NOT NULL
) STRICT;
CREATE INDEX feeds_due ON feeds (next_poll_at) WHERE state <> 'removed';

CREATE TABLE items (
    id INTEGER PRIMARY KEY,
    feed_id INTEGER NOT NULL REFERENCES feeds (id),
    guid TEXT NOT NULL,
    url TEXT NOT NULL,
    title TEXT NOT NULL,
    summary TEXT NOT NULL,
    lang TEXT,
    published_at TEXT,
    first_seen_at TEXT NOT NULL,
    key TEXT NOT NULL,               -- all its identity keys
    UNIQUE (feed_id, key)
) STRICT;
CREATE INDEX items_feed_first_seen ON items (feed_id, first_seen_at);
CREATE INDEX items_first_seen ON items (first_seen_at);

-- Vowel signs are marks (M*): without them a Hindi or Burmese word falls to pieces.
CREATE VIRTUAL TABLE items_fts USING fts5 (
    title, summary, content = 'items', content_rowid = 'id',
    tokenize = "unicode61 remove_diacritics 2 categories 'L* N* Co M*'"
);
CREATE TRIGGER items_fts_insert AFTER INSERT ON items BEGIN
    INSERT INTO items_fts (rowid, title, summary) VALUES (new.id, new.title, new.summary);
END;
CREATE TRIGGER items_fts_delete AFTER DELETE ON items BEGIN
    INSERT INTO items_fts (items_fts, rowid, title, summary) VALUES ('delete', old.id, old.title, old.summary);
END;
CREATE TRIGGER items_fts_update AFTER UPDATE OF title, summary ON items BEGIN
    INSERT INTO items_fts (items_fts, rowid, title, summary) VALUES ('delete', old.id, old.title, old.summary);
    INSERT INTO items_fts (rowid, title, summary) VALUES (new.id, new.title, new.summary);
END;

-- Every identity key a feed lists or listed; outlives its item while the feed goes on listing it.
CREATE TABLE seen (
    feed_id INTEGER NOT NULL REFERENCES feeds (id),
    key TEXT NOT NULL,
    last_listed_at TEXT NOT NULL,
    item_id INTEGER REFERENCES items (id) ON DELETE SET NULL,
    PRIMARY KEY (feed_id, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX seen_item ON seen (item_id, last_listed_at) WHERE item_id IS NOT NULL;

CREATE TABLE scores (
    item_id INTEGER NOT NULL REFERENCES items (id) ON DELETE CASCADE,
    signal TEXT NOT NULL,
    score REAL NOT NULL,
    model_id TEXT NOT NULL,
    PRIMARY KEY (item_id, signal)
) STRICT, WITHOUT ROWID;
CREATE INDEX scores_signal_score ON scores (signal, score);

CREATE TABLE stories (
    id INTEGER PRIMARY KEY,
    title TEXT NOT NULL,
    first_seen_at TEXT NOT NULL,
    last_seen_at TEXT NOT NULL,
    outlets TEXT NOT NULL,           -- JSON list of feed names
    members TEXT NOT NULL            -- JSON list of [time, [word hashes], [weights]]
) STRICT;
CREATE INDEX stories_last_seen ON stories (last_seen_at);

CREATE TABLE hits (
    id INTEGER PRIMARY KEY,
    item_id INTEGER NOT NULL REFERENCES items (id) ON DELETE CASCADE,
    signal TEXT NOT NULL,
    score REAL NOT NULL,
    threshold REAL NOT NULL,
    model_id TEXT NOT NULL,
    story_id INTEGER REFERENCES stories (id) ON DELETE SET NULL,
    created_at TEXT NOT NULL,
    why TEXT NOT NULL,               -- JSON list of [term, weight], strongest first
    UNIQUE (item_id, signal)
) STRICT;
CREATE INDEX hits_signal_created ON hits (signal, created_at);
CREATE INDEX hits_created ON hits (created_at);
CREATE INDEX hits_story ON hits (story_id, score);

CREATE TABLE alerts (
    id INTEGER PRIMARY KEY,
    story_id INTEGER REFERENCES stories (id) ON DELETE CASCADE,  -- NULL for a digest, which tells many
    channel TEXT NOT NULL,
    reason TEXT NOT NULL,
    state TEXT NOT NULL,
    created_at TEXT NOT NULL,
    due_at TEXT NOT NULL,
    sent_at TEXT,
    attempts INTEGER NOT NULL DEFAULT 0,
    key TEXT NOT NULL UNIQUE,
    leased_until TEXT,
    folded_into INTEGER REFERENCES alerts (id) ON DELETE CASCADE
) STRICT;
CREATE INDEX alerts_state_due ON alerts (state, due_at);
CREATE INDEX alerts_story ON alerts (story_id, channel);
CREATE INDEX alerts_created ON alerts (created_at);
CREATE INDEX alerts_sent ON alerts (sent_at) WHERE sent_at IS NOT NULL;
CREATE INDEX alerts_folded ON alerts (folded_into) WHERE folded_into IS NOT NULL;

CREATE TABLE deliveries (
    id INTEGER PRIMARY KEY,
    alert_id INTEGER NOT NULL REFERENCES alerts (id) ON DELETE CASCADE,
    attempted_at TEXT NOT NULL,
    ok INTEGER NOT NULL,
    error TEXT
) STRICT;
CREATE INDEX deliveries_alert ON deliveries (alert_id);
CREATE INDEX deliveries_attempted ON deliveries (attempted_at);

CREATE TABLE verdicts (
    item_id INTEGER NOT NULL REFERENCES items (id),
    signal TEXT NOT NULL,
    verdict TEXT NOT NULL CHECK (verdict IN ('yes', 'no')),
    at TEXT NOT NULL,
    PRIMARY KEY (item_id, signal)
) STRICT;

CREATE TABLE models (
    id TEXT PRIMARY KEY,
    path TEXT NOT NULL,
    created_at TEXT NOT NULL,
    active INTEGER NOT NULL DEFAULT 0,
    activated_at TEXT,
    manifest TEXT NOT NULL           -- JSON object
) STRICT;
CREATE UNIQUE INDEX models_one_active ON models (active) WHERE active = 1;

CREATE TABLE runs (
    id INTEGER PRIMARY KEY,
    started_at TEXT NOT NULL,
    finished_at TEXT,
    feeds_ok INTEGER NOT NULL DEFAULT 0,
    feeds_unchanged INTEGER NOT NULL DEFAULT 0,
    feeds_failed INTEGER NOT NULL DEFAULT 0,
    new_items INTEGER NOT NULL DEFAULT 0,
    hits INTEGER NOT NULL DEFAULT 0,
    stories INTEGER NOT NULL DEFAULT 0,
    alerts INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX runs_started ON runs (started_at);
"""

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

MIGRATIONS: tuple[Migration, ...] = (
    Migration("0001_first", _FIRST),
    Migration("0002_countries", _COUNTRIES),
    Migration("0003_story_terms", _STORY_TERMS),
    Migration("0004_model_life", _MODEL_LIFE),
    Migration("0005_fulltext", _FULLTEXT),
    Migration("0006_updates_and_evidence", _UPDATES_AND_EVIDENCE),
    Migration("0007_archives", _ARCHIVES),
    Migration("0008_skip_hours", _SKIP_HOURS),
    Migration("0009_clock_back", _CLOCK_BACK),
    Migration("0010_troubles", _TROUBLES),
)
"""All steps, oldest first."""
