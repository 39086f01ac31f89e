"""Score → Article → Score: the second look at items whose feed says too little to judge by."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from monitor.domain import fulltext
from monitor.domain.feed import Feed
from monitor.domain.fulltext import Look, Mode, Spent
from monitor.domain.item import Item
from monitor.domain.score import Score
from monitor.errors import FetchError, ParseError
from monitor.pipeline.parts import Policy, PollParts
from monitor.ports import ScoredItem, Scorer

log = logging.getLogger(__name__)

READING_TIME = timedelta(minutes=1)
"""For all pages of one poll of one feed; its items wait for them, and so may the next cycle."""


class SecondLooks:
    """Fetches and scores the articles behind items in doubt; counts over a cycle what the share leaves.

    Args:
        spent: of the share before this cycle.
    """

    def __init__(self, parts: PollParts, policy: Policy, spent: Spent) -> None:
        self._parts = parts
        self._policy = policy
        self._spent = spent

    async def take(self, one: Feed, scored: Sequence[ScoredItem]) -> list[ScoredItem]:
        """The items after their second look, those without one included. What fails keeps its first score."""
        looks = self._choose(one, scored)
        looked = [
            entry if look is None else replace(entry, look=look) for entry, look in zip(scored, looks, strict=True)
        ]
        wanted = [n for n, look in enumerate(looks) if look is Look.WANTED]
        if not wanted:
            return looked
        by = asyncio.get_running_loop().time() + READING_TIME.total_seconds()
        texts = await asyncio.gather(*(self._read(one, scored[n].item, by) for n in wanted))
        for n, text in zip(wanted, texts, strict=True):
            if isinstance(text, Look):
                looked[n] = replace(looked[n], look=text)
            elif (article := fulltext.with_text(scored[n].item, text)) is None:
                looked[n] = replace(looked[n], look=Look.STUB)
            else:
                looked[n] = replace(looked[n], article=article)
        return await asyncio.to_thread(_rescored, self._parts.scorer, looked)

    def _choose(self, one: Feed, scored: Sequence[ScoredItem]) -> tuple[Look | None, ...]:
        """Decide and count in one go: nothing else runs in between."""
        mode = Mode(one.source.fulltext)
        self._spent = replace(self._spent, items=self._spent.items + len(scored))
        looks = fulltext.choose(
            mode,
            [entry.item for entry in scored],
            [entry.scores for entry in scored],
            self._policy.thresholds,
            primed=one.primed,
            room=self._spent.room(self._policy.fulltext_share),
            now=self._parts.clock.now(),
        )
        if mode is Mode.GRAY:
            self._spent = replace(self._spent, pages=self._spent.pages + looks.count(Look.WANTED))
        return looks

    async def _read(self, one: Feed, entry: Item, by: float) -> str | Look:
        """The article's text, or what became of it instead; `by` is a time of the running loop."""
        try:
            async with asyncio.timeout_at(by):
                return await self._parts.reader.read(entry.url, one.source.user_agent)
        except TimeoutError:
            return Look.OUT_OF_TIME
        except FetchError as error:
            log.debug("feed %s: article not fetched: %s", one.label, error)
            return Look.FETCH_FAILED
        except ParseError as error:
            log.debug("feed %s: article not read (%s): %s", one.label, error.reason, error)
            return Look.UNREADABLE
        except Exception:  # a bug met by one page is logged with its traceback and costs that page only
            log.exception("feed %s: unexpected error while reading an article", one.label)
            return Look.FETCH_FAILED


def _rescored(scorer: Scorer, looked: Sequence[ScoredItem]) -> list[ScoredItem]:
    articles = [entry.article for entry in looked if entry.article is not None]
    scores = iter(scorer.score(articles))
    return [entry if entry.article is None else _weighed(entry, entry.article, next(scores)) for entry in looked]


def _weighed(entry: ScoredItem, article: Item, second: Sequence[Score]) -> ScoredItem:
    found = fulltext.weigh(entry.scores, second, article)
    return replace(entry, scores=found.scores, look=found.look, article=found.article)
