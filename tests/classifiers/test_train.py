"""Seeds → model: determinism, what it learns, and what it refuses."""

from pathlib import Path

import numpy as np
import pytest

from classifiers.artifact import save_model
from classifiers.background import Background
from classifiers.errors import TrainingError
from classifiers.model import Model
from classifiers.seed import Seed
from classifiers.text import Document
from classifiers.train import LabelledDocument, TrainingResult, train

FIGHTERS, TRAFFICKING = "foreign_fighter_recruitment", "human_trafficking"


def test_same_seeds_give_the_same_bytes(
    few_seeds: list[Seed], tiny_background: Background, trained: TrainingResult, tmp_path: Path
) -> None:
    """Training twice writes identical files."""
    save_model(trained.model, tmp_path / "a")
    save_model(train(few_seeds, tiny_background).model, tmp_path / "b")
    names = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert names == sorted(path.name for path in (tmp_path / "b").iterdir())
    for name in names:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes(), name


def test_the_report_is_cross_validated(trained: TrainingResult) -> None:
    """Per signal: how many positives, and figures between 0 and 1."""
    assert set(trained.report) == {FIGHTERS, TRAFFICKING}
    for report in trained.report.values():
        assert report.positives > 20
        assert 0 < report.average_precision <= 1
        assert list(report.recall_at) == ["1", "2", "5", "10"]


def test_one_text_can_carry_both_signals(model: Model) -> None:
    """A ring that traffics men into a foreign war is both; the facts are known, the words are ours."""
    story = Document(
        "Havana breaks up trafficking ring that recruited Cubans to fight for Russia",
        "The foreign ministry says a human trafficking network enlisted Cuban citizens for Russia's war in Ukraine.",
        "en",
    )
    ordinary = Document("Havana opens a new hospital", "The foreign ministry says it has three hundred beds.", "en")
    assert (model.decide([story]) > model.decide([ordinary]) + 2).all()


def test_ordinary_news_scores_low(model: Model) -> None:
    """In any language, known or not."""
    ordinary = [
        Document("Council approves budget for new schools", "Work starts in spring.", "en"),
        Document("Fuertes lluvias este fin de semana en el norte", "", "es"),
        Document("В Москве ожидается снегопад", "", "ru"),
        Document("Il governo approva la legge di bilancio", "", "it"),
    ]
    assert (model.score(ordinary) < 0.1).all()


def test_a_third_signal_needs_no_code(few_seeds: list[Seed], tiny_background: Background) -> None:
    """A folder of twenty texts is a signal."""
    texts = [f"Phishing scam number {i} empties bank accounts, police warn customers" for i in range(20)]
    scams = [Seed(f"cyber_scams/{i}.txt", text, "", "en", frozenset({"cyber_scams"})) for i, text in enumerate(texts)]
    model = train([*few_seeds, *scams], tiny_background).model
    assert model.signals == ("cyber_scams", FIGHTERS, TRAFFICKING)
    warned, rain = model.decide([Document("Police warn of phishing scam"), Document("Rain at the weekend")])[:, 0]
    assert warned > rain


def test_verdicts_move_the_scores(few_seeds: list[Seed], tiny_background: Background, trained: TrainingResult) -> None:
    """A no on an item lowers items like it, and says nothing about the other signal."""
    item = Document("Smugglers traffic rare parrots across the border", "Wildlife officers seized cages.", "en")
    told = train(few_seeds, tiny_background, verdicts=[LabelledDocument(item, TRAFFICKING, positive=False)] * 3).model
    column = told.signals.index(TRAFFICKING)
    assert told.decide([item])[0, column] < trained.model.decide([item])[0, column]
    assert told.manifest.verdicts == 3


def seeds(signal: str | None, count: int) -> list[Seed]:
    labels = frozenset({signal} if signal else ())
    return [Seed(f"{signal}/{i}", f"Text {i} about something", "", "en", labels) for i in range(count)]


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ([], "no seed carries a signal"),
        (seeds(None, 10), "no seed carries a signal"),
        (seeds("a", 1) + seeds(None, 5), "1 example"),
        (seeds("a", 20), "all seeds are examples of it"),
    ],
    ids=["none", "background only", "one seed", "one label"],
)
def test_too_little_to_learn_from_is_told(tiny_background: Background, given: list[Seed], reason: str) -> None:
    """The message says which signal and what to add."""
    with pytest.raises(TrainingError, match=reason):
        train(given, tiny_background)


def test_progress_runs_from_0_to_1(few_seeds: list[Seed], tiny_background: Background) -> None:
    told: list[float] = []
    train(few_seeds[::3], tiny_background, progress=lambda _step, share: told.append(share))
    assert told[0] == 0.0
    assert told[-1] == 1.0
    assert told == sorted(told)


def test_weights_are_finite(model: Model) -> None:
    for view in model.linear.views.values():
        assert np.isfinite(view.weights).all()
