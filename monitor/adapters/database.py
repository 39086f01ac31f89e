"""The SQLite file: opened with care, one connection for all threads, every failure told with its way out.

This is the only file that knows sqlite-utils and the `sqlite3` module; `store.py`, `outbox.py`, `journal.py`,
`records.py` and `upkeep.py` speak to it in SQL.
"""

import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import sqlite_utils

from monitor.adapters.migrations import MIGRATIONS, Migration
from monitor.errors import InputError, StorageError

APPLICATION_ID = 0x54524D31  # "TRM1": tells our files from other people's

LOG_FOLDED = 24_000_000
"""Bytes of write-ahead log from which on it is folded into the file. What one transaction after the other writes to,
such as the pages of an index, is written there once; at SQLite's 4 MB a chunk of an archive fills it by itself."""

LOG_KEPT = 32_000_000
"""Bytes of write-ahead log that stay on the disk once it is folded in, however far a long reader let it grow."""

CACHE = 16_000_000
"""Bytes of the file kept in memory: what one transaction of a poll touches is then not read again."""

Row = dict[str, Any]
Parameters = Sequence[object] | Mapping[str, object]

_EXPLANATIONS = {
    sqlite3.SQLITE_FULL: "the disk is full; free some space, then try again (nothing stored before is lost)",
    sqlite3.SQLITE_BUSY: "another program keeps it locked; wait for it or close it, then try again",
    sqlite3.SQLITE_LOCKED: "another program keeps it locked; wait for it or close it, then try again",
    sqlite3.SQLITE_READONLY: "it cannot be written; check the permissions of the file and of its folder",
    sqlite3.SQLITE_PERM: "it cannot be written; check the permissions of the file and of its folder",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened; check the permissions of the file and of its folder",
    sqlite3.SQLITE_CORRUPT: "it is damaged; restore a backup, or move the file away to start with an empty one",
    sqlite3.SQLITE_NOTADB: "it is not a SQLite file; point `database` in the config to another path",
    sqlite3.SQLITE_IOERR: "the disk failed; check that it is mounted, healthy and not full",
}


class Database:
    """An open database; made by `open_database`. Safe to use from several threads.

    Every method raises StorageError where SQLite fails, and InputError for a value SQLite cannot hold.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._lock = threading.RLock()
        self._broken = False  # whether a part of the transaction under way failed
        self._last: dict[str, None] = {}  # what the transaction under way ends with
        self._db = sqlite_utils.Database(connection, execute_plugins=False)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Do everything inside, or nothing; other threads and programs wait.

        Inside another transaction it is a part of that one, which fails as a whole where a part did, even if somebody
        between them went on. There are no savepoints: full-text search would write to disk at each.
        """
        with self._lock, self._explained():
            if self._db.conn.in_transaction:
                try:
                    yield
                except BaseException:
                    self._broken = True
                    raise
                return
            # IMMEDIATE: wait for the write lock here, where waiting is safe, and not in the middle.
            self._db.execute("BEGIN IMMEDIATE")
            self._broken = False
            self._last.clear()
            try:
                yield
                self._commit()
            except BaseException:
                self._db.rollback()
                raise

    def _commit(self) -> None:
        if self._broken:
            raise RuntimeError("a part of this transaction failed, so that none of it is stored")
        for sql in self._last:
            self.execute(sql)
        self._db.commit()

    def execute(self, sql: str, parameters: Parameters = ()) -> int:
        """Run one statement; the number of rows it changed."""
        with self._lock, self._explained():
            return self._db.execute(sql, _as_given(parameters)).rowcount

    def execute_many(self, sql: str, rows: Iterable[Parameters]) -> int:
        """Run one statement for each row of parameters; the number of rows changed."""
        rows = list(rows)
        if not rows:
            return 0
        with self._lock, self._explained():
            return self._db.conn.executemany(sql, rows).rowcount

    def execute_last(self, sql: str) -> None:
        """Run a statement when the transaction under way is about to be stored; once, however often it is asked for."""
        with self._lock:
            if not self._db.conn.in_transaction:
                raise RuntimeError("no transaction is under way, at whose end this could run")
            self._last[sql] = None

    def rows(self, sql: str, parameters: Parameters = ()) -> list[Row]:
        """All rows a statement returns, as dicts; also for `INSERT … RETURNING`."""
        with self._lock, self._explained():
            return list(self._db.query(sql, _as_given(parameters)))

    def value(self, sql: str, parameters: Parameters = ()) -> Any:  # noqa: ANN401 - what SQLite holds
        """The first column of the first row, None where there is no row."""
        first = next(iter(self.rows(sql, parameters)), {})
        return next(iter(first.values()), None)

    def migrate(self, steps: Sequence[Migration] = MIGRATIONS) -> None:
        """Run the steps this file has not seen, all in one transaction."""
        registered = sqlite_utils.Migrations("monitor")
        for step in steps:
            registered(name=step.name)(_runner(step))
        with self.transaction():
            registered.apply(self._db)
            self.execute(f"PRAGMA user_version = {len(steps)}")
            self.execute(f"PRAGMA application_id = {APPLICATION_ID}")

    def check(self) -> None:
        """Read the whole file and compare it with its indexes; StorageError names the first damage found."""
        found = str(self.value("PRAGMA quick_check(1)"))
        if found != "ok":
            raise StorageError(f"database {self.path}: {found}; {_EXPLANATIONS[sqlite3.SQLITE_CORRUPT]}")

    def copy_to(self, target: Path) -> None:
        """Write a consistent copy to `target`, as one file that needs no `-wal` beside it."""
        try:
            with self._lock, closing(sqlite3.connect(target, isolation_level=None)) as copy:
                self._db.conn.backup(copy, pages=4096)
                copy.execute("PRAGMA journal_mode = DELETE")
        except sqlite3.Error as error:
            raise explained(target, error) from error

    def use_write_ahead_log(self) -> None:
        """Let readers read while one writes; file systems that cannot do it keep the older, slower way."""
        with self._lock, self._explained():
            self._db.enable_wal()
            page = self._db.execute("PRAGMA page_size").fetchone()[0]
            self._db.execute(f"PRAGMA wal_autocheckpoint = {LOG_FOLDED // page}")
            self._db.execute(f"PRAGMA journal_size_limit = {LOG_KEPT}")  # SQLite itself never shortens the file

    def hold(self, size: int) -> None:
        """Keep at most so many bytes of the file in memory."""
        self.execute(f"PRAGMA cache_size = -{size // 1024}")

    def close(self) -> None:
        """Fold the write-ahead log into the file and let it go; waits for a transaction of another thread."""
        with self._lock:
            # A reader elsewhere may hold the log; it is folded in later then.
            with suppress(sqlite3.Error):
                self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise explained(self.path, error) from error
        except (OverflowError, UnicodeEncodeError) as error:
            raise InputError(f"the database cannot hold this value ({error}); check the argument") from error


