"""The model of a running service: taken over, tested there, refused, tried again."""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from classifiers.sentinels import Outcome
from monitor import models
from monitor.config import load
from monitor.errors import ModelError, MonitorError
from monitor.house import House, open_house
from monitor.keeper import FIRST_PAUSE, LONGEST_PAUSE, ModelKeeper
from tests.fakes import FakeClock

SIGNAL = "human_trafficking"
THRESHOLDS = {SIGNAL: 0.5}
NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)


@dataclass
class FakeModel:
    """Finds `found` of four known reports at any threshold up to `best`."""

    model_id: str
    found: int = 4
    best: float = 0.9

    def examine(self, thresholds: Mapping[str, float]) -> tuple[Outcome, ...]:
        found = self.found if thresholds[SIGNAL] <= self.best else 0
        return (Outcome(SIGNAL, 4, tuple("abcd"[:found]), tuple("abcd"[found:]), 8, ()),)

    def missing(self, signals: Mapping[str, float]) -> list[str]:
        return sorted(set(signals) - {SIGNAL})


@dataclass
class Shelf:
    """Stands in for loading and training: models by id, or the error that comes instead."""

    house: House
    models: dict[str, FakeModel | MonitorError] = field(default_factory=dict)
    trained: FakeModel | MonitorError = field(default_factory=lambda: ModelError("training failed: no seeds"))
    tries: int = 0

    def put(self, model: FakeModel | MonitorError, model_id: str, *, forced: bool = False) -> None:
        """Register and activate a model."""
        self.models[model_id] = model
        if model_id not in {version.id for version in self.house.journal.list_models()}:
            self.house.journal.add_model(model_id, model_id, {}, self.house.clock.now())
        self.house.journal.activate_model(model_id, self.house.clock.now(), forced=forced)

    async def ready(self, house: House) -> FakeModel:
        self.tries += 1
        active = house.journal.active_model()
        return self._given(self.models[active.id] if active else self.trained)

    def earlier(self, house: House) -> FakeModel | None:
        previous = house.journal.previous_model()
        return self._given(self.models[previous.id]) if previous else None

    def _given(self, model: FakeModel | MonitorError) -> FakeModel:
        if isinstance(model, MonitorError):
            raise model
        return model

    def advance(self, by: timedelta) -> None:
        assert isinstance(self.house.clock, FakeClock)
        self.house.clock.advance(by)


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shelf]:
    path = tmp_path / "config.yaml"
    path.write_text("{}\n", encoding="utf-8")
    with open_house(load(path, {})) as opened:
        made = Shelf(replace(opened, clock=FakeClock(NOW)))
        monkeypatch.setattr(models, "ready", made.ready)
        monkeypatch.setattr(models, "earlier", made.earlier)
        yield made


def in_use(shelf: Shelf) -> str:
    active = shelf.house.journal.active_model()
    assert active
    return active.id


async def test_a_model_is_taken_over_with_its_outcomes(shelf: Shelf, caplog: pytest.LogCaptureFixture) -> None:
    """Once; the next looks change nothing and load nothing."""
    caplog.set_level(logging.INFO, "monitor")
    shelf.put(FakeModel("m1"), "m1")
    keeper = ModelKeeper(shelf.house)
    for _ in range(3):
        await keeper.follow(THRESHOLDS)
    assert keeper.scorer
    assert (keeper.scorer.model_id, keeper.problem, shelf.tries) == ("m1", None, 1)
    assert [outcome.found for outcome in keeper.outcomes] == [("a", "b", "c", "d")]
    assert f"sentinels: {SIGNAL}: 4 of 4 known reports found, 0 of 8 other texts raised" in caplog.text
    shelf.put(FakeModel("m2"), "m2")
    await keeper.follow(THRESHOLDS)
    assert keeper.scorer.model_id == "m2"


