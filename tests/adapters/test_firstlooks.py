"""Items are scored in worker processes as they would be here, by a model that is sent to each worker once."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from monitor.adapters.classify import ModelScorer
from monitor.adapters.engine import LocalEngine
from monitor.adapters.firstlooks import EngineLooks
from monitor.adapters.workermodel import WorkModel
from monitor.domain.item import Item, identity_of
from monitor.errors import ModelError, ParseError, WorkerCrashError, WorkerTimeoutError

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def item(title: str, summary: str = "", lang: str | None = "en") -> Item:
    return Item(title, "", title, summary, lang, NOW, identity_of(title, "", title, NOW))


REPORT = item("Recruiters lured men to fight in Ukraine", "Police say the ring trafficked forty men.")
ORDINARY = item("Council approves new cycle lanes", "They run along the river.")
SPANISH = item("La policía detuvo a los traficantes en el aeropuerto de la capital", lang="en")


@pytest.fixture(scope="module")
def scorer(tiny_model_folder: Path) -> ModelScorer:
    return ModelScorer.load(tiny_model_folder)


class Counting(LocalEngine):
    """Remembers whether each task brought the model along."""

    def __init__(self) -> None:
        super().__init__(1)
        self.sent: list[bool] = []

    async def run(self, fn: Callable[..., Any], *args: object, timeout: float) -> Any:  # noqa: ASYNC109
        self.sent.append(isinstance(args[-1], WorkModel) and args[-1].files is not None)
        return await super().run(fn, *args, timeout=timeout)


@pytest.fixture
async def engine() -> AsyncIterator[Counting]:
    async with Counting() as running:
        yield running


async def test_scores_are_those_of_the_model_here(engine: Counting, scorer: ModelScorer) -> None:
    looked = await EngineLooks(engine, scorer).take([REPORT, ORDINARY])
    assert [one.item for one in looked] == [REPORT, ORDINARY]
    assert [one.scores for one in looked] == scorer.score([REPORT, ORDINARY])


async def test_an_item_is_scored_in_the_language_it_is_written_in(engine: Counting, scorer: ModelScorer) -> None:
    """Whatever its feed declares."""
    (looked,) = await EngineLooks(engine, scorer).take([SPANISH])
    assert looked.item == replace(SPANISH, lang="es")
    assert [looked.scores] == scorer.score([looked.item])


async def test_nothing_new_needs_no_worker(engine: Counting, scorer: ModelScorer) -> None:
    assert await EngineLooks(engine, scorer).take([]) == []
    assert engine.sent == []


async def test_the_model_is_sent_to_a_worker_once(engine: Counting, scorer: ModelScorer) -> None:
    looks = EngineLooks(engine, scorer)
    await looks.take([REPORT])
    await looks.take([ORDINARY])
    assert engine.sent == [False, True, False]


async def test_what_feeds_bring_at_the_same_time_is_scored_together(engine: Counting, scorer: ModelScorer) -> None:
    """And each gets its own."""
    looks = EngineLooks(engine, scorer)
    await looks.take([REPORT])
    several = [[item(f"{n} women trafficked"), ORDINARY] for n in range(30)]
    found = await asyncio.gather(*map(looks.take, several))
    assert [[one.item for one in looked] for looked in found] == several
    assert len(engine.sent) < 30


async def test_a_model_that_cannot_be_used_there_is_told(engine: Counting, scorer: ModelScorer) -> None:
    files: Mapping[str, bytes] = {**scorer.files, "weights.npz": b"damaged"}
    with pytest.raises(ModelError, match=r"a worker cannot score: .*weights\.npz was changed"):
        await EngineLooks(engine, ModelScorer(scorer.model, files)).take([REPORT])


@pytest.mark.parametrize(
    ("error", "reason"),
    [(WorkerTimeoutError("slow"), "scorer_timeout"), (WorkerCrashError("dead"), "scorer_crashed")],
)
async def test_what_is_too_much_for_a_worker_is_a_named_failure_of_its_feed(
    scorer: ModelScorer, error: Exception, reason: str
) -> None:
    class Failing(LocalEngine):
        async def run(self, fn: Callable[..., Any], *args: object, timeout: float) -> Any:  # noqa: ARG002, ASYNC109
            raise error

    with pytest.raises(ParseError) as caught:
        await EngineLooks(Failing(1), scorer).take([REPORT])
    assert caught.value.reason == reason
