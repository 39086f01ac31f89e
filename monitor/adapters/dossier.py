"""Everything one alert rests on: what was decided, on what text, by which model and config, and what came of it."""

import json
from collections import defaultdict

from monitor.adapters.database import Database, Row
from monitor.domain.item import text_hash
from monitor.errors import InputError

_ALERT = """
SELECT id, story_id, channel, reason, state, created_at, due_at, sent_at, attempts, folded_into, key, news, told,
    evidence, config_hash, memo
FROM alerts WHERE id = ?
"""

_FOLDED = """
SELECT id, story_id, reason, news, created_at, evidence, config_hash FROM alerts WHERE folded_into = ? ORDER BY id
"""

_DECISIONS = """
SELECT story_id, id, channel, created_at, state, reason, news FROM alerts
WHERE story_id IN (SELECT value FROM json_each(?)) ORDER BY id
"""

_HITS = """
SELECT hits.id, item_id, hits.story_id, signal, score, threshold, model_id, why, nearest_seed, confident, on_fulltext,
    countries, origins, destinations, text_hash, config_hash, created_at,
    (SELECT verdict FROM verdicts WHERE item_id = hits.item_id AND signal = hits.signal) AS verdict,
    items.title, summary, items.url, lang, published_at, first_seen_at, feeds.name AS feed
FROM hits JOIN items ON items.id = item_id JOIN feeds ON feeds.id = feed_id
WHERE hits.story_id IN (SELECT value FROM json_each(?)) ORDER BY first_seen_at, item_id, score DESC
"""

_OF_ITEM = ("title", "url", "feed", "lang", "published_at", "first_seen_at")
_OF_HIT = (
    "signal", "score", "threshold", "model_id", "why", "nearest_seed", "confident", "on_fulltext", "verdict",
    "config_hash",
)  # fmt: skip


class Dossiers:
    """The record of an alert. Errors are StorageError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def alert(self, alert_id: int) -> Row:
        """One alert with its stories, their items and hits, its deliveries, and all it was decided by.

        Keys beside the columns of `alerts`: `memo`, the lines of an alert that is about no story; `deliveries`;
        `folded`, the alerts it tells as well; `stories`, each with its `items`, with `text_unchanged` (whether the text
        stored now is the text that was scored) and their `hits`, and with its `decisions` for all channels; `models`;
        `config`, as it was, without secrets.

        Raises:
            InputError: there is no such alert.
        """
        rows = self._database.rows(_ALERT, (alert_id,))
        if not rows:
            raise InputError(f"no alert {alert_id}; `monitor alerts` lists them with their ids")
        alert = _decoded(rows[0])
        folded = [_decoded(row) for row in self._database.rows(_FOLDED, (alert_id,))]
        story_ids = [one["story_id"] for one in (alert, *folded) if one["story_id"] is not None]
        stories = self._stories(list(dict.fromkeys(story_ids)))
        return alert | {
            "memo": None if alert["memo"] is None else json.loads(alert["memo"]),
            "deliveries": self._deliveries(alert_id),
            "folded": folded,
            "stories": stories,
            "models": self._models(stories),
            "config": self._config(alert["config_hash"]),
        }

    def _deliveries(self, alert_id: int) -> list[Row]:
        rows = self._database.rows(
            "SELECT id, attempted_at, ok, error FROM deliveries WHERE alert_id = ? ORDER BY id", (alert_id,)
        )
        return [row | {"ok": bool(row["ok"])} for row in rows]

    def _stories(self, story_ids: list[int]) -> list[Row]:
        wanted = (json.dumps(story_ids),)
        stories = self._database.rows(
            "SELECT id, title, first_seen_at, last_seen_at, outlets FROM stories "
            "WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id",
            wanted,
        )
        items: dict[int, dict[int, list[Row]]] = defaultdict(lambda: defaultdict(list))
        for row in self._database.rows(_HITS, wanted):
            items[row["story_id"]][row["item_id"]].append(row)
        decisions: dict[int, list[Row]] = defaultdict(list)
        for row in self._database.rows(_DECISIONS, wanted):
            decisions[row.pop("story_id")].append(_decoded(row))
        return [
            story
            | {
                "outlets": json.loads(story["outlets"]),
                "items": [_item(hits) for hits in items[story["id"]].values()],
                "decisions": decisions[story["id"]],
            }
            for story in stories
        ]

    def _models(self, stories: list[Row]) -> list[Row]:
        used = {hit["model_id"] for story in stories for item in story["items"] for hit in item["hits"]}
        return self._database.rows(
            "SELECT id, created_at FROM models WHERE id IN (SELECT value FROM json_each(?)) ORDER BY created_at",
            (json.dumps(sorted(used)),),
        )

    def _config(self, config_hash: str | None) -> Row | None:
        rows = self._database.rows("SELECT hash, first_used_at, settings FROM configs WHERE hash = ?", (config_hash,))
        return rows[0] | {"settings": json.loads(rows[0]["settings"])} if rows else None


def _item(hits: list[Row]) -> Row:
    """One item of a story with all its hits; what they have in common stands with the item."""
    first = hits[0]
    return {
        "id": first["item_id"],
        **{name: first[name] for name in _OF_ITEM},
        "countries": json.loads(first["countries"]),
        "origins": json.loads(first["origins"]),
        "destinations": json.loads(first["destinations"]),
        "text_hash": first["text_hash"],
        "text_unchanged": None
        if first["text_hash"] is None
        else text_hash(first["title"], first["summary"]) == first["text_hash"],
        "text_source": "article" if any(hit["on_fulltext"] for hit in hits) else "feed",
        "hits": [_hit(hit) for hit in hits],
    }


def _hit(row: Row) -> Row:
    flags = {name: bool(row[name]) for name in ("confident", "on_fulltext")}
    return {name: row[name] for name in _OF_HIT} | flags | {"why": json.loads(row["why"])}


def _decoded(row: Row) -> Row:
    return row | {name: json.loads(row[name]) for name in ("news", "told", "evidence") if row.get(name)}
