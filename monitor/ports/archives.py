"""What backfill() needs of the world: an archive, somebody to read and score it, and a place to store what it holds."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from monitor.domain.alert import Alert, History
from monitor.domain.archive import Checkpoint, Chunk, Fault, Outlet, Raw
from monitor.domain.story import Story
from monitor.ports import Filed, Listed, StoryStore


@dataclass(frozen=True, slots=True)
class ScoredDocument:
    """A document of an archive, its entries scored."""

    outlet: Outlet
    items: tuple[Filed, ...]


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
