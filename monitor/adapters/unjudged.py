"""What `review` asks about: items without a verdict on a signal, and what a person must see of them to judge.

However much is stored, a bounded number of rows is looked at, each found by an index.
"""

import json
import random
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from monitor.adapters.columns import INDEXED, TELLING, to_json, to_text
from monitor.adapters.database import Database, Row
from monitor.adapters.records import Filter, match_expression
from monitor.domain.review import Question, Unjudged
from monitor.domain.tuning import FLOOR

MOST = 500
"""Hits, and other items, to choose from: more than anybody judges in one sitting."""

DRAWN = 1000
"""Random ids looked up; of those that are stored and scored low, a few are asked about."""

_ALWAYS = ""  # before every time, as text

_WITHOUT_VERDICT = "NOT EXISTS (SELECT 1 FROM verdicts WHERE verdicts.item_id = {id} AND verdicts.signal = :signal)"
_NO_HIT = "NOT EXISTS (SELECT 1 FROM hits WHERE hits.item_id = items.id AND hits.signal = :signal)"
_NAMED = ":country IN (SELECT value FROM json_each(hits.countries))"
_FOUND = "items.id IN (SELECT rowid FROM items_fts WHERE items_fts MATCH :words)"

_JUDGED = """EXISTS (SELECT 1 FROM hits AS other
    JOIN verdicts ON verdicts.item_id = other.item_id AND verdicts.signal = :signal
    WHERE other.story_id = hits.story_id)"""

_HITS = f"""
SELECT item_id, score, title, story_id, {_JUDGED} AS judged
FROM hits JOIN items ON items.id = item_id
WHERE hits.signal = :signal AND {_WITHOUT_VERDICT.format(id="hits.item_id")}
    AND created_at >= :since AND (:country IS NULL OR {_NAMED})
ORDER BY created_at DESC LIMIT {MOST}
"""  # noqa: S608 - built from constants

_ELIGIBLE = f"""{_NO_HIT} AND {_WITHOUT_VERDICT.format(id="items.id")}
    AND first_seen_at >= :since AND (:words IS NULL OR {_FOUND})"""

# CROSS JOIN keeps SQLite from beginning with the items: those of the wanted scores are few.
_OTHERS = f"""
SELECT item_id, score, title, NULL AS story_id, 0 AS judged
FROM scores CROSS JOIN items ON items.id = item_id
WHERE scores.signal = :signal AND {TELLING} AND score >= :floor AND {_ELIGIBLE}
ORDER BY score DESC LIMIT {MOST}
"""  # noqa: S608 - built from constants

_DRAWN = f"""
SELECT item_id, score, title, NULL AS story_id, 0 AS judged
FROM json_each(:ids) AS drawn CROSS JOIN items ON items.id = drawn.value
JOIN scores ON scores.item_id = items.id AND scores.signal = :signal
WHERE score < :floor AND {_ELIGIBLE}
ORDER BY drawn.key
"""  # noqa: S608 - built from constants

_SHOWN = """
SELECT items.id AS item_id, items.title, summary, article, items.url, feeds.name AS feed, lang, published_at,
    first_seen_at, story_id, coalesce(why, '[]') AS why, confident, scores.on_fulltext, scores.model_id
FROM items JOIN feeds ON feeds.id = feed_id
JOIN scores ON scores.item_id = items.id AND scores.signal = :signal
LEFT JOIN hits ON hits.item_id = items.id AND hits.signal = :signal
WHERE items.id = :item_id
"""

_NOT_WORD = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Choice:
    """What there is to ask about one signal; see `domain.review.questions`."""

    hits: list[Unjudged]
    others: list[Unjudged]
    drawn: list[Unjudged]


class UnjudgedReader:
    """Reads items without a verdict. Raises StorageError where the database fails."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def choice(self, signal: str, threshold: float, wanted: Filter, seed: str) -> Choice:
        """What may be asked about a signal, by the filter's time and country.

        Args:
            signal: of the config.
            threshold: in force; what scores far below it is looked for at random only.
            wanted: `since`, `country`, and as `phrases` the country's names, for items of which no country is stored.
            seed: the same one draws the same items, while the same are stored.
        """
        since = _ALWAYS if wanted.since is None else to_text(wanted.since)
        known = {
            "signal": signal,
            "floor": max(min(FLOOR, threshold / 2), INDEXED),
            "since": since,
            "country": wanted.country,
            "words": match_expression(None, wanted.phrases),
        }
        ids = to_json(self._draw(since, f"{seed} {signal}"))

        def found(sql: str) -> list[Unjudged]:
            return [_unjudged(row, signal, threshold) for row in self._database.rows(sql, known | {"ids": ids})]

        return Choice(found(_HITS), found(_OTHERS), found(_DRAWN))

    def shown(self, questions: Sequence[Question]) -> list[Row]:
        """The questions as records: the item's columns, its story, and `why`, for hits, as [term, weight] pairs."""
        rows = []
        for question in questions:
            about = question.about
            asked = {"signal": about.signal, "item_id": about.item_id}
            for row in self._database.rows(_SHOWN, asked):  # none where it was forgotten meanwhile
                said = {"score": about.score, "threshold": about.threshold, "reason": question.reason}
                confident = None if row["confident"] is None else bool(row["confident"])
                told = {"why": json.loads(row["why"]), "confident": confident, "on_fulltext": bool(row["on_fulltext"])}
                rows.append(asked | said | row | told)
        return rows

    def _draw(self, since: str, seed: str) -> list[int]:
        """Ids between those of the first and last item stored since then, in random order."""
        last = self._database.value("SELECT max(id) FROM items")
        first = self._database.value(
            "SELECT id FROM items WHERE first_seen_at >= :since ORDER BY first_seen_at, id LIMIT 1",
            {"since": since},
        )
        if first is None or last is None:
            return []
        low = min(first, last)
        drawn = random.Random(seed)  # noqa: S311 - a sample to read, no secret
        return drawn.sample(range(low, last + 1), min(DRAWN, last + 1 - low))


def _unjudged(row: Row, signal: str, threshold: float) -> Unjudged:
    told = _NOT_WORD.sub(" ", unicodedata.normalize("NFKC", row["title"]).casefold()).strip()
    stories = {told and f"title {told}", "" if row["story_id"] is None else f"story {row['story_id']}"} - {""}
    return Unjudged(row["item_id"], signal, row["score"], threshold, frozenset(stories), bool(row["judged"]))
