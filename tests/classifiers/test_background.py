"""Counting ordinary news."""

import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from classifiers.background import MIN_ITEMS, build, load, main, read_items, save, shipped
from classifiers.errors import BackgroundError, ClassifierError
from classifiers.examples import read_ordinary
from classifiers.features import TITLE_WEIGHT
from classifiers.rates import Rates
from classifiers.text import Document

NEWS = [Document(f"Rain falls on {i}", "The river rises in Cuba", "en") for i in range(MIN_ITEMS)]


def test_only_frequent_terms_are_kept() -> None:
    """A term in fewer than ten items is not in the file, so rare names are not."""
    background = build([*NEWS, Document("Unheard name", "", "en")], sample={"en": 100})
    words = background.counts["en"].words
    assert words["rain falls"] == MIN_ITEMS
    assert words["in #people"] == MIN_ITEMS
    assert "unheard" not in words
    assert "cuba" not in words


def test_the_sample_holds_unordered_sets() -> None:
    """Each sampled item is two rising runs of numbers, headline and the rest: no order of words, no repetition."""
    sample = build(NEWS, sample={"en": 5}).sample
    assert len(sample) == 5
    runs = [sample.ids[sample.starts[i] : sample.starts[i + 1]] for i in range(2 * len(sample))]
    assert all((np.diff(ids) > 0).all() for ids in runs)
    assert {"rain", "rain falls"} <= {sample.terms[i] for i in runs[0]}
    assert {"river", "the river"} <= {sample.terms[i] for i in runs[1]}


def test_terms_of_a_headline_weigh_more_in_ordinary_items_too() -> None:
    """As they do in seeds and in items to score."""
    ordinary = read_ordinary(build(NEWS, sample={"en": 5}).sample)
    weights = ordinary.matrix("words", {"rain": 0, "river": 1, "falls on": 2}).toarray()
    assert (weights[:, 0] == TITLE_WEIGHT * weights[:, 1]).all()
    assert (weights[:, 2] == weights[:, 0]).all()


def test_saving_and_loading_give_the_same(tmp_path: Path) -> None:
    """Round trip, and the same counts give the same bytes."""
    background = build(NEWS, sample={"en": 4})
    for name in ("a.npz", "b.npz"):
        save(background, tmp_path / name)
    again = load(tmp_path / "a.npz")
    assert again.checksum == background.checksum
    assert again.counts["en"].stems == background.counts["en"].stems
    assert (again.sample.ids == background.sample.ids).all()
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x03\x04 broken"])
def test_a_foreign_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.npz"
    path.write_bytes(content)
    with pytest.raises(BackgroundError, match=r"x\.npz"):
        load(path)


def test_another_format_is_refused(tmp_path: Path) -> None:
    """An older file says that it must be built again."""
    np.savez(tmp_path / "old.npz", format=np.array([0]))
    with pytest.raises(BackgroundError, match="build it again"):
        load(tmp_path / "old.npz")


def test_items_are_read_from_json_lines(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The documented command counts gzip and plain files and says what it found."""
    rows = "\n".join(json.dumps({"title": d.title, "summary": d.body, "lang": d.lang}) for d in NEWS)
    with gzip.open(tmp_path / "a.jsonl.gz", "wt") as file:
        file.write(rows)
    (tmp_path / "b.jsonl").write_text(rows)
    assert main([str(tmp_path / "out.npz"), str(tmp_path / "a.jsonl.gz"), str(tmp_path / "b.jsonl")]) == 0
    assert load(tmp_path / "out.npz").counts["en"].items == 2 * len(NEWS)
    assert "20 items" in capsys.readouterr().out


def test_a_bad_line_is_numbered(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"title": "x"}\n{"no": 1}\n')
    with pytest.raises(ClassifierError, match="line 2"):
        list(read_items([tmp_path / "a.jsonl"]))


def test_the_shipped_file_is_small_and_loads() -> None:
    """At most 8 MB, and it knows common words."""
    background = shipped()
    rates = Rates(background)
    assert background.counts["en"].items > 100_000
    assert rates.share("words", "the", {"en": 1}) > 0.5
    path = Path(__file__).parents[2] / "classifiers" / "data" / "background.npz"
    assert path.stat().st_size <= 8_000_000


def test_rates_of_languages_without_counted_news() -> None:
    """Word lists give common words high shares, unknown ones the floor; core words count as in English."""
    rates = Rates(shipped())
    common, rare = rates.share("words", "que", {"es": 1}), rates.share("words", "zzzqqq", {"es": 1})
    assert common > 0.5 > rare > 0
    assert rates.share("stems", "recruit", {"es": 1}) == rates.share("stems", "recruit", {"en": 1})


def test_a_background_without_english_is_refused() -> None:
    with pytest.raises(BackgroundError, match="'en'"):
        Rates(build([Document("Deszcz", "", "pl")] * 20, sample={"pl": 5}))
