"""Scores → Stories as a lower threshold would have told them.

An alert is about a story, so stories are counted, not items. They are formed once, of everything above a low floor;
a threshold raises a story whose highest score reaches it. So two reports that only a weaker one links are one alert
here, and may be two in service: the count errs low by those few.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.domain.item import Identity, Item
from monitor.domain.story import STORY_WINDOW, Assignments, Story, assign

Assign = Callable[[Sequence[Item], Sequence[Story], str, datetime], Assignments]
"""The pipeline's rule: items, open stories, outlet, time → their stories."""

_BATCH = 200  # about as many as polls bring at once; bounds the pairs that are compared
_TOGETHER = timedelta(hours=1)  # a batch counts as one time


@dataclass(frozen=True, slots=True)
class Candidate:
    """A stored item that scored at or above the floor for the signal.

    Attributes:
        at: when the monitor met it.
        story_id: the stored story, None where the item is no hit.
        verdict: what an analyst said about item and signal.
    """

    item_id: int
    title: str
    summary: str
    lang: str | None
    at: datetime
    score: float
    story_id: int | None = None
    verdict: bool | None = None


@dataclass(frozen=True, slots=True)
class ToldStory:
    """A story as an alert would have told it: by its highest-scoring item."""

    title: str
    score: float
    item_id: int
    story_id: int | None
    items: int
    verdict: bool | None


def told_stories(candidates: Iterable[Candidate], rule: Assign = assign) -> list[ToldStory]:
    """The stories of the candidates, highest score first.

    An item with a hit belongs to its stored story. The others are put together by the pipeline's own rule; where such
    a group holds a hit, it is part of the stored story of the first.
    """
    groups: dict[tuple[bool, int], list[Candidate]] = defaultdict(list)
    formed = list(_formed(candidates, rule))
    stored: dict[int, int] = {}
    for one, group in formed:
        if one.story_id is not None:
            stored.setdefault(group, one.story_id)
    for one, group in formed:
        story_id = one.story_id if one.story_id is not None else stored.get(group)
        groups[(False, group) if story_id is None else (True, story_id)].append(one)
    told = [_told(members, number if known else None) for (known, number), members in groups.items()]
    return sorted(told, key=lambda story: (-story.score, story.item_id))


def _formed(candidates: Iterable[Candidate], rule: Assign) -> Iterator[tuple[Candidate, int]]:
    """Each candidate with the number of its group, in order of time."""
    open_stories: dict[int, Story] = {}
    numbers = 0
    for batch in _batches(sorted(candidates, key=lambda one: (one.at, one.item_id))):
        now = batch[-1].at
        open_stories = {key: one for key, one in open_stories.items() if one.last_seen_at >= now - STORY_WINDOW}
        assigned = rule([_item(one) for one in batch], list(open_stories.values()), "", now)
        for one in assigned.stories:
            key = one.id if one.id > 0 else numbers - one.id
            open_stories[key] = Story(key, one.title, one.first_seen_at, now, (), one.members)
        for candidate, group in zip(batch, assigned.story_ids, strict=True):
            yield candidate, group if group > 0 else numbers - group
        numbers += sum(one.id < 0 for one in assigned.stories)


def _batches(candidates: Sequence[Candidate]) -> Iterator[list[Candidate]]:
    batch: list[Candidate] = []
    for one in candidates:
        if batch and (len(batch) == _BATCH or one.at - batch[0].at > _TOGETHER):
            yield batch
            batch = []
        batch.append(one)
    if batch:
        yield batch


def _item(one: Candidate) -> Item:
    return Item("", "", one.title, one.summary, one.lang, one.at, Identity(None, None, str(one.item_id)))


def _told(members: Sequence[Candidate], story_id: int | None) -> ToldStory:
    top = max(members, key=lambda one: (one.score, -one.item_id))
    said = [one.verdict for one in members if one.verdict is not None]
    return ToldStory(top.title, top.score, top.item_id, story_id, len(members), any(said) if said else None)
