"""What the pages show of stories, and what a click on them does."""

import asyncio
from collections.abc import Callable

from monitor.adapters.countries import english_names
from monitor.adapters.dossiers import Dossiers
from monitor.adapters.templates import fill
from monitor.domain.route import Route
from monitor.domain.writing import Voice, score_text, whereabouts
from monitor.errors import InputError
from monitor.house import House
from monitor.labelling import record_verdict


class Desk:
    """Pages as HTML, off the event loop. Raises StorageError where the database cannot be read or written."""

    def __init__(self, house: House, token: str) -> None:
        self._house = house
        self._dossiers = Dossiers(house.database)
        self._token = token
        self._voice = Voice(english_names())

    async def recent(self) -> str:
        """The stories told last."""
        return await asyncio.to_thread(
            lambda: fill("stories.html", root="", stories=self._dossiers.recent(), **self._words())
        )

    async def story(self, story_id: int, saved: int | None = None) -> str | None:
        """One story; None where there is none. `saved` is the item whose verdict was just recorded."""
        return await asyncio.to_thread(self._story, story_id, saved)

    async def judge(self, story_id: int, item_id: int, signal: str, verdict: bool) -> None:
        """Record a verdict on an item of a story. Raises InputError for another item or an unknown signal."""
        await asyncio.to_thread(self._judge, story_id, item_id, signal, verdict)

    def _story(self, story_id: int, saved: int | None) -> str | None:
        story = self._dossiers.story(story_id)
        if story is None:
            return None
        hits = [signal for item in story["items"] for signal in item["signals"] if signal["hit"]]
        routes = [Route(tuple(hit["origins"]), tuple(hit["destinations"])) for hit in hits]
        where = whereabouts([code for hit in hits for code in hit["countries"]], routes, self._voice)
        return fill(
            "story.html",
            root="../",
            story=story,
            where=where,
            saved=saved,
            token=self._token,
            judged=set(self._house.config.thresholds()),
            **self._words(),
        )

    def _judge(self, story_id: int, item_id: int, signal: str, verdict: bool) -> None:
        if not self._dossiers.tells(story_id, item_id):
            raise InputError(f"item {item_id} does not belong to story {story_id}")
        record_verdict(self._house, item_id, signal, verdict)

    def _words(self) -> dict[str, Callable[..., str]]:
        return {"signal_name": self._voice.signal, "score_text": score_text}


def notice_page(title: str, told: str, *, root: str) -> str:
    """A page that says why there is nothing else to see."""
    return fill("notice.html", root=root, title=title, told=told)
