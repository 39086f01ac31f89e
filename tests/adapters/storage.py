"""What the tests of the database are made of: builders with sound defaults, and a store ready to use."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from monitor.adapters.database import open_database
from monitor.adapters.outbox import SqliteOutbox
from monitor.adapters.store import SqliteStore
from monitor.domain.alert import Alert, AlertState, Facts, Reason
from monitor.domain.feed import Feed, FeedSource, FeedState, FeedUpdate
from monitor.domain.hit import Hit
from monitor.domain.item import Identity, IdentityKind, Item
from monitor.domain.score import Score, Term
from monitor.domain.story import Member, Story
from monitor.ports import PollResult, ScoredItem
from tests.memory import MemoryOutbox, MemoryStore

NOW = datetime(2026, 11, 23, 8, 40, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
URL = "https://news.example/feed"
TRAFFICKING = "human_trafficking"
FIGHTERS = "foreign_fighter_recruitment"


@dataclass(frozen=True)
class Stores:
    """A store and its outbox, real or in memory."""

    store: SqliteStore | MemoryStore
    outbox: SqliteOutbox | MemoryOutbox

    def feed(self, url: str = URL, name: str = "Desk") -> Feed:
        """A feed, new to the store."""
        others = [feed.source for feed in self.store.due_feeds(NOW, force=True)]
        self.store.sync_feeds([*others, FeedSource(url, name)], NOW)
        return next(feed for feed in self.store.due_feeds(NOW, force=True) if feed.source.url == url)

    def tell(self, feed: Feed, title: str, *, score: float = 0.9, channel: str = "desk", at: datetime = NOW) -> int:
        """Store an item that starts a story and is alerted; the alert's id."""
        before = {one.alert_id for one in self.outbox.waiting(at)}
        told = PollResult(
            update(feed, polled_at=at),
            items=(scored(item(title), score=score, story_id=-1),),
            seen=item(title).identity.keys(),
            stories=(story(-1, title, at=at),),
            alerts=(alert(-1, channel=channel, at=at, key=f"{title}/{channel}"),),
        )
        self.store.record(told)
        (new,) = {one.alert_id for one in self.outbox.waiting(at)} - before
        return new


@contextmanager
def opened(kind: str, folder: Path) -> Iterator[Stores]:
    """The stores of that kind: `sqlite` or `memory`."""
    if kind == "memory":
        memory = MemoryStore()
        yield Stores(memory, MemoryOutbox(memory))
        return
    with open_database(folder / "monitor.db") as database:
        yield Stores(SqliteStore(database), SqliteOutbox(database))


def update(feed: Feed, **changes: Any) -> FeedUpdate:
    """A successful poll of the feed."""
    polled_at = changes.setdefault("polled_at", NOW)
    given: dict[str, Any] = {
        "state": FeedState.OK,
        "reason": "ok",
        "next_poll_at": polled_at + HOUR,
        "interval": HOUR,
        "last_ok_at": polled_at,
        "failures": 0.0,
        "etag": None,
        "last_modified": None,
        "body_hash": None,
        "unchanged_polls": 0,
        "moved_to": None,
        "moved_polls": 0,
        "identity": IdentityKind.GUID,
        "primed": True,
    }
    return FeedUpdate(feed_id=feed.id, **(given | changes))


def item(title: str, summary: str = "", *, published_at: datetime | None = NOW) -> Item:
    """An item that its title tells from all others."""
    identity = Identity(f"guid:{title}", f"link:{title}", f"title:{title}")
    return Item(title, f"https://news.example/{title}", title, summary, "en", published_at, identity)


def hit(score: float = 0.9, signal: str = TRAFFICKING) -> Hit:
    """A hit with its reasons."""
    why = (Term("lured", 2.5), Term("abroad", 1.25))
    return Hit(signal, score, 0.5, "m1", why, nearest_seed=f"{signal}/one.txt", confident=False)


def scored(
    entry: Item, *, score: float = 0.9, story_id: int | None = None, countries: tuple[str, ...] = ()
) -> ScoredItem:
    """The item scored for one signal: a hit where it belongs to a story."""
    hits = () if story_id is None else (hit(score),)
    return ScoredItem(entry, (Score(TRAFFICKING, score, "m1"),), hits, story_id, countries)


def story(story_id: int, title: str, *, at: datetime = NOW, outlets: Sequence[str] = ("Desk",)) -> Story:
    """A story with one member."""
    return Story(story_id, title, at, at, tuple(outlets), (Member(at, ((1, 0.6), (2**63 - 1, 0.8))),))


def alert(story_id: int, *, channel: str = "desk", at: datetime = NOW, key: str = "key", **changes: Any) -> Alert:
    """A pending alert, due at once."""
    given: dict[str, Any] = {"state": AlertState.PENDING, "reason": Reason.FIRST_HIT, "due_at": at}
    if changes.get("state") is not AlertState.SUPPRESSED:
        given["told"] = Facts(1, frozenset(), 0.9)
    return Alert(story_id=story_id, channel=channel, created_at=at, key=key, **(given | changes))
