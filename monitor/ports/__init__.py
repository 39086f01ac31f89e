"""What the pipeline needs of the world, as Protocols; adapters implement them, tests fake them."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple, Protocol, Self

from monitor.domain.alert import Alert, History
from monitor.domain.delivery import Attempt, PendingAlert
from monitor.domain.feed import Feed, FeedUpdate, FetchRequest, ParsedFeed, Retrieved, Unchanged
from monitor.domain.fulltext import Look, Spent
from monitor.domain.hit import Hit
from monitor.domain.item import Identity, Item
from monitor.domain.message import Message
from monitor.domain.route import UNKNOWN, Route
from monitor.domain.score import Reasons, Score
from monitor.domain.sending import Fold, Join, Waiting
from monitor.domain.story import Story
from monitor.domain.websub import Delivered


@dataclass(frozen=True, slots=True)
class ScoredItem:
    """A new item and what was decided about it.

    Attributes:
        story_id: None without hits, negative for a new story.
        countries: ISO 3166 alpha-2, in order of first mention; looked for where there are hits.
        look: what became of its second look; None where its feed wants none.
        article: the item with its article's words, where a score stands on them.
        route: where people are taken from and to; looked for where there are hits.
    """

    item: Item
    scores: tuple[Score, ...]
    hits: tuple[Hit, ...] = ()
    story_id: int | None = None
    countries: tuple[str, ...] = ()
    look: Look | None = None
    article: Item | None = None
    route: Route = UNKNOWN


@dataclass(frozen=True, slots=True)
class PollResult:
    """Everything one poll of one feed changes; stored in one transaction.

    Attributes:
        seen: identity keys of every entry the feed lists now, new ones included.
        stories: new (negative id) and changed stories.
    """

    update: FeedUpdate | Delivered
    items: tuple[ScoredItem, ...] = ()
    seen: tuple[str, ...] = ()
    stories: tuple[Story, ...] = ()
    alerts: tuple[Alert, ...] = ()
    config_hash: str | None = None  # of the config this was decided by; stored with hits and alerts


class Filed(NamedTuple):
    """A scored item made ready to be stored, by whoever scored it: of thousands in a chunk, few are needed whole.

    Attributes:
        identity: the keys that tell it apart from what its feed listed.
        columns: what is stored of it; only the store knows their meaning.
        scores: what is stored of each of its scores.
        entry: the item itself where it has hits or a story, else None.
        told_at: when an archive tells an item with hits.
    """

    identity: Identity
    columns: tuple[object, ...]
    scores: tuple[tuple[object, ...], ...]
    entry: ScoredItem | None = None
    told_at: datetime | None = None

    def with_identity(self, identity: Identity) -> Self:
        """The same, recognised by other keys."""
        entry = self.entry and replace(self.entry, item=self.entry.item.with_identity(identity))
        return self._replace(identity=identity, entry=entry)

    def with_story(self, story_id: int) -> Self:
        """The same, a part of a story."""
        return self._replace(entry=self.entry and replace(self.entry, story_id=story_id))


@dataclass(frozen=True, slots=True)
class Listed:
    """What one feed listed: new items, and the identity keys of all of it."""

    feed_id: int
    items: tuple[Filed, ...]
    seen: tuple[str, ...]


class Clock(Protocol):
    """Tells the time and deals the jitter."""

    def now(self) -> datetime:
        """The current time, timezone-aware UTC."""

    def jitter(self) -> float:
        """A number in [0, 1), to spread feeds and retries apart."""


class Fetcher(Protocol):
    """Gets a feed's bytes."""

    async def fetch(self, request: FetchRequest) -> Retrieved | Unchanged:
        """Fetch `request`; raises FetchError with a named reason."""


class Parser(Protocol):
    """Turns bytes into items."""

    async def parse(self, retrieved: Retrieved, now: datetime) -> ParsedFeed:
        """Parse a body; raises ParseError where it is no feed. One bad entry is skipped with a warning."""


