"""What deliver() reads and writes: alerts that wait, are leased, folded into digests, sent or given up."""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from monitor.adapters.columns import maybe_text, maybe_time, storable, to_json, to_text, to_time
from monitor.adapters.database import Database, Row
from monitor.adapters.rows import hit_from, news_from
from monitor.domain.alert import News, Reason, strongest_first
from monitor.domain.delivery import Attempt, PendingAlert
from monitor.domain.message import Memo, Notice, Telling
from monitor.domain.route import Route
from monitor.domain.sending import Fold, Join, Waiting

LATEST = 4
"""How many of a story's latest items a notice carries, besides the first and the strongest for each signal."""

_FREE = "state = 'pending' AND (leased_until IS NULL OR leased_until <= :now)"

_WAITING = f"""
SELECT id, story_id, channel, reason, created_at, due_at, coalesce(
    (SELECT max(score) FROM hits WHERE story_id = alerts.story_id),
    (SELECT max(score) FROM hits WHERE story_id IN
        (SELECT story_id FROM alerts AS told WHERE told.folded_into = alerts.id)),
    0) AS score
FROM alerts WHERE {_FREE} AND (due_at <= :now OR (story_id, channel) IN
    (SELECT story_id, channel FROM alerts WHERE {_FREE} AND due_at <= :now))
ORDER BY created_at, id
"""  # noqa: S608 - built from constants

_LEASE = f"""
UPDATE alerts SET leased_until = :until
WHERE id IN (SELECT value FROM json_each(:ids)) AND {_FREE}
RETURNING id, story_id, channel, reason, key, created_at, attempts, memo
"""  # noqa: S608 - built from constants

_FOLD = f"""
UPDATE alerts SET state = 'folded', folded_into = :digest
WHERE id IN (SELECT value FROM json_each(:ids)) AND id <> :digest AND channel = :channel AND {_FREE}
"""  # noqa: S608 - built from constants

_JOIN = f"""
UPDATE alerts SET state = 'folded', folded_into = :into
WHERE id IN (SELECT value FROM json_each(:ids)) AND id <> :into AND {_FREE} AND (story_id, channel) IN
    (SELECT story_id, channel FROM alerts WHERE id = :into AND {_FREE})
"""  # noqa: S608 - built from constants

# What was folded into an alert goes with it where that one is folded in its turn.
_FOLD_ALONG = """
UPDATE alerts SET folded_into = :into WHERE folded_into IN (SELECT id FROM alerts WHERE folded_into = :into)
"""

_INSERT_DIGEST = """
INSERT INTO alerts (channel, reason, state, created_at, due_at, key) VALUES (?, ?, 'pending', ?, ?, ?)
ON CONFLICT (key) DO NOTHING
"""

_TOLD_BY = """
SELECT coalesce(folded_into, alerts.id) AS alert_id, alerts.story_id, max(hits.score) AS score,
    alerts.reason, alerts.news
FROM alerts LEFT JOIN hits USING (story_id)
WHERE alerts.id IN (SELECT value FROM json_each(:ids)) OR folded_into IN (SELECT value FROM json_each(:ids))
GROUP BY alerts.id HAVING alerts.story_id IS NOT NULL ORDER BY score DESC, alerts.id
"""

_TELLINGS = """
SELECT hits.story_id, items.*, feeds.name AS outlet, hits.signal, hits.score, hits.threshold, hits.model_id, hits.why,
    hits.nearest_seed, hits.confident, hits.on_fulltext, hits.countries, hits.origins, hits.destinations
FROM hits JOIN items ON items.id = hits.item_id JOIN feeds ON feeds.id = items.feed_id
WHERE (hits.story_id, hits.item_id) IN (
    SELECT story_id, item_id FROM (
        SELECT story_id, item_id,
            dense_rank() OVER (PARTITION BY story_id ORDER BY created_at, item_id) AS place,
            dense_rank() OVER (PARTITION BY story_id ORDER BY created_at DESC, item_id DESC) AS place_from_end,
            row_number() OVER (PARTITION BY story_id, signal ORDER BY score DESC, item_id) AS strength
        FROM hits WHERE story_id IN (SELECT value FROM json_each(:stories)))
    WHERE place = 1 OR strength = 1 OR place_from_end <= :latest)
ORDER BY items.first_seen_at, items.id, hits.signal
"""

