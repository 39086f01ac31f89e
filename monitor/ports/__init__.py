"""What the pipeline needs of the world, as Protocols; adapters implement them, tests fake them."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from monitor.domain.alert import Alert, History
from monitor.domain.archive import Checkpoint, Chunk, Fault, Outlet, Raw
from monitor.domain.delivery import Attempt, PendingAlert
from monitor.domain.feed import Feed, FeedUpdate, FetchRequest, ParsedFeed, Retrieved, Unchanged
from monitor.domain.fulltext import Look, Spent
from monitor.domain.hit import Hit
from monitor.domain.item import Item
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


@dataclass(frozen=True, slots=True)
class Listed:
    """What one feed listed: new items, and the identity keys of all of it."""

    feed_id: int
    items: tuple[ScoredItem, ...]
    seen: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ScoredDocument:
    """A document of an archive, its entries scored; `items` and `times` go together."""

    outlet: Outlet
    items: tuple[ScoredItem, ...]
    times: tuple[datetime, ...]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A chunk of an archive, read and scored; nothing of it is stored yet."""

    documents: tuple[ScoredDocument, ...] = ()
    faults: tuple[Fault, ...] = ()

    def __add__(self, other: "Prepared") -> "Prepared":
        return Prepared(self.documents + other.documents, self.faults + other.faults)


@dataclass(frozen=True, slots=True)
class ChunkResult:
    """Everything one chunk of an archive changes; stored in one transaction."""

    before: Checkpoint
    after: Checkpoint
    at: datetime
    listed: tuple[Listed, ...] = ()
    stories: tuple[Story, ...] = ()
    alerts: tuple[Alert, ...] = ()
    config_hash: str | None = None  # as in PollResult


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


class Archive(Protocol):
    """Something that was recorded earlier, and can be read from any of its records on."""

    @property
    def name(self) -> str:
        """What messages and checkpoints call it; holds nothing secret."""

    def chunks(self, done: Checkpoint) -> Iterator[Chunk]:
        """What comes after a checkpoint; from its beginning where that was another archive's.

        Raises InputError where it cannot be opened, is damaged or of no known format.
        """


class Preparer(Protocol):
    """Reads and scores records in other processes."""

    @property
    def width(self) -> int:
        """How many chunks it works on side by side."""

    async def prepare(self, records: Sequence[Raw]) -> Prepared:
        """Read and score; raises WorkerCrashError or WorkerTimeoutError where a record is too much for a process."""


class ArchiveStore(StoryStore, Protocol):
    """What backfill() reads and writes."""

    def checkpoint(self, archive: str) -> Checkpoint:
        """How far this archive is stored."""

    def deciding(self) -> AbstractContextManager[None]:
        """What is read inside stays as it is until what is decided upon it is stored, or nothing is."""

    def archive_feeds(self, outlets: Collection[Outlet], now: datetime) -> dict[Outlet, tuple[int, str]]:
        """Id and name of each outlet's feed; where there is none, one that is never polled is made."""

    def known_of(self, keys: Mapping[int, Collection[str]]) -> dict[int, set[str]]:
        """As `known_keys`, for many feeds by id."""

    def histories(self, story_ids: Collection[int]) -> dict[int, History]:
        """As in PollStore."""

    def record_chunk(self, result: ChunkResult) -> None:
        """Store everything of one chunk with its checkpoint, or nothing. Raises StorageError where it was overtaken."""


Progress = Callable[[str, int, int], None]
"""Called with what is going on, how much is done, how much there is (0 = unknown)."""
