"""What several parts of the suite share: a few of the seeds, and a model trained on them once, within seconds."""

import os
import shutil
from pathlib import Path

import pytest
from hypothesis import settings

from classifiers.artifact import save_model
from classifiers.background import Background, build
from classifiers.seed import load_seeds

# Time limits of single examples say more about the machine than about the code. Where a change is judged, the examples
# are the same each time; everywhere else they are new ones.
settings.register_profile("monitor", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("monitor")

SEEDS = Path(__file__).resolve().parents[1] / "seeds"


@pytest.fixture(scope="session")
def tiny_seeds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a few English seeds of each kind; not to be written to."""
    folder = tmp_path_factory.mktemp("tiny") / "seeds"
    for kind in sorted(path for path in SEEDS.iterdir() if path.is_dir()):
        (folder / kind.name).mkdir(parents=True)
        english = [path for path in sorted(kind.glob("*.txt")) if "-en-" in path.name] or sorted(kind.glob("*.txt"))
        for path in english[:: 6 if kind.name == "background" else 4]:
            shutil.copy(path, folder / kind.name / path.name)
    return folder


@pytest.fixture(scope="session")
def tiny_background() -> Background:
    """Counts over the ordinary seeds, in place of those over a year of news that the project ships."""
    ordinary = [seed.document for seed in load_seeds(SEEDS) if not seed.labels and seed.lang == "en"]
    return build(ordinary, sample={"en": len(ordinary)})


@pytest.fixture(scope="session")
def tiny_model_folder(tiny_seeds: Path, tiny_background: Background, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a model trained on the tiny seeds: what `MONITOR_SHIPPED_MODEL` may name.

    It knows trafficking and fighting when the words are plain, and ordinary news from both.
    """
    from classifiers.train import train  # noqa: PLC0415  # scikit-learn is slow to import; most tests do without it

    model = train(load_seeds(tiny_seeds), tiny_background).model
    folder = tmp_path_factory.mktemp("models") / model.id
    save_model(model, folder)
    return folder