_FINISH = """
UPDATE alerts SET
    state = :state, due_at = coalesce(:due_at, due_at), sent_at = CASE WHEN :ok THEN :attempted_at ELSE sent_at END,
    attempts = attempts + 1, leased_until = NULL
WHERE id = :alert_id AND (state = 'pending' OR :ok)
"""


class SqliteOutbox:
    """The OutboxStore in SQLite. Each method is one transaction; errors are StorageError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def waiting(self, now: datetime) -> list[Waiting]:
        """Pending alerts that are due and not leased, with others of their story and channel; oldest first."""
        return [
            Waiting(
                alert_id=row["id"],
                channel=row["channel"],
                reason=Reason(row["reason"]),
                created_at=to_time(row["created_at"]),
                due_at=to_time(row["due_at"]),
                score=row["score"],
                story_id=row["story_id"],
            )
            for row in self._database.rows(_WAITING, {"now": to_text(now)})
        ]

    def sent_since(self, since: datetime) -> dict[str, int]:
        """How many messages each channel took since then; channels that took none are absent."""
        rows = self._database.rows(
            "SELECT channel, count(*) AS sent FROM alerts WHERE sent_at >= ? GROUP BY channel", (to_text(since),)
        )
        return {row["channel"]: row["sent"] for row in rows}

    def fold(self, folds: Sequence[Fold], now: datetime) -> dict[int, str]:
        """Store a digest alert per fold, mark its alerts folded, all in one transaction; digest id → channel.

        Alerts that are no longer pending, or are leased, stay as they are. A digest among the alerts gives its own
        alerts to the new one. Where no alert is left to fold, or the digest of that key has left already, there is no
        digest; nothing is lost, the alerts go on waiting.
        """
        with self._database.transaction():
            digests = ((self._fold(fold, now), fold.channel) for fold in folds)
            return {digest: channel for digest, channel in digests if digest is not None}

    def join(self, joins: Sequence[Join], now: datetime) -> None:
        """Mark alerts as folded into another of their story and channel; where either has left, they stay."""
        with self._database.transaction():
            for join in joins:
                row = {"into": join.into, "ids": to_json(list(join.alert_ids)), "now": to_text(now)}
                self._database.execute(_JOIN, row)
                self._database.execute(_FOLD_ALONG, {"into": join.into})

    def lease(self, alert_ids: Collection[int], now: datetime, until: datetime) -> list[PendingAlert]:
        """Take those of the alerts that are still pending and not leased, until then; oldest first.

        A lease that ended without `finish` (a crash) is free again.
        """
        with self._database.transaction():
            parameters = {"ids": to_json(list(alert_ids)), "now": to_text(now), "until": to_text(until)}
            leased = self._database.rows(_LEASE, parameters)
            notices = self._notices([row["id"] for row in leased])
        return [
            PendingAlert(
                id=row["id"],
                channel=row["channel"],
                reason=row["reason"],
                key=row["key"],
                created_at=to_time(row["created_at"]),
                attempts=row["attempts"],
                notices=notices[row["id"]],
                memo=None if row["memo"] is None else _memo(json.loads(row["memo"])),
            )
            for row in sorted(leased, key=lambda row: (row["created_at"], row["id"]))
        ]

    def finish(self, attempt: Attempt) -> None:
        """Write the delivery and the alert's new state, and end the lease.

        A failure that comes in after another attempt has ended the matter is written down and changes nothing.
        """
        row = {
            "alert_id": attempt.alert_id,
            "attempted_at": to_text(attempt.attempted_at),
            "ok": attempt.ok,
            "error": None if attempt.error is None else storable(attempt.error),
            "state": attempt.state,
            "due_at": maybe_text(attempt.due_at),
        }
        with self._database.transaction():
            self._database.execute(
                "INSERT INTO deliveries (alert_id, attempted_at, ok, error) "
                "VALUES (:alert_id, :attempted_at, :ok, :error)",
                row,
            )
            self._database.execute(_FINISH, row)

    def requeue_dead(self, now: datetime, channel: str | None = None) -> int:
        """Make dead alerts (of one channel) pending and due again, with their attempts forgotten; how many."""
        return self._database.execute(
            "UPDATE alerts SET state = 'pending', due_at = :now, attempts = 0, leased_until = NULL "
            "WHERE state = 'dead' AND (:channel IS NULL OR channel = :channel)",
            {"now": to_text(now), "channel": channel},
        )

    def _fold(self, fold: Fold, now: datetime) -> int | None:
        at, reason = to_text(now), Reason.DIGEST
        created = self._database.execute(_INSERT_DIGEST, (fold.channel, reason, at, at, fold.key))
        digest = self._database.value(
            f"SELECT id FROM alerts WHERE key = :key AND {_FREE}",  # noqa: S608 - built from constants
            {"key": fold.key, "now": at},
        )
        if digest is None:
            return None
        ids = to_json(list(fold.alert_ids))
        folded = self._database.execute(_FOLD, {"digest": digest, "ids": ids, "channel": fold.channel, "now": at})
        if created and not folded:
            self._database.execute("DELETE FROM alerts WHERE id = ?", (digest,))
            return None
        self._database.execute(_FOLD_ALONG, {"into": digest})
        return int(digest)

    def _notices(self, alert_ids: Sequence[int]) -> dict[int, tuple[Notice, ...]]:
        """What each alert says: one notice per story, highest score first."""
        told = self._database.rows(_TOLD_BY, {"ids": to_json(list(alert_ids))})
        story_ids = list(dict.fromkeys(row["story_id"] for row in told))
        stories = self._database.rows(
            "SELECT id, title, outlets FROM stories WHERE id IN (SELECT value FROM json_each(?))", (to_json(story_ids),)
        )
        tellings: dict[int, list[Row]] = defaultdict(list)
        for row in self._database.rows(_TELLINGS, {"stories": to_json(story_ids), "latest": LATEST}):
            tellings[row["story_id"]].append(row)
        notices = {
            row["id"]: Notice(
                row["id"], row["title"], _tellings(tellings[row["id"]]), outlets=len(json.loads(row["outlets"]))
            )
            for row in stories
        }
        by_alert: dict[int, dict[int, list[Row]]] = {alert_id: defaultdict(list) for alert_id in alert_ids}
        for row in told:
            by_alert[row["alert_id"]][row["story_id"]].append(row)
        return {
            alert_id: tuple(replace(notices[story_id], news=_news(rows)) for story_id, rows in by_story.items())
            for alert_id, by_story in by_alert.items()
        }


def _news(alerts: Iterable[Row]) -> tuple[News, ...]:
    """What the alerts about one story that a message tells hold of news: none where the story itself is."""
    alerts = list(alerts)
    if any(alert["reason"] == Reason.FIRST_HIT for alert in alerts):
        return ()
    return strongest_first(news for alert in alerts for news in news_from(alert["news"]))


def _memo(lines: Sequence[str]) -> Memo:
    return Memo(lines[0], tuple(lines[1:]))


def _tellings(rows: Iterable[Row]) -> tuple[Telling, ...]:
    """Items of a story, each with all its hits; `rows` are one per hit, in the order of the story."""
    by_item: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        by_item[row["id"]].append(row)
    return tuple(_telling(hits) for hits in by_item.values())


def _telling(hits: Sequence[Row]) -> Telling:
    item = hits[0]
    return Telling(
        item_id=item["id"],
        title=item["title"],
        summary=item["summary"],
        url=item["url"],
        outlet=item["outlet"],
        published_at=maybe_time(item["published_at"]),
        first_seen_at=to_time(item["first_seen_at"]),
        hits=tuple(hit_from(hit) for hit in hits),
        countries=tuple(json.loads(item["countries"])),
        route=Route(tuple(json.loads(item["origins"])), tuple(json.loads(item["destinations"]))),
        lang=item["lang"],
    )
