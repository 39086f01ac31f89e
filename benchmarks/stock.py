"""Fills a database with as many items as years of polling bring, in minutes; made-up text in the words of the seeds.

The schema is the real one, with its indexes and its full-text search. What it holds has the shares of a service that
has polled for DAYS: up to 10,000 feeds, three identity keys and two scores an item, three hits in a thousand items, two
hits a story, and for each story one alert that was sent. Words are drawn as often as the seeds have them, so that there
are common and rare ones.
"""

import json
import random
import re
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from classifiers.seed import load_seeds
from monitor.adapters.columns import to_text
from monitor.adapters.database import open_database

UNTIL = datetime(2026, 11, 23, tzinfo=UTC)
"""When the last item was seen."""

DAYS = 180
SIGNALS = ("foreign_fighter_recruitment", "human_trafficking")
MOST_FEEDS = 10_000
ITEMS_A_FEED = 50  # at least, so that small databases have fewer feeds

HIT_EVERY = 333
STORY_HITS = 2
STORY_TERMS = 30

TITLE_WORDS = 9
SUMMARY_WORDS = 32
BATCH = 10_000

Row = tuple[object, ...]

INSERTS = {
    "feeds": "(id, url, name, state, reason, next_poll_at, last_ok_at, last_polled_at, listed_at, interval_s, "
    "identity, primed, fulltext, added_at)",
    "items": "(id, feed_id, guid, url, title, summary, lang, published_at, first_seen_at, key)",
    "seen": "(feed_id, key, last_listed_at, item_id)",
    "scores": "(item_id, signal, score, model_id)",
    "stories": "(id, title, first_seen_at, last_seen_at, outlets, members)",
    "story_terms": "(term, last_seen_at, story_id)",
    "hits": "(item_id, signal, score, threshold, model_id, story_id, created_at, why, countries)",
    "alerts": "(id, story_id, channel, reason, state, created_at, due_at, sent_at, attempts, key, told)",
    "deliveries": "(alert_id, attempted_at, ok)",
}
"""Tables and columns, in the order they are filled in."""


@dataclass(frozen=True, slots=True)
class Stock:
    """What is to be made up."""

    items: int
    words: Sequence[str]  # each as often as it occurs

    @property
    def feeds(self) -> int:
        """How many feeds brought the items."""
        return max(1, min(MOST_FEEDS, self.items // ITEMS_A_FEED))

    def seen_at(self, item: int) -> str:
        """When the item with this id, from 1 on, was seen."""
        return to_text(UNTIL - timedelta(days=DAYS) * (1 - item / self.items))


def words_of(seeds: Path) -> list[str]:
    """Every word of the seeds, as often as it occurs."""
    return [word for seed in load_seeds(seeds) for word in re.findall(r"\w{2,}", f"{seed.title} {seed.body}")]


def fill(path: Path, items: int, words: Sequence[str]) -> float:
    """Make a database with so many items; the seconds it took. What was half made by a run before is made anew."""
    began, partial, stock = time.perf_counter(), path.with_suffix(".partial"), Stock(items, words)
    partial.unlink(missing_ok=True)
    open_database(partial).close()
    with closing(sqlite3.connect(partial, isolation_level=None)) as database:
        # Nothing is lost by a crash but the time: an unfinished file is never used.
        for pragma in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -2000000"):
            database.execute(f"PRAGMA {pragma}")
        _insert(database, {"feeds": list(_feeds(stock))})
        for first in range(1, items + 1, BATCH):
            _insert(database, _batch(stock, range(first, min(first + BATCH, items + 1))))
        database.execute("PRAGMA journal_mode = WAL")
    partial.rename(path)
    return time.perf_counter() - began


def _insert(database: sqlite3.Connection, rows: dict[str, list[Row]]) -> None:
    database.execute("BEGIN")
    for table, columns in INSERTS.items():
        if found := rows.get(table):
            marks = ", ".join("?" * len(found[0]))
            database.executemany(f"INSERT INTO {table} {columns} VALUES ({marks})", found)  # noqa: S608 - ours
    database.execute("COMMIT")


def _feeds(stock: Stock) -> Iterator[Row]:
    began, ended = to_text(UNTIL - timedelta(days=DAYS)), to_text(UNTIL)
    for feed in range(1, 1 + stock.feeds):
        url, due = f"https://outlet{feed}.example/feed", to_text(UNTIL + timedelta(seconds=feed))
        yield (feed, url, f"Outlet {feed}", "ok", "ok", due, ended, ended, ended, 900.0, "guid", 1, "off", began)


def _batch(stock: Stock, ids: range) -> dict[str, list[Row]]:
    deal = random.Random(ids.start)  # noqa: S311  # the same database in every run
    rows: dict[str, list[Row]] = {table: [] for table in INSERTS}
    for item in ids:
        feed, at = deal.randint(1, stock.feeds), stock.seen_at(item)
        words = deal.choices(stock.words, k=TITLE_WORDS + SUMMARY_WORDS)
        title, summary = " ".join(words[:TITLE_WORDS]), " ".join(words[TITLE_WORDS:])
        keys = [f"{kind}:{deal.getrandbits(64):016x}" for kind in "glt"]
        url = f"https://outlet{feed}.example/{item}"
        rows["items"].append((item, feed, str(item), url, title, summary, "en", at, at, " ".join(keys)))
        rows["seen"].extend((feed, key, at, item) for key in keys)
        hit = item % HIT_EVERY == 0
        scores = [0.5 + deal.random() / 2 if hit else deal.random() ** 8 / 2, deal.random() ** 8 / 2]
        rows["scores"].extend((item, signal, score, "m1") for signal, score in zip(SIGNALS, scores, strict=True))
        if hit:
            _tell(rows, deal, item, at, title, scores[0])
    return rows


def _tell(rows: dict[str, list[Row]], deal: random.Random, item: int, at: str, title: str, score: float) -> None:
    """A hit; the first of each story's hits brings the story, its alert and the delivery along."""
    number = item // HIT_EVERY
    story = 1 + (number - 1) // STORY_HITS
    if number % STORY_HITS == 1:
        terms = sorted({deal.getrandbits(40) for _ in range(STORY_TERMS)})
        members = json.dumps([[at, terms, [round(STORY_TERMS**-0.5, 4)] * len(terms)]])
        rows["stories"].append((story, title, at, at, '["Outlet"]', members))
        rows["story_terms"].extend((term, at, story) for term in terms)
        told = '{"outlets":1,"countries":[],"score":0.9}'
        rows["alerts"].append((story, story, "desk", "first_hit", "sent", at, at, at, 1, f"first/{story}/desk", told))
        rows["deliveries"].append((story, at, 1))
    why = json.dumps([[word, 1.5] for word in title.split()])
    rows["hits"].append((item, SIGNALS[0], score, 0.5, "m1", story, at, why, '["NP"]'))
