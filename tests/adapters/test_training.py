"""Seeds and verdicts in, a model out; figures on graded items."""

from pathlib import Path

import pytest

from classifiers.background import Background
from monitor.adapters import training
from monitor.adapters.classify import ModelScorer
from monitor.adapters.documents import GradedItem
from monitor.adapters.training import Verdict
from monitor.errors import InputError
from tests.conftest import SEEDS

SIGNALS = ("foreign_fighter_recruitment", "human_trafficking")


@pytest.fixture(autouse=True)
def small_background(monkeypatch: pytest.MonkeyPatch, tiny_background: Background) -> None:
    """Counts over a year of news take longer to weigh than these tests may."""
    monkeypatch.setattr(training, "shipped", lambda: tiny_background)


def test_a_model_is_fitted_and_kept(tiny_seeds: Path, tmp_path: Path) -> None:
    """The folder is named after the model, which loads; progress ends at 100; verdicts are counted."""
    told: list[tuple[str, int, int]] = []
    verdicts = [Verdict("Women freed from brothel", "", "en", SIGNALS[1], positive=True)]
    manifest = training.fit(tiny_seeds, verdicts, tmp_path, lambda *step: told.append(step))
    assert ModelScorer.load(tmp_path / manifest.model_id).signals == SIGNALS
    assert manifest.verdicts == 1
    assert told[-1][1:] == (100, 100)
    assert [done for _, done, _ in told] == sorted(done for _, done, _ in told)


def test_a_seed_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """The message says which file."""
    (tmp_path / "seeds" / SIGNALS[0]).mkdir(parents=True)
    broken = tmp_path / "seeds" / SIGNALS[0] / "broken.txt"
    broken.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match=r"broken\.txt"):
        training.fit(tmp_path / "seeds", [], tmp_path / "models")
    assert not (tmp_path / "models").exists()


def test_too_few_seeds_are_told(tmp_path: Path) -> None:
    """With how many there should be."""
    for kind in (SIGNALS[0], "background"):
        (tmp_path / kind).mkdir()
        (tmp_path / kind / "one.txt").write_text(f"One text on {kind}\n", encoding="utf-8")
    with pytest.raises(InputError, match=SIGNALS[0]):
        training.fit(tmp_path, [], tmp_path / "models")


def test_the_configured_seeds_come_first(tiny_seeds: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then the shipped ones; without either the way out is told."""
    assert training.seeds_folder(tiny_seeds) == tiny_seeds
    assert training.seeds_folder(tmp_path / "none") == SEEDS
    monkeypatch.setattr(training, "SHIPPED_SEEDS", ())
    with pytest.raises(InputError, match="no such folder; make it"):
        training.seeds_folder(tmp_path / "none")


def test_figures_on_graded_items(tiny_model_folder: Path) -> None:
    """Every signal is measured at its threshold; an empty file is told."""
    model = ModelScorer.load(tiny_model_folder).model
    items = [
        GradedItem("Women rescued from forced labour", "Traffickers held the victims.", "en", {SIGNALS[1]: 2}),
        GradedItem("Council talks about roads", "", "en", {SIGNALS[1]: 0}),
    ]
    thresholds = dict.fromkeys(SIGNALS, 0.02)
    measured = training.measure(model, items, thresholds).signals[SIGNALS[1]]
    assert (measured.items, measured.positives, measured.recall) == (2, 1, 1.0)
    with pytest.raises(InputError, match="no items"):
        training.measure(model, [], thresholds)


def test_doubtful_seeds_are_found(tiny_seeds: Path, tmp_path: Path) -> None:
    """A copy of a seed is told, a clean folder is not; a text of a corpus among the seeds is a leak."""
    assert training.check(tiny_seeds) == []
    first = next(iter(sorted((tiny_seeds / SIGNALS[1]).glob("*.txt"))))
    for kind, name in ((SIGNALS[1], "a.txt"), (SIGNALS[0], "b.txt")):
        (tmp_path / kind).mkdir()
        (tmp_path / kind / name).write_bytes(first.read_bytes().split(b"---\n")[-1])
    assert training.check(tmp_path)
    assert training.check(tiny_seeds, [first.read_text(encoding="utf-8")])


def test_a_folder_with_one_signal_borrows_the_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ordinary news, and other signals the config asks for, come from the shipped seeds, with no labels unasked for."""
    shipped = tmp_path / "shipped"
    for kind, text in (
        ("background", "The council talks about roads"),
        (SIGNALS[0], f"---\nlabels: [{SIGNALS[1]}]\n---\nMen lured to a war abroad"),
        (SIGNALS[1], "Women freed from forced labour"),
    ):
        (shipped / kind).mkdir(parents=True)
        (shipped / kind / "one.txt").write_text(text, encoding="utf-8")
    monkeypatch.setattr(training, "SHIPPED_SEEDS", (shipped,))
    (tmp_path / "own" / "piracy").mkdir(parents=True)
    (tmp_path / "own" / "background").mkdir()  # empty
    (tmp_path / "own" / "piracy" / "two.txt").write_text("Pirates board a tanker", encoding="utf-8")
    alone = {seed.id: seed.labels for seed in training.read_seeds(tmp_path / "own", ["piracy"])}
    assert alone == {"piracy/two.txt": {"piracy"}, "background/one.txt": frozenset()}
    both = {seed.id: seed.labels for seed in training.read_seeds(tmp_path / "own", ["piracy", SIGNALS[0]])}
    assert both == alone | {f"{SIGNALS[0]}/one.txt": {SIGNALS[0]}}
    with pytest.raises(InputError, match=r"signal arson: has no seeds; add 20 texts or more to .*own/arson/"):
        training.read_seeds(tmp_path / "own", ["piracy", "arson"])


def test_a_folder_of_ones_own_comes_first(tiny_seeds: Path) -> None:
    """Where it has everything, nothing is added to it."""
    assert len(training.read_seeds(tiny_seeds, SIGNALS)) == len(list(tiny_seeds.glob("*/*.txt")))
