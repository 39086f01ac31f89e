"""What several parts of the suite share: a handful of seeds, and a model trained on them once."""

from itertools import product
from pathlib import Path

import pytest

from monitor.adapters import training

_TEXTS = {
    "human_trafficking": (
        "{0} rescued from {1}\n\nPolice freed the victims, who were trafficked with false job offers, held in debt and "
        "forced to work without pay in {1}. Two traffickers were arrested.",
        ("Women", "Children", "Villagers", "Migrant workers"),
        ("a brothel", "a scam compound", "a fishing boat", "a brick kiln", "a private household"),
    ),
    "foreign_fighter_recruitment": (
        "{0} lured to fight in a foreign war\n\nRecruiters promised the {0} jobs abroad; {1} they had to sign contracts "
        "with the army, were trained as mercenaries and sent to the front line.",
        ("young men", "students", "labourers", "former soldiers"),
        ("on arrival", "within days", "under threat", "without a translator", "for high pay"),
    ),
    "background": (
        "{0} talks about {1}\n\nThe {0} met on Tuesday to speak about {1}. A decision is expected next month, said a "
        "spokeswoman, and the budget will follow in spring.",
        ("Council", "Parliament", "Football club", "Central bank", "Weather service"),
        ("roads", "interest rates", "the cup final", "a new museum", "heavy rain", "school meals"),
    ),
}


def write_seeds(folder: Path) -> None:
    """Write a few dozen seeds: enough to train on, far too few to be good."""
    for kind, (template, subjects, objects) in _TEXTS.items():
        (folder / kind).mkdir(parents=True)
        for number, (subject, thing) in enumerate(product(subjects, objects)):
            text = template.format(subject, thing)
            (folder / kind / f"{number:02}.txt").write_text(text[:1].upper() + text[1:] + "\n", encoding="utf-8")


@pytest.fixture(scope="session")
def tiny_seeds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of seeds for both signals; not to be written to."""
    folder = tmp_path_factory.mktemp("tiny") / "seeds"
    write_seeds(folder)
    return folder


@pytest.fixture(scope="session")
def tiny_model_folder(tiny_seeds: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a model trained on the tiny seeds: what `MONITOR_SHIPPED_MODEL` may name."""
    models = tmp_path_factory.mktemp("models")
    return models / training.fit(tiny_seeds, [], models).model_id
