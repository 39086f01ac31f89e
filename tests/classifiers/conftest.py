"""One small model for all tests of this folder."""

from pathlib import Path

import pytest

from classifiers.artifact import load_model
from classifiers.background import Background
from classifiers.model import Model
from classifiers.seed import Seed, load_seeds
from classifiers.train import TrainingResult, train


@pytest.fixture(scope="session")
def few_seeds(tiny_seeds: Path) -> list[Seed]:
    return load_seeds(tiny_seeds)


@pytest.fixture(scope="session")
def trained(few_seeds: list[Seed], tiny_background: Background) -> TrainingResult:
    return train(few_seeds, tiny_background)


@pytest.fixture(scope="session")
def model(tiny_model_folder: Path) -> Model:
    return load_model(tiny_model_folder)
