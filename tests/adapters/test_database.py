"""The database file: what is refused, what a crash leaves, what a failure says."""

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import timedelta
from pathlib import Path

import pytest

from monitor.adapters.database import APPLICATION_ID, LOG_KEPT, Database, open_database
from monitor.errors import InputError, StorageError

INSERT = "INSERT INTO models (id, path, created_at, manifest) VALUES (?, 'p', 'now', '{}')"
COUNT = "SELECT count(*) FROM models"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "monitor.db"


@pytest.fixture
def database(path: Path) -> Iterator[Database]:
    with open_database(path) as database:
        yield database


def outside(path: Path, *statements: str) -> None:
    """What another program does to the file."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


def fill(database: Database) -> None:
    """Store more than half a megabyte in one transaction."""
    with database.transaction():
        for number in range(2000):
            database.execute(INSERT, (f"model {number} {'x' * 200}",))


def store_and_fail(database: Database) -> None:
    with database.transaction():
        database.execute(INSERT, ("half",))
        raise RuntimeError


def refusal(path: Path, *, create: bool = True, readonly: bool = False) -> str:
    """The one line that says why the database does not open."""
    with pytest.raises(StorageError) as caught:
        open_database(path, create=create, readonly=readonly).close()
    message = str(caught.value)
    assert "\n" not in message
    assert str(path) in message
    return message


def test_a_new_database_is_made_with_its_folder_marked_as_ours_and_in_wal_mode(path: Path) -> None:
    with open_database(path) as database:
        assert database.value("PRAGMA application_id") == APPLICATION_ID
        assert database.value("PRAGMA journal_mode") == "wal"
        assert database.value("PRAGMA foreign_keys") == 1


def test_what_was_stored_is_there_after_reopening(path: Path) -> None:
    with open_database(path) as database:
        database.execute(INSERT, ("m1",))
    with open_database(path, create=False) as database:
        assert database.value(COUNT) == 1


def test_a_closed_database_is_one_file_that_can_be_copied(path: Path) -> None:
    with open_database(path) as database:
        database.execute(INSERT, ("m1",))
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("readonly", [True, False])
def test_a_missing_database_is_not_made_where_it_must_exist(path: Path, *, readonly: bool) -> None:
    assert "run `monitor poll`" in refusal(path, create=False, readonly=readonly)
    assert not path.parent.exists()


def test_an_empty_file_is_no_database_to_read_but_can_become_one(path: Path) -> None:
    path.parent.mkdir()
    path.touch()
    assert "is empty" in refusal(path, create=False)
    open_database(path).close()


def test_a_database_of_another_program_is_refused_and_left_alone(path: Path) -> None:
    path.parent.mkdir()
    outside(path, "CREATE TABLE theirs (id)")
    before = path.read_bytes()
    assert "another program" in refusal(path)
    assert path.read_bytes() == before


def test_a_file_that_is_no_database_is_refused(path: Path) -> None:
    path.parent.mkdir()
    path.write_text("database: data/monitor.db\n" * 100)
    assert "not a SQLite file" in refusal(path)


def test_a_folder_in_its_place_is_refused(path: Path) -> None:
    path.mkdir(parents=True)
    assert "not a regular file" in refusal(path)


def test_a_file_in_place_of_its_folder_is_refused(path: Path) -> None:
    path.parent.write_text("")
    assert "folder cannot be used" in refusal(path)


def test_a_database_of_a_newer_version_is_refused_and_left_alone(path: Path) -> None:
    open_database(path).close()
    outside(path, "PRAGMA user_version = 999")
    assert "newer version" in refusal(path)
    outside(path, "PRAGMA user_version = 1")
    open_database(path).close()


def test_a_reader_does_not_upgrade_an_older_database(path: Path) -> None:
    open_database(path).close()
    outside(path, "PRAGMA user_version = 0")
    assert "older" in refusal(path, readonly=True)


def test_a_damaged_database_is_reported_as_damaged(path: Path) -> None:
    with open_database(path) as database:
        fill(database)
    damaged = bytearray(path.read_bytes())
    damaged[len(damaged) // 2 : len(damaged) // 2 + 50_000] = b"\xff" * 50_000
    path.write_bytes(damaged)
    with open_database(path) as database, pytest.raises(StorageError, match=r"damaged; restore a backup"):
        database.rows("SELECT * FROM models ORDER BY id DESC")
    with open_database(path) as database, pytest.raises(StorageError, match="restore a backup"):
        database.check()


def test_a_log_that_grew_under_a_long_reader_is_cut_to_its_bound_once_the_reader_is_gone(database: Database) -> None:
    log = database.path.with_name(f"{database.path.name}-wal")
    with closing(sqlite3.connect(database.path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute(COUNT)  # what it has begun to read stays readable, so nothing can be folded in
        while log.stat().st_size < LOG_KEPT + 1_000_000:
            database.execute(INSERT, ("x" * 3_000_000,))
            database.execute("DELETE FROM models")
    database.execute(INSERT, ("folds the log in",))
    database.execute(INSERT, ("begins it anew",))
    assert log.stat().st_size <= LOG_KEPT


def test_a_sound_database_passes_the_check(database: Database) -> None:
    database.check()


def test_a_reader_cannot_write_and_is_told_so(database: Database) -> None:
    with (
        open_database(database.path, readonly=True) as reader,
        pytest.raises(StorageError, match="cannot be written"),
    ):
        reader.execute(INSERT, ("m1",))


def test_a_lock_of_another_program_is_named(database: Database) -> None:
    with open_database(database.path, busy_timeout=timedelta(milliseconds=50)) as other, database.transaction():
        with pytest.raises(StorageError, match="keeps it locked"), other.transaction():
            pytest.fail("two writers at once")
        assert other.value(COUNT) == 0  # reading goes on


def test_a_full_disk_loses_nothing_stored_before(database: Database) -> None:
    database.execute(INSERT, ("before",))
    pages = database.value("PRAGMA page_count")
    database.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StorageError, match="the disk is full"):
        fill(database)
    assert database.rows("SELECT id FROM models") == [{"id": "before"}]
    database.execute(f"PRAGMA max_page_count = {pages + 100}")
    database.execute(INSERT, ("after",))
    assert database.value(COUNT) == 2


def test_a_failed_transaction_leaves_nothing_behind(database: Database) -> None:
    with pytest.raises(RuntimeError):
        store_and_fail(database)
    assert database.value(COUNT) == 0


def store_around_a_failure(database: Database) -> None:
    with database.transaction():
        database.execute(INSERT, ("whole",))
        with suppress(RuntimeError):
            store_and_fail(database)


def test_a_failed_part_of_a_transaction_undoes_the_whole(database: Database) -> None:
    """Also where the failure was caught in between; and the next transaction knows nothing of it."""
    with pytest.raises(RuntimeError, match="none of it is stored"):
        store_around_a_failure(database)
    assert database.value(COUNT) == 0
    with database.transaction():
        database.execute(INSERT, ("next",))
    assert database.value(COUNT) == 1


def test_a_refused_change_is_a_storage_error(database: Database) -> None:
    database.execute(INSERT, ("m1",))
    with pytest.raises(StorageError, match="UNIQUE constraint failed"):
        database.execute(INSERT, ("m1",))
    with pytest.raises(StorageError, match="FOREIGN KEY constraint failed"):
        database.execute("INSERT INTO deliveries (alert_id, attempted_at, ok) VALUES (1, '', 1)")


@pytest.mark.parametrize("value", [2**64, "half a character: \ud800"])
def test_a_value_sqlite_cannot_hold_is_an_input_error(database: Database, value: object) -> None:
    with pytest.raises(InputError, match="cannot hold this value"):
        database.rows("SELECT ?", (value,))


def test_a_copy_that_fails_names_the_copy_and_not_the_database(database: Database, tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"nowhere/copy\.db: it cannot be opened"):
        database.copy_to(tmp_path / "nowhere" / "copy.db")


def test_a_closed_database_says_so(path: Path) -> None:
    database = open_database(path)
    database.close()
    with pytest.raises(StorageError, match="closed"):
        database.value(COUNT)


def test_what_ends_a_transaction_runs_once_and_as_a_part_of_it(database: Database) -> None:
    """Of a transaction that failed before, nothing of it is left; without one it would never run."""
    last = INSERT.replace("?", "'last'")
    with pytest.raises(ZeroDivisionError), database.transaction():
        database.execute_last(INSERT.replace("?", "'of a failed one'"))
        raise ZeroDivisionError
    with database.transaction():
        database.execute_last(last)
        with database.transaction():
            database.execute_last(last)
        assert database.value(COUNT) == 0
    assert [row["id"] for row in database.rows("SELECT id FROM models")] == ["last"]
    with pytest.raises(StorageError), database.transaction():
        database.execute(INSERT, ("with it",))
        database.execute_last(last)  # which is there already
    assert database.value(COUNT) == 1
    with pytest.raises(RuntimeError, match="no transaction"):
        database.execute_last(last)


def test_threads_share_the_connection_and_each_transaction_is_whole(database: Database) -> None:
    def work(name: int) -> None:
        for number in range(20):
            with database.transaction():
                before = database.value(COUNT)
                database.execute(INSERT, (f"{name}/{number}/a",))
                database.execute(INSERT, (f"{name}/{number}/b",))
                counts.append(database.value(COUNT) - before)

    counts: list[int] = []
    threads = [threading.Thread(target=work, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert database.value(COUNT) == 4 * 20 * 2
    assert counts == [2] * 80


def test_a_process_killed_in_a_transaction_leaves_nothing_half_written(path: Path) -> None:
    open_database(path).close()
    program = (
        "import sys; from pathlib import Path; from monitor.adapters.database import open_database\n"
        "database = open_database(Path(sys.argv[1]))\n"
        f"database.execute({INSERT!r}, ('whole',))\n"
        "with database.transaction():\n"
        f"    database.execute({INSERT!r}, ('half',))\n"
        "    print('in the middle', flush=True); sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", program, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "in the middle\n"
        child.kill()
    with open_database(path) as database:
        assert database.rows("SELECT id FROM models") == [{"id": "whole"}]
        database.check()
