"""What people ask for: items, hits, stories, alerts, deliveries, verdicts and feeds as rows, newest first."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.adapters.columns import storable, to_text
from monitor.adapters.database import Database, Row
from monitor.adapters.listings import LISTINGS, SEARCHES, Listing
from monitor.errors import InputError

_PAGE = 1000


@dataclass(frozen=True, slots=True)
class Filter:
    """Which records to list; None leaves a field out.

    Attributes:
        since: stored (stories: last told) at or after this time.
        query: words that must all occur in an item's title or summary; `word*` finds beginnings. Any text will do.
        phrases: of which at least one must occur, such as a country's names.
        country: ISO 3166 alpha-2 code that a hit, a story or an alert's story names.
        state: of alerts.
        limit: how many at most.
    """

    since: datetime | None = None
    signal: str | None = None
    query: str | None = None
    phrases: tuple[str, ...] = ()
    country: str | None = None
    channel: str | None = None
    state: str | None = None
    feed_id: int | None = None
    limit: int | None = 50


RECENT = timedelta(days=30)
"""Over which a feed's items a day are counted."""

_FEEDS = """
SELECT feeds.*, brought.items, brought.hits,
    round(brought.recent / max(julianday(:now) - julianday(max(added_at, :recent)), 1.0), 2) AS items_a_day,
    round(1.0 * brought.struck / max(brought.items, 1), 4) AS hit_share
FROM feeds JOIN (
    SELECT feeds.id, count(items.id) AS items, coalesce(sum(first_seen_at >= :recent), 0) AS recent,
        coalesce(sum(struck.hits), 0) AS hits, count(struck.item_id) AS struck
    FROM feeds LEFT JOIN items ON items.feed_id = feeds.id
    LEFT JOIN (SELECT item_id, count(*) AS hits FROM hits GROUP BY item_id) AS struck ON struck.item_id = items.id
    GROUP BY feeds.id
) AS brought USING (id)
ORDER BY state = 'removed', name COLLATE NOCASE, id
"""


class Records:
    """The read side. Rows are dicts with the tables' column names; JSON columns come as lists and dicts.

    Raises StorageError where the database fails, InputError for a filter that means nothing for the records.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def items(self, wanted: Filter = Filter()) -> list[Row]:
        """Items with the name of their `feed` and their `scores` by signal."""
        return self._listed("items", wanted)

    def hits(self, wanted: Filter = Filter()) -> list[Row]:
        """Hits with their item's title, url and feed, `why` as [term, weight] pairs, and the verdict if any."""
        return self._listed("hits", wanted)

    def stories(self, wanted: Filter = Filter()) -> list[Row]:
        """Stories with their outlets, the highest score by signal (`signals`) and the number of hits."""
        return self._listed("stories", wanted)

    def alerts(self, wanted: Filter = Filter()) -> list[Row]:
        """Alerts with their story's title and highest score, and the last attempt's error."""
        return self._listed("alerts", wanted)

    def deliveries(self, wanted: Filter = Filter()) -> list[Row]:
        """Attempts to send."""
        return self._listed("deliveries", wanted)

    def verdicts(self, wanted: Filter = Filter(limit=None)) -> list[Row]:
        """Verdicts with the text they are about, as training wants them."""
        return self._listed("verdicts", wanted)

    def export(self, kind: str, wanted: Filter = Filter(limit=None)) -> Iterator[Row]:
        """The same rows one by one, the last stored first, whatever their number: a page is in memory at a time."""
        listing, where, parameters = _wanted(kind, wanted)
        left, before = wanted.limit, 2**63 - 1
        while left is None or left > 0:
            size = _PAGE if left is None else min(_PAGE, left)
            page = self._database.rows(
                f"{listing.select} WHERE {where} AND {listing.id} < :before ORDER BY {listing.id} DESC LIMIT :size",
                parameters | {"before": before, "size": size},
            )
            yield from (_decoded(row, listing) for row in page)
            if len(page) < size:
                return
            before, left = page[-1]["id"], None if left is None else left - size

    def feeds(self, now: datetime) -> list[Row]:
        """All feeds, removed ones last, with what they brought: items and hits, items a day and the share with a hit.

        The day's figure is over the last RECENT, or since the feed was added where that is shorter, a day at least.
        """
        rows = self._database.rows(_FEEDS, {"now": to_text(now), "recent": to_text(now - RECENT)})
        return [row | {"tags": json.loads(row["tags"]), "primed": bool(row["primed"])} for row in rows]

    def get_item(self, item_id: int) -> Row:
        """One item with its scores, hits and verdicts. Raises InputError for an unknown id."""
        listing = LISTINGS["items"]
        rows = self._database.rows(f"{listing.select} WHERE items.id = ?", (item_id,))
        if not rows:
            raise InputError(f"no item {item_id}; `monitor items` lists them with their ids")
        hits = self._database.rows("SELECT * FROM hits WHERE item_id = ? ORDER BY score DESC", (item_id,))
        verdicts = self._database.rows("SELECT signal, verdict, at FROM verdicts WHERE item_id = ?", (item_id,))
        found = {
            "hits": [_decoded(hit, LISTINGS["hits"]) for hit in hits],
            "verdicts": verdicts,
        }
        return _decoded(rows[0], listing) | found

    def _listed(self, kind: str, wanted: Filter) -> list[Row]:
        listing, where, parameters = _wanted(kind, wanted)
        rows = self._database.rows(
            f"{listing.select} WHERE {where} ORDER BY {listing.order} LIMIT :limit",
            parameters | {"limit": -1 if wanted.limit is None else max(wanted.limit, 0)},
        )
        return [_decoded(row, listing) for row in rows]