class Reader(Protocol):
    """Gets the text of the article behind an item."""

    async def read(self, url: str, user_agent: str | None = None) -> str:
        """The article's text, one paragraph a line; raises FetchError, or ParseError where there is no such text."""


class FirstLooks(Protocol):
    """Scores what nobody has looked at yet, in other processes."""

    async def take(self, items: Sequence[Item]) -> list[ScoredItem]:
        """Each item, in its language, with a Score per signal, in order; an empty batch gives an empty list.

        Raises WorkerCrashError or WorkerTimeoutError where an item is too much for a process.
        """


class Scorer(Protocol):
    """Scores items with the active model."""

    @property
    def model_id(self) -> str:
        """Id of the model in use."""

    @property
    def signals(self) -> tuple[str, ...]:
        """The signals the model knows."""

    def score(self, items: Sequence[Item]) -> list[tuple[Score, ...]]:
        """One Score per signal for each item, in order; an empty batch gives an empty list."""

    def why(self, item: Item, signal: str) -> Reasons:
        """The words that weighed most, the nearest example, and whether the model knows the item's language."""


class Geographer(Protocol):
    """Knows countries by their names."""

    def ready(self) -> None:
        """Read the names now and not at the first text."""

    def countries(self, text: str, lang: str | None = None) -> tuple[str, ...]:
        """ISO 3166 alpha-2 codes of the countries that `text` names, in order of first mention.

        Args:
            text: a title and what follows it, each on a line of its own.
            lang: the text's language, ISO 639-1; None where it is not known.
        """

    def route(self, text: str, lang: str | None = None) -> Route:
        """Where people are taken from and where to, as far as `text` says so plainly; arguments as above."""


class Notifier(Protocol):
    """Sends one message to one channel."""

    async def send(self, channel: str, message: Message) -> None:
        """Send; returns only when the service took it. Raises DeliveryError, permanent or retryable."""


class StoryStore(Protocol):
    """Knows the stories that are open."""

    def open_stories(self, since: datetime, terms: Collection[int] | None = None) -> list[Story]:
        """Stories last told at or after `since`, oldest first; with `terms`, those that have one of them as a key."""


class PollStore(StoryStore, Protocol):
    """What poll() reads and writes."""

    def due_feeds(self, now: datetime, *, force: bool = False) -> list[Feed]:
        """Feeds whose time has come, the longest waiting first; all but removed ones with `force`."""

    def feed(self, feed_id: int) -> Feed | None:
        """One feed; None where there is none, or it was removed."""

    def known_keys(self, feed_id: int, keys: Collection[str]) -> set[str]:
        """Those of `keys` this feed has listed before."""

    def fulltext_spent(self, since: datetime) -> Spent:
        """Items stored since then, and pages asked for since then on behalf of feeds that are gray now."""

    def histories(self, story_ids: Collection[int]) -> dict[int, History]:
        """What is stored of the stories; a channel was told by alerts that are pending, sent, folded or dead."""

    def record(self, result: PollResult) -> None:
        """Store everything of one poll in one transaction, or nothing."""


class OutboxStore(Protocol):
    """What deliver() reads and writes."""

    def waiting(self, now: datetime) -> list[Waiting]:
        """Pending alerts that are due and not leased, with others of their story and channel; oldest first."""

    def sent_since(self, since: datetime) -> dict[str, int]:
        """How many messages each channel took since then."""

    def fold(self, folds: Sequence[Fold], now: datetime) -> dict[int, str]:
        """Store a digest alert per fold, mark its alerts folded, all in one transaction; digest id → channel."""

    def join(self, joins: Sequence[Join], now: datetime) -> None:
        """Mark alerts as folded into another of their story and channel; where either has left, they stay."""

    def lease(self, alert_ids: Collection[int], now: datetime, until: datetime) -> list[PendingAlert]:
        """Take those of the alerts that are still pending and not leased, until then; oldest first."""

    def finish(self, attempt: Attempt) -> None:
        """Write the delivery and the alert's new state, and end the lease."""


Progress = Callable[[str, int, int], None]
"""Called with what is going on, how much is done, how much there is (0 = unknown)."""
