"""What hubs were asked and how it went, in SQLite."""

from datetime import datetime

from monitor.adapters.columns import maybe_text, storable, to_text
from monitor.adapters.database import Database, Row
from monitor.adapters.rows import announced_from, subscription_from
from monitor.domain import websub
from monitor.domain.websub import LISTENING, Announcement, State, Subscription
from monitor.ports.push import Change, Tended

_UNSUBSCRIBED = """
SELECT id, hub, topic FROM feeds
WHERE hub IS NOT NULL AND state <> 'removed' AND NOT EXISTS (
    SELECT 1 FROM subscriptions AS told
    WHERE told.feed_id = feeds.id AND told.hub = feeds.hub AND told.topic = feeds.topic
) ORDER BY id LIMIT ?
"""

_TO_TEND = """
SELECT * FROM (SELECT told.*, feeds.url, feeds.state AS feed_state, feeds.hub AS named_hub, feeds.topic AS named_topic,
    row_number() OVER (PARTITION BY told.hub ORDER BY due_at) AS place
FROM subscriptions AS told JOIN feeds ON feeds.id = feed_id
WHERE due_at <= :now OR expires_at <= :now OR (told.state <> 'leaving' AND (
    feeds.state = 'removed' OR feeds.hub IS NOT told.hub OR feeds.topic IS NOT told.topic
))) WHERE place <= :each ORDER BY due_at LIMIT :limit
"""

_SAVE = """
INSERT INTO subscriptions (path, feed_id, hub, topic, state, reason, error, due_at, open_until, expires_at, failures,
    pushed_at, missed_at)
VALUES (:path, :feed_id, :hub, :topic, :state, :reason, :error, :due_at, :open_until, :expires_at, :failures,
    :pushed_at, :missed_at)
ON CONFLICT (path) DO UPDATE SET state = :state, reason = :reason, error = :error, due_at = :due_at,
    open_until = :open_until, expires_at = :expires_at, failures = :failures
"""

_HURRY = """
UPDATE feeds SET next_poll_at = min(next_poll_at, coalesce(
    strftime('%Y-%m-%dT%H:%M:%f', last_polled_at, '+' || coalesce(every_s, interval_s) || ' seconds') || '000Z',
    next_poll_at))
"""
"""What a hub was trusted to bring is polled for again."""

_BEGIN_ANEW = """
UPDATE subscriptions SET state = 'waiting', reason = 'restarted', error = NULL, due_at = :now, open_until = NULL,
    expires_at = NULL, failures = 0
WHERE state <> 'leaving'
"""


class SqliteSubscriptions:
    """Implements `ports.push.SubscriptionStore`. Each method is one transaction; errors are StorageError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin_anew(self, now: datetime) -> None:
        """Note that nobody listened: every hub is to be asked again, and every feed polled as if there were none."""
        with self._database.transaction():
            listening = "SELECT feed_id FROM subscriptions WHERE expires_at IS NOT NULL"
            self._database.execute(f"{_HURRY} WHERE id IN ({listening})")
            self._database.execute(_BEGIN_ANEW, {"now": to_text(now)})

    def unsubscribed(self, limit: int) -> list[tuple[int, Announcement]]:
        """Feeds that name a hub which was not asked yet, by id."""
        rows = self._database.rows(_UNSUBSCRIBED, (limit,))
        return [(row["id"], Announcement(row["hub"], row["topic"])) for row in rows]

    def begin(self, subscription: Subscription) -> None:
        """Store a new subscription."""
        self._database.execute(_SAVE, _row(subscription))

    def to_tend(self, now: datetime, limit: int, each: int) -> list[Tended]:
        """Subscriptions that are due, whose lease is over, or whose feed names another hub or is gone.

        At most `limit`, and `each` of one hub.
        """
        rows = self._database.rows(_TO_TEND, {"now": to_text(now), "limit": limit, "each": each})
        return [
            Tended(
                subscription_from(row),
                announced_from(row["named_hub"], row["named_topic"]),
                row["url"],
                removed=row["feed_state"] == "removed",
            )
            for row in rows
        ]

    def by_path(self, path: str) -> Subscription | None:
        """The subscription whose hub calls there."""
        rows = self._database.rows("SELECT * FROM subscriptions WHERE path = ?", (path,))
        return subscription_from(rows[0]) if rows else None

    def change(self, path: str, change: Change) -> Subscription | None:
        """Read, change and store one in one transaction; None where there is none, or it is forgotten.

        Where its hub is no longer listened to, its feed is due as it were without.
        """
        with self._database.transaction():
            before = self.by_path(path)
            if before is None:
                return None
            after = change(before)
            if after is None:
                self._database.execute("DELETE FROM subscriptions WHERE path = ?", (path,))
            else:
                self._database.execute(_SAVE, _row(after))
            if before.state in LISTENING and (after is None or after.state not in LISTENING):
                self._database.execute(f"{_HURRY} WHERE id = ?", (before.feed_id,))
            return after

    def hurry(self, feed_id: int, now: datetime) -> None:
        """Have a feed polled now: what its hub brought was lost on the way."""
        due = "UPDATE feeds SET next_poll_at = min(next_poll_at, ?) WHERE id = ?"
        self._database.execute(due, (to_text(now), feed_id))

    def told(self, now: datetime) -> dict[int, str]:
        """How it stands between each feed that has a hub and that hub, in a word, by feed id."""
        rows = self._database.rows("SELECT * FROM subscriptions ORDER BY state = 'leaving' DESC, rowid")
        found = {row["feed_id"]: websub.trust(subscription_from(row), now).reason for row in rows}
        named = self._database.rows("SELECT id FROM feeds WHERE hub IS NOT NULL AND state <> 'removed'")
        return {row["id"]: "not_asked" for row in named} | found


def _row(subscription: Subscription) -> Row:
    return {
        "path": subscription.path,
        "feed_id": subscription.feed_id,
        "hub": subscription.announced.hub,
        "topic": subscription.announced.topic,
        "state": str(State(subscription.state)),
        "reason": subscription.reason,
        "error": None if subscription.error is None else storable(subscription.error),
        "due_at": to_text(subscription.due_at),
        "open_until": maybe_text(subscription.open_until),
        "expires_at": maybe_text(subscription.expires_at),
        "failures": subscription.failures,
        "pushed_at": maybe_text(subscription.pushed_at),
        "missed_at": maybe_text(subscription.missed_at),
    }
