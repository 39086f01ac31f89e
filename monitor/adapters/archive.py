"""Archives at any address that fsspec opens: JSON lines, CSV and web archives, packed or not, read record by record.

What an archive is shows in its first bytes, not in its name. Nothing that stands inside one is opened or fetched.
"""

import gzip
import io
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit, urlunsplit

import fsspec

from monitor.adapters.tables import json_lines, rows
from monitor.adapters.webarchive import captures
from monitor.domain.archive import Capture, Checkpoint, Chunk, JsonLine, Raw
from monitor.errors import InputError

log = logging.getLogger(__name__)

CHUNK_RECORDS = 2000
CHUNK_BYTES = 4_000_000
"""A chunk ends at whichever comes first; a few are in memory at a time. Those that are ready together are stored in one
transaction: full-text search and the indexes take large ones with less work."""

FIRST_RECORDS = 500
"""Of the first chunk. Those after it double what was read: something is seen at once, and a small archive keeps
several workers busy."""

_GZIP = b"\x1f\x8b"
_MARK = b"\xef\xbb\xbf"
_BLOCK = 1 << 17


_Read = Callable[[int], bytes]
_Told = Callable[[Exception], InputError]


class _OtherArchiveError(Exception):
    """What was read until the checkpoint does not stand at the archive's beginning any more."""


class FsspecArchive:
    """An `Archive` at a path or URL.

    Args:
        address: as the operator gave it; credentials and query, which may hold a secret, are in no message.
        records: how many make a chunk, at most.
    """

    def __init__(self, address: str, *, records: int = CHUNK_RECORDS) -> None:
        self._address = address
        self._most = records
        self._name = public_name(address)

    @property
    def name(self) -> str:
        """The address without credentials and query; of a path, the whole of it."""
        return self._name

    def chunks(self, done: Checkpoint) -> Iterator[Chunk]:
        """What comes after a checkpoint; from its beginning where that was another archive's.

        Raises:
            InputError: it cannot be opened, is damaged, or is of no known format; what came before was yielded.
        """
        try:
            yield from self._after(done)
        except _OtherArchiveError:
            log.warning("%s: not what it was when its first %d records were stored", self.name, done.records)
            yield from self._after(Checkpoint(self.name))

    def _after(self, done: Checkpoint) -> Iterator[Chunk]:
        with self._opened() as (file, stream, size):
            batch, held, reached, most = list[Raw](), 0, done, self._records_after(done)
            tape = _Tape(self._records(stream), self._name)
            for record in tape:
                if tape.count <= done.records:
                    if tape.count == done.records and tape.checkpoint().digest != done.digest:
                        raise _OtherArchiveError
                    continue
                batch.append(record)
                held += len(_essence(record))
                if len(batch) == most or held >= CHUNK_BYTES:
                    before, reached = reached, tape.checkpoint()
                    yield Chunk(tuple(batch), before, reached, min(file.tell(), size), size)
                    batch, held, most = [], 0, self._records_after(reached)
            if tape.count < done.records and not tape.damage:
                raise _OtherArchiveError
            # The last chunk may hold no record: its checkpoint says that the end was reached.
            if batch or not tape.damage:
                yield Chunk(tuple(batch), reached, tape.checkpoint(finished=not tape.damage), size, size)
        if tape.damage:
            raise tape.damage

    def _records_after(self, done: Checkpoint) -> int:
        """How many records the chunk after a checkpoint has; the same in a run that was stopped there as in one not."""
        return min(max(FIRST_RECORDS, done.records), self._most)

    def _records(self, stream: io.BufferedReader) -> Iterator[Raw]:
        start = stream.peek(_BLOCK).removeprefix(_MARK).lstrip()
        if not start:
            raise InputError(f"{self.name}: empty; there is nothing to score")
        if start.startswith(b"WARC/"):
            return captures(stream, self.name)
        if start.startswith(b"{"):
            return json_lines(stream)
        if start.startswith(b"["):
            raise InputError(f"{self.name}: a JSON array; write one object a line, such as with jq -c '.[]'")
        if b"\0" in start:
            raise InputError(f"{self.name}: none of JSON lines, CSV and WARC; convert it to one of these")
        return rows(stream, self.name)

    @contextmanager
    def _opened(self) -> Iterator[tuple[Any, io.BufferedReader, int]]:
        """The file as it lies there, its content unpacked, and its size in bytes (0 where it is not known)."""
        try:
            file = fsspec.open(self._address, "rb").open()
        except Exception as error:  # each of fsspec's file systems raises its own library's errors
            raise self._unreadable(error) from error
        with file:
            packed = _buffered(file.read, self._unreadable)
            # read1 gives what it has before it meets damage
            unpacked = gzip.GzipFile(fileobj=packed).read1 if packed.peek(2).startswith(_GZIP) else None
            stream = _buffered(unpacked, self._damaged) if unpacked else packed
            yield file, stream, self._size(file)

    def _size(self, file: Any) -> int:  # noqa: ANN401  # fsspec's
        size = getattr(file, "size", None)
        return int(size) if size else 0

    def _damaged(self, error: Exception) -> InputError:
        return InputError(f"{self.name}: damaged gzip data ({error}); all before it is stored")

    def _unreadable(self, error: Exception) -> InputError:
        if isinstance(error, ImportError):
            return InputError(f"{self.name}: addresses of this kind need another package ({error})")
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        reason = " ".join(reason.replace(self._address, self.name).split())
        return InputError(f"{self.name}: cannot be read ({reason}); name a readable file or URL")


class _Tape:
    """The records one after the other, counted and digested, until the end or until the file is damaged."""

    def __init__(self, records: Iterator[Raw], name: str) -> None:
        self.count = 0
        self.damage: InputError | None = None
        self._records = records
        self._name = name
        self._digest = blake2b(digest_size=16)

    def __iter__(self) -> Iterator[Raw]:
        try:
            for record in self._records:
                self.count += 1
                self._digest.update(_essence(record))
                yield record
        except InputError as error:
            self.damage = error

    def checkpoint(self, *, finished: bool = False) -> Checkpoint:
        """How far it was read."""
        return Checkpoint(self._name, self.count, self._digest.hexdigest(), finished)


class _Reading(io.RawIOBase):
    """A function that reads, as a raw stream; whatever it raises is told as InputError."""

    def __init__(self, read: _Read, told: _Told) -> None:
        super().__init__()
        self._read = read
        self._told = told

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any, /) -> int:  # noqa: ANN401  # any writable buffer
        """Fill the buffer as far as there is something."""
        try:
            found = self._read(len(buffer))
        except InputError:
            raise
        except Exception as error:  # each of fsspec's file systems raises its own library's errors
            raise self._told(error) from error
        buffer[: len(found)] = found
        return len(found)


def _buffered(read: _Read, told: _Told) -> io.BufferedReader:
    return io.BufferedReader(cast("io.RawIOBase", _Reading(read, told)), _BLOCK)


def public_name(address: str) -> str:
    """What an archive is called: a URL without credentials, query and fragment; a path as an absolute one."""
    parts = urlsplit(address)
    if "://" not in address and "::" not in address:
        return str(Path(address).absolute())
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def _essence(record: Raw) -> bytes:
    """What tells a record from another."""
    if isinstance(record, JsonLine):
        return record.line
    if isinstance(record, Capture):
        return record.url.encode() + record.body
    return "\x1f".join(map(str, record.fields.values())).encode("utf-8", "surrogateescape")
