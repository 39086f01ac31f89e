"""The schema: what others rely on, and how it is upgraded."""

from pathlib import Path

import pytest

from monitor.adapters import database as database_module
from monitor.adapters.columns import TELLING
from monitor.adapters.database import Database, open_database
from monitor.adapters.migrations import MIGRATIONS, Migration
from monitor.adapters.records import Filter, Records
from monitor.errors import StorageError

PROMISED = {
    "feeds": "id url name state reason next_poll_at last_ok_at",
    "items": "id feed_id guid url title summary lang published_at first_seen_at",
    "items_fts": "title summary",
    "scores": "item_id signal score model_id",
    "hits": "id item_id signal score threshold model_id story_id created_at",
    "stories": "id title first_seen_at last_seen_at",
    "alerts": "id story_id channel reason state created_at sent_at",
    "deliveries": "id alert_id attempted_at ok error",
    "verdicts": "item_id signal verdict at",
    "models": "id path created_at active manifest",
    "runs": "id started_at finished_at",
}


def schema(database: Database) -> list[object]:
    return [tuple(row.values()) for row in database.rows("SELECT type, name, sql FROM sqlite_master ORDER BY name")]


@pytest.mark.parametrize("table", PROMISED)
def test_tables_have_the_columns_that_others_rely_on(database: Database, table: str) -> None:
    columns = {row["name"] for row in database.rows(f"SELECT name FROM pragma_table_info('{table}')")}
    assert set(PROMISED[table].split()) <= columns


def test_every_foreign_key_points_at_a_table_that_exists(database: Database) -> None:
    assert database.rows("PRAGMA foreign_key_check") == []
    tables = {row["name"] for row in database.rows("SELECT name FROM sqlite_master WHERE type = 'table'")}
    for table in tables:
        assert {row["table"] for row in database.rows(f"PRAGMA foreign_key_list('{table}')")} <= tables


@pytest.mark.parametrize("version", range(len(MIGRATIONS)))
def test_an_upgraded_database_is_like_a_fresh_one(
    version: int, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    older = tmp_path / "older.db"
    with monkeypatch.context() as patched:
        patched.setattr(database_module, "MIGRATIONS", MIGRATIONS[:version])
        open_database(older).close()
    with open_database(older) as upgraded:
        assert schema(upgraded) == schema(database)


def test_hits_of_a_database_without_countries_name_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An upgrade keeps every hit; which countries they named was not looked for then."""
    older = tmp_path / "older.db"
    with monkeypatch.context() as patched:
        patched.setattr(database_module, "MIGRATIONS", MIGRATIONS[:1])
        with open_database(older) as database:
            database.migrate(MIGRATIONS[:1])
            database.execute(
                "INSERT INTO feeds (id, url, name, state, reason, next_poll_at, identity, fulltext, added_at) "
                "VALUES (1, 'u', 'n', 'ok', 'ok', '', 'guid', 'off', '')"
            )
            database.execute(
                "INSERT INTO items (id, feed_id, guid, url, title, summary, first_seen_at, key) "
                "VALUES (1, 1, 'g', 'u', 'Lured', '', '2026-01-01T00:00:00.000000Z', 'k')"
            )
            database.execute(
                "INSERT INTO hits (item_id, signal, score, threshold, model_id, created_at, why) "
                "VALUES (1, 's', 0.9, 0.5, 'm', '2026-01-01T00:00:00.000000Z', '[]')"
            )
    with open_database(older) as upgraded:
        assert [(row["title"], row["countries"]) for row in Records(upgraded).hits()] == [("Lured", [])]
        assert Records(upgraded).hits(Filter(country="CU")) == []


def test_the_schema_version_is_stored_with_the_date_of_each_step(database: Database) -> None:
    assert database.value("PRAGMA user_version") == len(MIGRATIONS)
    steps = database.rows("SELECT name, applied_at FROM _sqlite_migrations ORDER BY id")
    assert [row["name"] for row in steps] == [step.name for step in MIGRATIONS]
    assert all(row["applied_at"] for row in steps)


def test_steps_run_once_and_in_order(database: Database) -> None:
    steps = (*MIGRATIONS, Migration("b", "CREATE TABLE two (id)"), Migration("a", "ALTER TABLE two ADD COLUMN more"))
    database.migrate(steps)
    database.migrate(steps)
    assert database.value("PRAGMA user_version") == len(steps)
    assert database.rows("SELECT id, more FROM two") == []


def test_a_step_that_fails_undoes_all_steps_of_that_upgrade(database: Database) -> None:
    before = schema(database)
    bad = Migration("bad", "CREATE TABLE half (id); INSERT INTO nowhere VALUES (1);")
    with pytest.raises(StorageError, match="nowhere"):
        database.migrate((*MIGRATIONS, Migration("good", "CREATE TABLE good (id)"), bad))
    assert schema(database) == before
    assert database.value("PRAGMA user_version") == len(MIGRATIONS)


def test_scores_that_are_looked_for_by_their_size_are_those_in_the_index(database: Database) -> None:
    """SQLite uses it only where a statement says the same, to the letter."""
    sql = str(database.value("SELECT sql FROM sqlite_master WHERE name = 'scores_telling'"))
    assert sql.endswith(f"WHERE {TELLING}")


def test_times_in_text_are_read_by_sqlite(database: Database) -> None:
    assert database.value("SELECT datetime('2026-11-23T08:40:00.123456Z')") == "2026-11-23 08:40:00"
