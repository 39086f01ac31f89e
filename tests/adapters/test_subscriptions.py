"""What hubs were asked, as stored."""

from dataclasses import replace

from monitor.adapters.database import Database
from monitor.adapters.store import SqliteStore
from monitor.adapters.subscriptions import SqliteSubscriptions
from monitor.domain import websub
from monitor.domain.feed import FeedSource
from monitor.domain.websub import Announcement
from monitor.ports import PollResult
from tests.adapters.storage import NOW, update


def announce(database: Database, hubs: list[str]) -> SqliteSubscriptions:
    """A feed for each hub, polled once; none is asked yet."""
    store, kept = SqliteStore(database), SqliteSubscriptions(database)
    store.sync_feeds([FeedSource(f"https://{number}.example/feed") for number in range(len(hubs))], NOW)
    for feed, hub in zip(store.due_feeds(NOW), hubs, strict=True):
        store.record(PollResult(update(feed, announced=Announcement(hub, feed.source.url))))
    for feed_id, announced in kept.unsubscribed(1000):
        kept.begin(websub.begun(feed_id, announced, f"path-{feed_id}", NOW))
    return kept


def test_one_hub_with_many_feeds_keeps_no_other_waiting(database: Database) -> None:
    """Of each hub only so many at once, the rest in the next rounds."""
    kept = announce(database, ["https://busy.example/"] * 30 + ["https://other.example/"])
    hubs = [one.subscription.announced.hub for one in kept.to_tend(NOW, limit=100, each=5)]
    assert sorted(hubs) == ["https://busy.example/"] * 5 + ["https://other.example/"]
    assert len(kept.to_tend(NOW, limit=3, each=5)) == 3


def test_a_subscription_comes_back_as_it_was_stored(database: Database) -> None:
    """All of it but when it brought something, which pushes and polls write."""
    kept = announce(database, ["https://hub.example/"])
    full = replace(
        websub.begun(1, Announcement("https://hub.example/", "https://0.example/feed"), "path-1", NOW),
        error="no", open_until=NOW, expires_at=NOW, failures=3,
    )  # fmt: skip
    assert kept.change("path-1", lambda _: full) == full
    assert kept.by_path("path-1") == full
    assert kept.change("path-1", lambda _: None) is None
    assert (kept.by_path("path-1"), kept.change("path-1", lambda one: one)) == (None, None)
    assert kept.told(NOW) == {1: "not_asked"}
