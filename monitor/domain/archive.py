"""Archive → Documents: what was published before anybody watched, read record by record."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from monitor.domain.item import Item

ARCHIVED = "archive"
"""`feeds.reason` of a feed that is known from archives only; its state is `removed`, so it is never polled."""


class JsonLine(NamedTuple):
    """A line that should be a JSON object. `place` counts lines from 1; `complaint` as in Capture."""

    place: int
    line: bytes
    complaint: str = ""


class Row(NamedTuple):
    """A row of a table, by the names in its header. `place` is the line it ends in; `complaint` as in Capture."""

    place: int
    fields: Mapping[str, str]
    complaint: str = ""


class Capture(NamedTuple):
    """An HTTP response of a web archive. `place` counts the archive's records from 1, those left out included.

    Attributes:
        at: when it was captured.
        complaint: why it cannot be used, empty where it can.
    """

    place: int
    url: str
    content_type: str
    body: bytes
    at: datetime | None
    complaint: str = ""


Raw = JsonLine | Row | Capture


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """How far an archive has been stored.

    Attributes:
        archive: its address, without anything secret.
        records: read and stored, from its beginning.
        digest: of what was read, to notice that another archive stands there now.
        finished: its end was reached.
    """

    archive: str
    records: int = 0
    digest: str = ""
    finished: bool = False


@dataclass(frozen=True, slots=True)
class Chunk:
    """Records that are read, scored and stored together.

    Attributes:
        before, after: the checkpoints until and once they are stored.
        position, size: bytes of the archive read so far, and in all; 0 where unknown.
    """

    records: tuple[Raw, ...]
    before: Checkpoint
    after: Checkpoint
    position: int = 0
    size: int = 0


@dataclass(frozen=True, slots=True)
class Outlet:
    """Who published something. A live feed's URL, where the archive tells it; else a name of ours for it."""

    url: str
    name: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One item of an archive; `at` is the story's clock: when it was published, else captured, else read."""

    item: Item
    at: datetime


@dataclass(frozen=True, slots=True)
class Document:
    """Entries of one outlet that were listed together, so that identity keys are told apart as in a poll."""

    outlet: Outlet
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Fault:
    """A record that could not be used. `place` as in the record."""

    place: int
    message: str
