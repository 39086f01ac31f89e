"""The life of models: shipped, trained, compared, activated, rolled back."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from monitor import models
from monitor.adapters.classify import ModelScorer
from monitor.config import load
from monitor.errors import InputError, ModelError
from monitor.house import House, open_house

LOW = {"foreign_fighter_recruitment": 0.02, "human_trafficking": 0.02}
"""Thresholds for the tests' model, which is shy."""


@pytest.fixture
def house(tmp_path: Path, tiny_seeds: Path) -> Iterator[House]:
    """An empty house that trains on a few seeds."""
    path = tmp_path / "config.yaml"
    path.write_text(f"seeds: {tiny_seeds}\n", encoding="utf-8")
    with open_house(load(path, {})) as opened:
        yield opened


def test_without_a_model_the_way_out_is_told(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not a traceback, and not a score of nothing."""
    monkeypatch.delenv(models.SHIPPED_MODEL, raising=False)
    with pytest.raises(ModelError, match="no model yet; run `monitor train`"):
        models.required(house)


def test_the_shipped_model_is_taken_over_once(
    house: House, tiny_model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is copied into the models folder and registered; the second start finds it there."""
    monkeypatch.setenv(models.SHIPPED_MODEL, str(tiny_model_folder))
    first = models.required(house)
    assert (house.config.models / first.model_id / "manifest.json").is_file()
    monkeypatch.delenv(models.SHIPPED_MODEL)
    assert models.required(house).model_id == first.model_id


def test_a_shipped_model_in_the_models_folder_itself_is_used(
    house: House, tiny_model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when the database was lost and the models were not."""
    target = house.config.models / tiny_model_folder.name
    ModelScorer.load(tiny_model_folder).save(target)
    monkeypatch.setenv(models.SHIPPED_MODEL, str(target))
    assert models.required(house).model_id == tiny_model_folder.name


def test_a_models_folder_that_cannot_be_written_is_told_in_one_line(
    house: House, tiny_model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message names the folder and the key."""
    house.config.models.write_text("a file is in the way", encoding="utf-8")
    monkeypatch.setenv(models.SHIPPED_MODEL, str(tiny_model_folder))
    with pytest.raises(ModelError, match=r"cannot be written .*set `models` in the config"):
        models.required(house)


def test_a_worse_model_is_named_by_what_got_worse(tiny_model_folder: Path) -> None:
    """A fall beyond the tolerance, or a signal that is gone; a small fall is noise."""
    good = ModelScorer.load(tiny_model_folder)
    signal = good.signals[0]
    report = good.manifest.reports[signal]

    def with_precision(value: float) -> ModelScorer:
        reports = {**good.manifest.reports, signal: replace(report, average_precision=value)}
        return ModelScorer(replace(good.model, manifest=replace(good.manifest, reports=reports)))

    assert models.worse(good, good, LOW) is None
    assert models.worse(good, with_precision(report.average_precision - models.TOLERANCE / 2), LOW) is None
    fall = models.worse(good, with_precision(report.average_precision - 2 * models.TOLERANCE), LOW)
    assert fall is not None
    assert f"average precision for {signal} falls" in fall
    watched = {other: 0.02 for other in LOW if other != signal}
    assert models.worse(good, with_precision(0.0), watched) is None
    fewer = replace(good.manifest, signals=good.signals[1:])
    narrow = ModelScorer(replace(good.model, manifest=fewer))
    assert models.worse(good, narrow, LOW) == f"it does not know {signal} any more"


def blind(good: ModelScorer) -> ModelScorer:
    """A model with the same figures that finds nothing, as when it reads words differently from how it was trained."""
    linear = replace(good.model.linear, intercept=good.model.linear.intercept - 100)
    return ModelScorer(replace(good.model, linear=linear, manifest=replace(good.model.manifest, model_id="blind")))


def test_a_model_that_misses_known_reports_is_worse(tiny_model_folder: Path) -> None:
    """However good its own figures are; the reports are named."""
    good = ModelScorer.load(tiny_model_folder)
    reason = models.worse(good, blind(good), LOW)
    assert reason is not None
    assert "known texts newly judged wrong: " in reason
    assert models.worse(blind(good), good, LOW) is None


def test_a_worse_model_is_activated_by_hand_with_a_word(
    house: House, tiny_model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who names a model means it: the service is told that somebody insists."""
    monkeypatch.setenv(models.SHIPPED_MODEL, str(tiny_model_folder))
    good = models.required(house)
    worse = blind(good)
    worse.save(house.config.models / "blind")
    house.journal.add_model("blind", "blind", worse.manifest.as_dict(), house.clock.now())
    activated = models.activate(house, "blind")
    assert "misses" in str(activated.worse)
    version = house.journal.active_model()
    assert version
    assert (version.id, version.forced) == ("blind", True)
    back = models.rollback(house)
    assert (back.scorer.model_id, back.worse) == (good.model_id, None)
    version = house.journal.active_model()
    assert version
    assert not version.forced


def test_rolling_back_needs_an_earlier_model(house: House) -> None:
    """And an unknown id is refused by name."""
    with pytest.raises(InputError, match="no earlier model"):
        models.rollback(house)
    with pytest.raises(InputError, match="no model deadbeef"):
        models.activate(house, "deadbeef")


def test_a_damaged_model_is_refused(house: House, tiny_model_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its files no longer have the checksums of its manifest: never wrong scores."""
    monkeypatch.setenv(models.SHIPPED_MODEL, str(tiny_model_folder))
    scorer = models.required(house)
    weights = house.config.models / scorer.model_id / "weights.npz"
    weights.write_bytes(weights.read_bytes()[:-10])
    with pytest.raises(ModelError, match=r"train again|checksum|damaged"):
        models.active(house)