async def test_a_failing_model_is_refused_for_the_one_in_use(shelf: Shelf, caplog: pytest.LogCaptureFixture) -> None:
    """The database says so too, and health tells it until another model comes."""
    shelf.put(FakeModel("good"), "good")
    keeper = ModelKeeper(shelf.house)
    await keeper.follow(THRESHOLDS)
    shelf.put(FakeModel("bad", found=1), "bad")
    await keeper.follow(THRESHOLDS)
    await keeper.follow(THRESHOLDS)
    assert keeper.scorer
    assert (keeper.scorer.model_id, in_use(shelf)) == ("good", "good")
    assert f"model bad refused: {SIGNAL}: 1 of 4 known reports found" in str(keeper.problem)
    assert caplog.text.count("model bad refused") == 1
    shelf.put(FakeModel("better"), "better")
    await keeper.follow(THRESHOLDS)
    assert (keeper.scorer.model_id, keeper.problem) == ("better", None)


async def test_after_a_restart_the_model_used_before_takes_over_from_a_failing_one(shelf: Shelf) -> None:
    """Where the running process knows no other yet."""
    shelf.put(FakeModel("good"), "good")
    shelf.advance(timedelta(minutes=1))
    shelf.put(FakeModel("bad", found=1), "bad")
    keeper = ModelKeeper(shelf.house)
    await keeper.follow(THRESHOLDS)
    assert in_use(shelf) == "good"


@pytest.mark.parametrize("forced", [True, False])
async def test_a_failing_model_is_used_where_somebody_insists_or_none_is_better(
    shelf: Shelf, forced: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """Some alerts are better than none, but it is told."""
    shelf.put(FakeModel("old", found=4 if forced else 0), "old")
    shelf.advance(timedelta(minutes=1))
    shelf.put(FakeModel("bad", found=1), "bad", forced=forced)
    keeper = ModelKeeper(shelf.house)
    await keeper.follow(THRESHOLDS)
    assert in_use(shelf) == "bad"
    assert [outcome.failing for outcome in keeper.outcomes] == [True]
    assert "the model is not to be relied on" in caplog.text


async def test_sentinels_are_scored_again_when_thresholds_change(shelf: Shelf) -> None:
    """A threshold that no known report reaches is a mistake somebody should hear of."""
    shelf.put(FakeModel("m1"), "m1")
    keeper = ModelKeeper(shelf.house)
    await keeper.follow(THRESHOLDS)
    await keeper.follow({SIGNAL: 0.95})
    assert [outcome.failing for outcome in keeper.outcomes] == [True]
    assert shelf.tries == 1


async def test_failed_training_is_told_once_and_tried_ever_less_often(
    shelf: Shelf, caplog: pytest.LogCaptureFixture
) -> None:
    """Not at every look, which comes each two seconds."""
    keeper = ModelKeeper(shelf.house)
    for _ in range(int(timedelta(hours=3) / timedelta(seconds=20))):
        await keeper.follow(THRESHOLDS)
        shelf.advance(timedelta(seconds=20))
    assert caplog.text.count("training failed: no seeds; nothing is scored until it is") == 1
    assert shelf.tries == 8  # after 0, 1, 3, 7, 15, 31, 63 and 123 minutes
    assert FIRST_PAUSE * 2**6 > LONGEST_PAUSE
    assert keeper.problem == "training failed: no seeds"
    shelf.trained = FakeModel("m1")
    shelf.advance(LONGEST_PAUSE)
    await keeper.follow(THRESHOLDS)
    assert keeper.scorer
    assert keeper.problem is None


async def test_a_model_that_cannot_be_loaded_leaves_the_one_in_use(shelf: Shelf) -> None:
    """It is tried again, as when its disk comes back; a rollback ends the matter."""
    shelf.put(FakeModel("good"), "good")
    keeper = ModelKeeper(shelf.house)
    await keeper.follow(THRESHOLDS)
    shelf.put(ModelError("model lost: has no manifest.json"), "lost")
    await keeper.follow(THRESHOLDS)
    assert keeper.scorer
    assert (keeper.scorer.model_id, keeper.problem) == ("good", "model lost: has no manifest.json")
    shelf.models["lost"] = FakeModel("lost")
    shelf.advance(FIRST_PAUSE)
    await keeper.follow(THRESHOLDS)
    assert (keeper.scorer.model_id, keeper.problem) == ("lost", None)
    shelf.put(ModelError("gone"), "gone")
    await keeper.follow(THRESHOLDS)
    assert keeper.problem == "gone"
    shelf.put(FakeModel("lost"), "lost")
    await keeper.follow(THRESHOLDS)
    assert keeper.problem is None