def match_expression(query: str | None, phrases: tuple[str, ...] = ()) -> str | None:
    """What FTS5 is asked for: all words of `query` and any of `phrases`; None asks for nothing in particular.

    Every word is quoted, so that no text is an operator or a syntax error.
    """
    parts = []
    if query is not None:
        words = [_quoted(phrase or word) for phrase, word in _WORDS.findall(query)]
        parts.append(" AND ".join(words[:_MAX_WORDS]) or '""')
    if phrases:
        parts.append("(" + " OR ".join(_quoted(phrase) for phrase in phrases) + ")")
    return " AND ".join(parts) or None


_WORDS = re.compile(r'"([^"]+)"|([^\s"]+)')
_MAX_WORDS = 50  # a bound on work; nobody searches for more


def _quoted(words: str) -> str:
    text = storable(words.replace("\0", " ").replace('"', " "))
    prefix = " *" if text.endswith("*") and len(text) > 1 else ""
    return f'"{text}"{prefix}'


def _wanted(kind: str, wanted: Filter) -> tuple[Listing, str, dict[str, object]]:
    """How to read them, the condition, and its parameters."""
    parameters: dict[str, object] = {
        "signal": wanted.signal,
        "words": match_expression(wanted.query, wanted.phrases),
        "country": wanted.country,
        "channel": wanted.channel,
        "state": wanted.state,
        "feed_id": wanted.feed_id,
    }
    parameters = {name: value for name, value in parameters.items() if value is not None}
    listing = (SEARCHES if "words" in parameters else {}).get(kind, LISTINGS[kind])
    if foreign := parameters.keys() - listing.conditions.keys():
        raise InputError(f"{kind} cannot be filtered by {', '.join(sorted(foreign))}; leave it out")
    conditions = [listing.conditions[name] for name in parameters]
    if wanted.since is not None:
        conditions.append(f"{listing.time} >= :since")
        parameters["since"] = to_text(wanted.since)
    return listing, " AND ".join(conditions) or "TRUE", parameters


def _decoded(row: Row, listing: Listing) -> Row:
    decoded = {name: json.loads(row[name]) for name in listing.json}
    return row | decoded | {name: bool(row[name]) for name in listing.flags}
