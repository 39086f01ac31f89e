"""The database that tests of the adapters share: new for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from monitor.adapters.database import Database, open_database


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with open_database(tmp_path / "monitor.db") as database:
        yield database
