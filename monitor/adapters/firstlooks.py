"""Items → their language and their scores, in worker processes."""

from collections.abc import Sequence
from dataclasses import replace

from classifiers.text import Document
from monitor.adapters.classify import ModelScorer
from monitor.adapters.engine import Engine
from monitor.adapters.entry import languages_of
from monitor.adapters.groups import Groups
from monitor.adapters.workermodel import NoModel, WorkModel, held, run_with_model
from monitor.domain.item import Item
from monitor.errors import ParseError, WorkerCrashError, WorkerTimeoutError
from monitor.ports import ScoredItem

ITEMS_AT_ONCE = 400
"""Items in one task: enough that numpy's price for a call is small beside them, some tens of milliseconds' work."""

ALONE = 20.0
"""Seconds that what one feed brought may take; a thousand items take less than one."""

Text = tuple[str, str, str | None]
"""Title, summary, and the language as declared."""

Look = tuple[str | None, list[float]]
"""The language, and the value of each of the model's signals."""


class EngineLooks:
    """Implements `ports.FirstLooks` with one model.

    Args:
        engine: runs the workers; it is not closed here.
        scorer: the model, which is sent to them.
    """

    def __init__(self, engine: Engine, scorer: ModelScorer) -> None:
        self._engine = engine
        self._scorer = scorer
        self._groups: Groups[Sequence[Text], list[Look]] = Groups(
            self._run, width=engine.width, most=ITEMS_AT_ONCE, weight=len, alone=ALONE
        )

    async def take(self, items: Sequence[Item]) -> list[ScoredItem]:
        """Each item in its language, with a Score per signal.

        Raises:
            ParseError: `scorer_timeout` or `scorer_crashed`.
            ModelError: workers cannot use the model.
        """
        if not items:
            return []
        try:
            looks = await self._groups([(item.title, item.summary, item.lang) for item in items])
        except WorkerTimeoutError as error:
            raise ParseError(
                f"scoring {len(items)} items took longer than {ALONE:g} s", reason="scorer_timeout"
            ) from error
        except WorkerCrashError as error:
            raise ParseError(f"the scorer failed: {error}", reason="scorer_crashed") from error
        return [
            ScoredItem(item if item.lang == lang else replace(item, lang=lang), self._scorer.scores(values))
            for item, (lang, values) in zip(items, looks, strict=True)
        ]

    async def _run(self, several: Sequence[Sequence[Text]], timeout: float) -> list[list[Look]]:  # noqa: ASYNC109
        return await run_with_model(self._engine, look, several, scorer=self._scorer, timeout=timeout)


def look(several: Sequence[Sequence[Text]], model: WorkModel) -> list[list[Look]] | NoModel:
    """What workers run: the language and the scores of each text."""
    scorer = held(model)
    if isinstance(scorer, NoModel):
        return scorer
    told = [text for texts in several for text in texts]
    langs = languages_of([(title, body) for title, body, _ in told], [declared for _, _, declared in told])
    documents = [Document(title, body, lang) for (title, body, _), lang in zip(told, langs, strict=True)]
    looks = zip(langs, scorer.values(documents), strict=True)
    return [[next(looks) for _ in texts] for texts in several]
