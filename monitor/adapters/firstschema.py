"""The first step of the schema: the tables and indexes that everything since builds on. Never edited."""

FIRST = """
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
