"""The office of each end-to-end test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from classifiers.artifact import save_model
from classifiers.background import shipped
from classifiers.seed import load_seeds
from classifiers.train import train
from tests.conftest import SEEDS
from tests.e2e.office import Office, office


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Models are trained and processes started here; on a busy machine each takes its time."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.timeout(600))


@pytest.fixture(scope="session")
def shipped_model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the model that users get: all seeds, the shipped background. Half a minute, once."""
    model = train(load_seeds(SEEDS), shipped()).model
    folder = tmp_path_factory.mktemp("models") / model.id
    save_model(model, folder)
    return folder


@pytest.fixture
def desk(tmp_path: Path, shipped_model_folder: Path) -> Iterator[Office]:
    """An office in a folder of its own."""
    with office(tmp_path, shipped_model_folder) as open_office:
        yield open_office
