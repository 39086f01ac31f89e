"""How each kind of record is listed: its statement, and what each part of a filter means for it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Listing:
    """One kind of record: how to read it, and what each part of a filter means for it."""

    select: str
    id: str
    time: str
    conditions: dict[str, str]
    json: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()

    @property
    def order(self) -> str:
        """Newest first."""
        return f"{self.time} DESC, {self.id} DESC"


class Search(Listing):
    """A listing of what full-text search finds, the last stored first: it ends once enough is found.

    In any other order everything found would be read and sorted, however common the words are.
    """

    @property
    def order(self) -> str:
        """The last stored first."""
        return f"{self.id} DESC"


_FOUND = "(SELECT rowid FROM items_fts WHERE items_fts MATCH :words)"
_STORY_FOUND = f"SELECT 1 FROM hits AS found WHERE found.item_id IN {_FOUND} AND found.story_id"

_NAMED = ":country IN (SELECT value FROM json_each(hits.countries))"

_EXACT = "json(printf('%!.17g', score))"  # a number put into JSON as it is loses its last digits

_ITEMS = f"""SELECT items.id, feed_id, feeds.name AS feed, guid, items.url, items.title, items.summary, lang,
    published_at, first_seen_at, items.fulltext, article,
    (SELECT json_group_object(signal, {_EXACT}) FROM scores WHERE item_id = items.id) AS scores"""

# What is begun with is told to SQLite (CROSS JOIN, +): hits are few, and what holds common words is not.
LISTINGS = {
    "items": Listing(
        select=f"{_ITEMS} FROM items JOIN feeds ON feeds.id = feed_id",
        id="items.id",
        time="first_seen_at",
        conditions={
            "signal": "EXISTS (SELECT 1 FROM hits WHERE item_id = items.id AND signal = :signal)",
            "feed_id": "feed_id = :feed_id",
        },
        json=("scores",),
    ),
    "hits": Listing(
        select="""SELECT hits.id, item_id, signal, score, threshold, model_id, story_id, created_at, why, nearest_seed,
            confident, on_fulltext, countries, origins, destinations, text_hash, config_hash,
            items.title, items.url, items.lang, items.published_at, feed_id,
            feeds.name AS feed,
            (SELECT verdict FROM verdicts WHERE item_id = hits.item_id AND signal = hits.signal) AS verdict
            FROM hits CROSS JOIN items ON items.id = item_id JOIN feeds ON feeds.id = feed_id""",
        id="hits.id",
        time="created_at",
        conditions={
            "signal": "signal = :signal",
            "words": f"+item_id IN {_FOUND}",
            "country": _NAMED,
            "feed_id": "feed_id = :feed_id",
        },
        json=("why", "countries", "origins", "destinations"),
        flags=("confident", "on_fulltext"),
    ),
    "stories": Listing(
        select=f"""SELECT id, title, first_seen_at, last_seen_at, outlets,
            (SELECT json_group_object(signal, {_EXACT}) FROM
                (SELECT signal, max(score) AS score FROM hits WHERE story_id = stories.id GROUP BY signal)) AS signals,
            (SELECT count(*) FROM hits WHERE story_id = stories.id) AS hits,
            (SELECT json_group_array(DISTINCT value) FROM hits, json_each(hits.countries)
                WHERE story_id = stories.id) AS countries
            FROM stories""",
        id="stories.id",
        time="last_seen_at",
        conditions={
            "signal": "EXISTS (SELECT 1 FROM hits WHERE story_id = stories.id AND signal = :signal)",
            "words": f"EXISTS ({_STORY_FOUND} = stories.id)",
            "country": f"EXISTS (SELECT 1 FROM hits WHERE story_id = stories.id AND {_NAMED})",
            "feed_id": "EXISTS (SELECT 1 FROM hits JOIN items ON items.id = item_id "
            "WHERE story_id = stories.id AND feed_id = :feed_id)",
        },
        json=("outlets", "signals", "countries"),
    ),
    "alerts": Listing(
        select="""SELECT alerts.id, story_id, channel, reason, state, created_at, due_at, sent_at, attempts,
            folded_into, news, config_hash, coalesce(stories.title, memo ->> '$[0]') AS title,
            (SELECT max(score) FROM hits WHERE hits.story_id = alerts.story_id) AS score,
            coalesce((SELECT max(confident) FROM hits WHERE hits.story_id = alerts.story_id), 1) AS confident,
            (SELECT error FROM deliveries WHERE alert_id = alerts.id ORDER BY id DESC LIMIT 1) AS error
            FROM alerts LEFT JOIN stories ON stories.id = story_id""",
        id="alerts.id",
        time="created_at",
        conditions={
            "signal": "EXISTS (SELECT 1 FROM hits WHERE hits.story_id = alerts.story_id AND signal = :signal)",
            "words": f"EXISTS ({_STORY_FOUND} = alerts.story_id)",
            "country": f"EXISTS (SELECT 1 FROM hits WHERE hits.story_id = alerts.story_id AND {_NAMED})",
            "channel": "channel = :channel",
            "state": "state = :state",
        },
        json=("news",),
        flags=("confident",),
    ),
    "deliveries": Listing(
        select="""SELECT deliveries.id, alert_id, channel, attempted_at, ok, error
            FROM deliveries JOIN alerts ON alerts.id = alert_id""",
        id="deliveries.id",
        time="attempted_at",
        conditions={"channel": "channel = :channel"},
        flags=("ok",),
    ),
    "verdicts": Listing(
        select="""SELECT verdicts.rowid AS id, item_id, signal, verdict, at, title, summary, article, lang,
            items.url, published_at,
            (SELECT score FROM scores WHERE item_id = items.id AND signal = verdicts.signal) AS score
            FROM verdicts JOIN items ON items.id = item_id""",
        id="verdicts.rowid",
        time="at",
        conditions={"signal": "signal = :signal", "words": f"item_id IN {_FOUND}", "feed_id": "feed_id = :feed_id"},
    ),
}

SEARCHES = {
    "items": Search(
        select=f"""{_ITEMS} FROM items_fts CROSS JOIN items ON items.id = items_fts.rowid
            JOIN feeds ON feeds.id = feed_id""",
        id="items_fts.rowid",
        time="first_seen_at",
        conditions=LISTINGS["items"].conditions | {"words": "items_fts MATCH :words"},
        json=LISTINGS["items"].json,
    )
}
"""Instead, where words are looked for."""
