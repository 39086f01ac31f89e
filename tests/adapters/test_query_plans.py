"""No statement walks a table that grows: it would take longer with every item ever stored.

Everything the storage classes can be asked is asked once, and SQLite is asked how it goes about each statement. A class
that takes a `Database` is found by itself: a method of it that nobody asks in `questions.py` fails the test, too.
"""

import importlib
import inspect
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

import monitor.adapters
from monitor.adapters.database import Database
from tests.adapters.questions import ask_everything

ADAPTERS = Path(monitor.adapters.__file__).parent

GROWING = {"items", "items_fts", "seen", "scores", "hits", "stories", "story_terms", "alerts", "deliveries"}

SMALL = {"indexed_later", "feeds", "subscriptions", "troubles", "models", "configs", "archives", "runs", "verdicts"}
"""Grow with the config or by hand, or are cut: walked at will."""

OUR_OWN = tuple(
    f"SCAN {what}"
    for what in (
        "json_each",
        "asked VIRTUAL",
        "(subquery",
        "brought",
        "CONSTANT ROW",
        "drawn VIRTUAL",
        "happened",
        "items_fts VIRTUAL TABLE INDEX 0:M",
        "items_fts VIRTUAL TABLE INDEX 192:M",
    )
)
"""Arguments, what a part of the statement has found already, and what full-text search finds by its words, the last
stored first (192) or as it comes."""

WALKED = {
    ("Records.feeds", "hits"): "what each feed has brought in all",
    ("Records.feeds", "items"): "what each feed has brought in all",
    ("Records.verdicts", "items"): "of one feed: its items are looked through for those with verdicts",
    ("Records.export", "items"): "of one feed: as in the lists",
    ("Records.export", "hits"): "of one signal: all its hits are what is asked for",
    ("OrdinaryItems.read", "items"): "training draws from all that is stored",
    ("StreamReader.read", "items"): "an archive's stream is ordered by the time of publication",
    ("SqliteSubscriptions.to_tend", "told"): "the subscriptions, of which a feed has one",
    ("SqliteTroubles.facts", "items"): "a feed's first and last item, at the ends of its part of the index",
    ("Upkeep.health", "items"): "how many there are",
    ("Upkeep.health", "alerts"): "how many there are in each state",
}
"""Who may walk what, and what for. Nothing of it is asked in a poll or a delivery."""

ASK_NOTHING = {"Upkeep.backup", "SqliteArchives.deciding"}


class Asked:
    """The statements that were run, the public method nearest to each, and all public methods on the way there."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.statements: dict[tuple[str, str], Any] = {}
        self.methods: set[str] = set()
        for name in ("rows", "execute", "execute_many", "execute_last"):
            monkeypatch.setattr(Database, name, self._noting(getattr(Database, name), many=name == "execute_many"))

    def _noting(self, method: Callable[..., object], *, many: bool) -> Callable[..., object]:
        def noted(database: Database, sql: str, parameters: Iterable[object] = ()) -> object:
            given: Any = list(parameters) if many else parameters
            ways = list(_public(sys._getframe(1)))
            self.methods.update(ways)
            if ways and (given or not many):  # at a transaction's end the statements are run that were noted before
                self.statements.setdefault((ways[0], sql), given[0] if many else given)
            return method(database, sql, given) if given or many else method(database, sql)

        return noted


def _public(frame: FrameType | None) -> Iterator[str]:
    """The public methods of adapters on the stack, the nearest first."""
    while frame is not None:
        name = frame.f_code.co_qualname
        if Path(frame.f_code.co_filename).parent == ADAPTERS and re.fullmatch(r"(?!Database)[A-Z]\w+\.[a-z]\w+", name):
            yield name
        frame = frame.f_back


def storage_classes() -> list[type]:
    """The classes of adapters that are made with a database."""
    names = [path.stem for path in ADAPTERS.glob("*.py") if "def __init__(self, database: Database" in path.read_text()]
    modules = [importlib.import_module(f"monitor.adapters.{name}") for name in names]
    return [
        kind
        for module in modules
        for kind in vars(module).values()
        if inspect.isclass(kind)
        and kind.__module__ == module.__name__
        and "database" in inspect.signature(kind).parameters
    ]


def walks(database: Database, asked: Asked) -> dict[tuple[str, str], str]:
    """Who walks what: a table from end to end, or all of a signal or of a feed; with the step and the statement.

    A walk along an index in the order asked for that ends once enough is found is none.
    """
    found = {}
    for (method, sql), parameters in asked.statements.items():
        plan = [step["detail"] for step in database.rows(f"EXPLAIN QUERY PLAN {sql}", parameters)]
        sorts = "USE TEMP B-TREE FOR ORDER BY" in plan
        ends = not sorts and re.search(r"LIMIT (:limit|:size|\?)\s*$", sql)
        for step in plan:
            walk = re.match(r"SCAN (\S+)|SEARCH (\S+) .*INDEX \S+ \((?:signal|feed_id)=\?\)", step)
            name = walk and (walk[1] or walk[2])
            given = step.endswith("CONSTANT ROWS")
            fine = name in SMALL or given or step.startswith(OUR_OWN) or (ends and "USING INDEX" in step)
            if name and not fine:
                found[method, name] = f"{step} in {' '.join(sql.split())[:80]}"
    return found


async def asked_of_everything(database: Database, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Asked:
    with monkeypatch.context() as patched:
        asked = Asked(patched)
        await ask_everything(database, folder)
    return asked


async def test_no_statement_walks_a_table_that_grows(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """But for what asks for all of it: where this fails, an index is missing, or a good reason in WALKED."""
    asked = await asked_of_everything(database, tmp_path, monkeypatch)
    found = walks(database, asked)
    assert {who: how for who, how in found.items() if who not in WALKED} == {}
    assert WALKED.keys() - found.keys() == set()


async def test_every_question_of_the_storage_classes_is_looked_at(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = await asked_of_everything(database, tmp_path, monkeypatch)
    methods = {
        f"{kind.__name__}.{name}"
        for kind in storage_classes()
        for name, method in vars(kind).items()
        if inspect.isfunction(method) and not name.startswith("_")
    }
    assert len(methods) > 50
    assert methods - asked.methods == ASK_NOTHING


def test_every_table_is_known_to_grow_or_to_stay_small(database: Database) -> None:
    """A new one is sorted into either, so that walks over it are judged."""
    tables = {row["name"] for row in database.rows("SELECT name FROM sqlite_master WHERE type = 'table'")}
    ours = {name for name in tables if not re.match(r"items_fts_|_|sqlite_", name)}
    assert ours == GROWING | SMALL
