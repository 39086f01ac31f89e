"""What is kept beside the stream: model versions, configs, analysts' verdicts, poll runs."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from monitor.adapters.columns import maybe_time, storable, to_json, to_text, to_time
from monitor.adapters.database import Database, Row
from monitor.errors import InputError

RUN_COUNTS = ("feeds_ok", "feeds_unchanged", "feeds_failed", "new_items", "hits", "stories", "alerts", "articles",
              "articles_failed")  # fmt: skip
"""The columns of `runs` that count something."""


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """A trained model as registered; the model itself lies under `path`.

    Attributes:
        activated_at: when it was last activated; None where it never was.
        forced: it was activated last although it was worse than the one before.
        manifest: what the training wrote down: seeds hash, library versions, metrics.
    """

    id: str
    path: str
    created_at: datetime
    active: bool
    activated_at: datetime | None
    forced: bool
    manifest: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Run:
    """One poll cycle; `finished_at` is None while it goes on, and for good where it was cut off."""

    id: int
    started_at: datetime
    finished_at: datetime | None
    counts: Mapping[str, int]


class Journal:
    """Model versions, configs, verdicts and runs. Each method is one transaction; errors are StorageError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add_model(self, model_id: str, path: str, manifest: Mapping[str, object], now: datetime) -> None:
        """Register a model version, not active yet. Raises InputError where the id is taken."""
        added = self._database.execute(
            "INSERT INTO models (id, path, created_at, manifest) VALUES (?, ?, ?, ?) ON CONFLICT (id) DO NOTHING",
            (model_id, path, to_text(now), storable(to_json(manifest))),
        )
        if not added:
            raise InputError(f"model {model_id} is registered already; `monitor models list` shows all")

    def activate_model(self, model_id: str, now: datetime, *, forced: bool = False) -> None:
        """Make this version the one in use, `forced` where somebody insists. Raises InputError where it is unknown."""
        with self._database.transaction():
            self._database.execute("UPDATE models SET active = 0 WHERE active = 1 AND id <> ?", (model_id,))
            found = self._database.execute(
                "UPDATE models SET active = 1, activated_at = ?, forced = ? WHERE id = ?",
                (to_text(now), forced, model_id),
            )
            if not found:
                raise InputError(f"no model {model_id}; `monitor models list` shows all")

    def active_model(self) -> ModelVersion | None:
        """The version in use, None before the first activation."""
        rows = self._database.rows("SELECT * FROM models WHERE active = 1")
        return _model(rows[0]) if rows else None

    def previous_model(self) -> ModelVersion | None:
        """The version that was in use before the active one, for a rollback; None where there is none."""
        rows = self._database.rows(
            "SELECT * FROM models WHERE active = 0 AND activated_at IS NOT NULL "
            "ORDER BY activated_at DESC, rowid DESC LIMIT 1"
        )
        return _model(rows[0]) if rows else None

    def list_models(self) -> list[ModelVersion]:
        """All versions, newest first."""
        return [_model(row) for row in self._database.rows("SELECT * FROM models ORDER BY created_at DESC, rowid DESC")]

    def label(self, item_id: int, signal: str, verdict: bool, now: datetime) -> None:
        """Write down an analyst's yes or no; a later one replaces it. Raises InputError for an unknown item."""
        with self._database.transaction():
            if self._database.value("SELECT id FROM items WHERE id = ?", (item_id,)) is None:
                raise InputError(f"no item {item_id}; `monitor items` and `monitor hits` list them with their ids")
            self._database.execute(
                "INSERT INTO verdicts (item_id, signal, verdict, at) VALUES (?, ?, ?, ?) "
                "ON CONFLICT (item_id, signal) DO UPDATE SET verdict = excluded.verdict, at = excluded.at",
                (item_id, signal, "yes" if verdict else "no", to_text(now)),
            )

    def keep_config(self, config_hash: str, settings: str, now: datetime) -> None:
        """Note what the config says, so that the hash kept with hits and alerts can be read; JSON without secrets."""
        self._database.execute(
            "INSERT INTO configs (hash, first_used_at, settings) VALUES (?, ?, ?) ON CONFLICT (hash) DO NOTHING",
            (config_hash, to_text(now), storable(settings)),
        )

    def start_run(self, now: datetime) -> int:
        """Note that a poll cycle began; its id."""
        row = self._database.rows("INSERT INTO runs (started_at) VALUES (?) RETURNING id", (to_text(now),))[0]
        return int(row["id"])

    def finish_run(self, run_id: int, counts: Mapping[str, int], now: datetime) -> None:
        """Note how a poll cycle ended; `counts` has any of RUN_COUNTS. Raises KeyError for other names."""
        if unknown := set(counts) - set(RUN_COUNTS):
            raise KeyError(f"not counted per run: {', '.join(sorted(unknown))}")
        row = dict.fromkeys(RUN_COUNTS, 0) | dict(counts) | {"id": run_id, "finished_at": to_text(now)}
        columns = ", ".join(f"{name} = :{name}" for name in ("finished_at", *RUN_COUNTS))
        self._database.execute(f"UPDATE runs SET {columns} WHERE id = :id", row)  # noqa: S608 - our own names

    def last_run(self, *, finished: bool = False) -> Run | None:
        """The latest cycle, or the latest that came to its end; None before the first."""
        where = "WHERE finished_at IS NOT NULL" if finished else ""
        rows = self._database.rows(
            f"SELECT * FROM runs {where} ORDER BY started_at DESC, id DESC LIMIT 1"  # noqa: S608 - built from constants
        )
        return _run(rows[0]) if rows else None


def _model(row: Row) -> ModelVersion:
    return ModelVersion(
        id=row["id"],
        path=row["path"],
        created_at=to_time(row["created_at"]),
        active=bool(row["active"]),
        activated_at=maybe_time(row["activated_at"]),
        forced=bool(row["forced"]),
        manifest=json.loads(row["manifest"]),
    )


def _run(row: Row) -> Run:
    return Run(
        id=row["id"],
        started_at=to_time(row["started_at"]),
        finished_at=maybe_time(row["finished_at"]),
        counts={name: row[name] for name in RUN_COUNTS},
    )