def explained(path: Path, error: sqlite3.Error) -> StorageError:
    """What went wrong with the file, in one line, with the way out."""
    code = getattr(error, "sqlite_errorcode", None)  # absent on errors of the Python module itself
    known = _EXPLANATIONS.get(code & 0xFF) if code is not None else None
    return StorageError(f"database {path}: {known or f'{error}; run `monitor doctor`'}")


def open_database(
    path: Path, *, create: bool = True, readonly: bool = False, busy_timeout: timedelta = timedelta(seconds=10)
) -> Database:
    """Open the database, bring its schema up to date, and return it.

    Args:
        path: the file; its folder is made where `create` allows.
        create: False where a command makes no sense without stored data.
        readonly: open for reading only; never creates and never migrates.
        busy_timeout: how long a statement waits for another program's lock.

    Raises:
        StorageError: missing, unreadable, damaged, of another program, or written by a newer version.
    """
    create = create and not readonly
    _check_place(path, create=create)
    mode = "ro" if readonly else "rwc" if create else "rw"
    try:
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode={mode}",
            uri=True,
            timeout=busy_timeout.total_seconds(),
            isolation_level=None,  # transactions begin where we say
            check_same_thread=False,  # the lock in Database takes care
        )
    except sqlite3.Error as error:
        raise explained(path, error) from error
    database = None
    try:
        database = Database(path, connection)
        _prepare(database, create=create, readonly=readonly)
    except sqlite3.Error as error:
        connection.close()
        raise explained(path, error) from error
    except BaseException:
        connection.close()
        raise
    return database


def _check_place(path: Path, *, create: bool) -> None:
    try:
        if path.exists():
            if not path.is_file():  # a named pipe would block for ever
                raise StorageError(f"database {path}: not a regular file; point `database` in the config to a file")
        elif create:
            path.parent.mkdir(parents=True, exist_ok=True)
        else:
            raise StorageError(f"database {path}: no such file; run `monitor poll` or `monitor run` first")
    except OSError as error:
        raise StorageError(
            f"database {path}: its folder cannot be used ({error.strerror}); check the path and its permissions"
        ) from error


def _prepare(database: Database, *, create: bool, readonly: bool) -> None:
    database.execute("PRAGMA foreign_keys = ON")
    database.hold(CACHE)
    database.execute("PRAGMA synchronous = NORMAL")  # with WAL: a power cut can undo the last commits, never damage
    ours = database.value("PRAGMA application_id") == APPLICATION_ID
    empty = not database.value("SELECT count(*) FROM sqlite_master")
    if not ours and not empty:
        raise StorageError(
            f"database {database.path}: this SQLite file belongs to another program; "
            "point `database` in the config to another path"
        )
    if empty and not create:
        raise StorageError(f"database {database.path}: the file is empty; run `monitor poll` or `monitor run` first")
    version, latest = database.value("PRAGMA user_version"), len(MIGRATIONS)
    if version > latest:
        raise StorageError(
            f"database {database.path}: written by a newer version (schema {version}, this one knows {latest}); "
            "upgrade the program, or restore a backup made before"
        )
    if readonly:
        if version < latest:
            raise StorageError(
                f"database {database.path}: schema {version} is older than this program's ({latest}); "
                "run `monitor doctor` once to upgrade it"
            )
        return
    database.use_write_ahead_log()
    if version < latest:
        database.migrate()


def _runner(step: Migration) -> Callable[[sqlite_utils.Database], None]:
    def run(db: sqlite_utils.Database) -> None:
        db.executescript(step.script)

    run.__name__ = step.name
    return run


def _as_given(parameters: Parameters) -> Sequence[object] | dict[str, Any]:
    return dict(parameters) if isinstance(parameters, Mapping) else parameters
