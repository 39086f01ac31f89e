"""The office of each end-to-end test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.office import Office, office


@pytest.fixture
def desk(tmp_path: Path, tiny_model_folder: Path) -> Iterator[Office]:
    """An office in a folder of its own, with a small trained model."""
    with office(tmp_path, tiny_model_folder) as open_office:
        yield open_office
