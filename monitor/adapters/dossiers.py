"""Everything the database holds on one story, for a person to look at: items, scores with reasons, verdicts, alerts."""

import json
from collections import defaultdict

from monitor.adapters.columns import maybe_time, to_json, to_time
from monitor.adapters.database import Database, Row
from monitor.domain.foreign import web_link

ITEMS = 100
"""How many items of a story are shown; the first to tell it, since later ones repeat them."""

RECENT = 50

_STORY = "SELECT id, title, first_seen_at, last_seen_at, outlets FROM stories WHERE id = ?"

_ITEMS = """
SELECT items.id, items.title, summary, items.url, lang, published_at, first_seen_at, feeds.name AS outlet
FROM items JOIN feeds ON feeds.id = feed_id
WHERE items.id IN (SELECT item_id FROM hits WHERE story_id = ?)
ORDER BY first_seen_at, items.id LIMIT ?
"""

_SIGNALS = """
SELECT scores.item_id, scores.signal, scores.score, scores.model_id,
    hits.threshold, hits.why, hits.nearest_seed, hits.confident, hits.on_fulltext,
    hits.countries, hits.origins, hits.destinations, verdicts.verdict
FROM scores
LEFT JOIN hits ON hits.item_id = scores.item_id AND hits.signal = scores.signal
LEFT JOIN verdicts ON verdicts.item_id = scores.item_id AND verdicts.signal = scores.signal
WHERE scores.item_id IN (SELECT value FROM json_each(?))
ORDER BY scores.score DESC, scores.signal
"""

_ALERTS = """
SELECT alerts.id, channel, reason, state, created_at, sent_at,
    (SELECT error FROM deliveries WHERE alert_id = alerts.id AND NOT ok ORDER BY id DESC LIMIT 1) AS error
FROM alerts WHERE story_id = ? ORDER BY created_at, alerts.id
"""

_RECENT = """
SELECT stories.id, title, last_seen_at, outlets,
    (SELECT max(score) FROM hits WHERE story_id = stories.id) AS score,
    (SELECT group_concat(DISTINCT signal) FROM hits WHERE story_id = stories.id) AS signals
FROM stories ORDER BY last_seen_at DESC, stories.id DESC LIMIT ?
"""


class Dossiers:
    """Stories as they are looked at. Rows are dicts with the tables' column names, times as datetimes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def story(self, story_id: int) -> Row | None:
        """A story with its `items`, how many `more` there are, and its `alerts`; None where it is unknown.

        Each item has its `signals`: the score, and where it is a hit, the threshold, reasons and countries; `verdict`
        is yes, no or None. `link` is the item's address where that is one to follow, else empty.
        """
        if not 0 < story_id < 2**63:
            return None
        found = self._database.rows(_STORY, (story_id,))
        if not found:
            return None
        items = self._database.rows(_ITEMS, (story_id, ITEMS))
        told = self._database.value("SELECT count(DISTINCT item_id) FROM hits WHERE story_id = ?", (story_id,))
        signals: dict[int, list[Row]] = defaultdict(list)
        for row in self._database.rows(_SIGNALS, (to_json([item["id"] for item in items]),)):
            signals[row["item_id"]].append(_signal(row))
        return _timed(found[0]) | {
            "outlets": json.loads(found[0]["outlets"]),
            "items": [_timed(row) | {"link": web_link(row["url"]), "signals": signals[row["id"]]} for row in items],
            "more": int(told or 0) - len(items),
            "alerts": [_timed(row) for row in self._database.rows(_ALERTS, (story_id,))],
        }

    def recent(self) -> list[Row]:
        """The stories told last, newest first, each with its highest score and its signals."""
        return [
            _timed(row)
            | {
                "outlets": json.loads(row["outlets"]),
                "signals": sorted(filter(None, (row["signals"] or "").split(","))),
            }
            for row in self._database.rows(_RECENT, (RECENT,))
        ]

    def tells(self, story_id: int, item_id: int) -> bool:
        """Whether an item belongs to a story."""
        found = self._database.rows("SELECT 1 FROM hits WHERE story_id = ? AND item_id = ?", (story_id, item_id))
        return bool(found)


def _signal(row: Row) -> Row:
    hit = row["threshold"] is not None
    return row | {
        "hit": hit,
        "why": [(term, weight) for term, weight in json.loads(row["why"])] if hit else [],
        **{name: json.loads(row[name]) if hit else [] for name in ("countries", "origins", "destinations")},
        "confident": bool(row["confident"]) if hit else True,
    }


def _timed(row: Row) -> Row:
    times = {name: value for name, value in row.items() if name.endswith("_at")}
    return row | {
        name: to_time(value) if name in {"first_seen_at", "last_seen_at"} else maybe_time(value)
        for name, value in times.items()
    }
