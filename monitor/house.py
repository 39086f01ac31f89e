"""What every command starts from: a checked config and the open database it names.

Apart from `app`, which starts what fetches, parses and sends, so that a look at the database starts at once.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from monitor.adapters.clock import SystemClock
from monitor.adapters.database import Database, open_database
from monitor.adapters.dossier import Dossiers
from monitor.adapters.journal import Journal
from monitor.adapters.outbox import SqliteOutbox
from monitor.adapters.records import Records
from monitor.adapters.store import SqliteStore
from monitor.adapters.subscriptions import SqliteSubscriptions
from monitor.adapters.troubles import SqliteTroubles
from monitor.adapters.upkeep import Upkeep
from monitor.config import Config, InvalidConfigError, Problem, load
from monitor.pipeline.deciding import Deciding
from monitor.ports import Clock


@dataclass(frozen=True, slots=True)
class House:
    """A config and the open database it names, with one view of it per task, and whose turn it is to decide in it."""

    config: Config
    database: Database
    store: SqliteStore
    outbox: SqliteOutbox
    journal: Journal
    records: Records
    dossiers: Dossiers
    upkeep: Upkeep
    troubles: SqliteTroubles
    subscriptions: SqliteSubscriptions
    deciding: Deciding
    clock: Clock


def load_config(path: Path, environ: Mapping[str, str]) -> Config:
    """Load a config and check what only the adapters can: that Apprise understands each channel's URL.

    Raises:
        InvalidConfigError: with every problem, each at its line.
    """
    config = load(path, environ)
    problems = _channel_problems(config) if config.settings.alerts.channels else []
    if problems:
        raise InvalidConfigError(problems, config.files)
    return config


def _channel_problems(config: Config) -> list[Problem]:
    from monitor.adapters.notify import check_url  # noqa: PLC0415  # Apprise is slow to import, and needed only here

    return [
        config.problem(("alerts", "channels", index, "url_file" if entry.url is None else "url"), fault)
        for index, entry in enumerate(config.settings.alerts.channels)
        if (fault := check_url(config.urls[entry.name]))
    ]


@contextmanager
def open_house(config: Config, *, create: bool = True) -> Iterator[House]:
    """Open the config's database, made and migrated where need be, and close it at the end.

    Raises:
        StorageError: it cannot be used; with `create=False` also where there is none yet.
    """
    with open_database(config.database, create=create) as database:
        yield House(
            config=config,
            database=database,
            store=SqliteStore(database),
            outbox=SqliteOutbox(database),
            journal=Journal(database),
            records=Records(database),
            dossiers=Dossiers(database),
            upkeep=Upkeep(database),
            troubles=SqliteTroubles(database, config.seeds),
            subscriptions=SqliteSubscriptions(database),
            deciding=Deciding(database.transaction),
            clock=SystemClock(),
        )
