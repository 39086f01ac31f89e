"""Stage 5 of 6: Hit → Story: hits about one event, whatever the outlet.

An item joins the open story that it resembles most (see `resemblance`), where it resembles it enough.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from monitor.domain.item import Item
from monitor.domain.resemblance import Member, Resemblances, Weigh, by_length, fingerprint

__all__ = [
    "MAX_MEMBERS",
    "STORY_WINDOW",
    "Assignments",
    "Member",
    "Story",
    "Told",
    "Weigh",
    "arrival",
    "assign",
    "assign_told",
    "search_terms",
]

STORY_WINDOW = timedelta(days=5)
"""How long a story stays open after it was last told, and how far apart two reports of one event may be."""

MAX_MEMBERS = 8
"""Fingerprints a story keeps, the latest: enough to recognise the next, and a bound on what is compared."""

_ENOUGH = 0.18
"""The middle of a broad optimum, see docs/decisions/0008: from 0.16 to 0.20 little changes. Where to err is towards
telling twice: a wrong join silences a story."""


@dataclass(frozen=True, slots=True)
class Story:
    """An event as told so far. `id` is negative until the story is stored.

    Attributes:
        title: title of the first item.
        outlets: names of the feeds that told it, in order of arrival.
        members: the latest items' fingerprints, in order of arrival.
    """

    id: int
    title: str
    first_seen_at: datetime
    last_seen_at: datetime
    outlets: tuple[str, ...]
    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """An item with hits, as an outlet told it.

    Attributes:
        outlet: name of the feed.
        at: the story's clock: when a poll saw the item; in an archive, when it was published.
    """

    item: Item
    outlet: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Assignments:
    """Where items belong.

    Attributes:
        story_ids: one per item, in the order given; negative for a new story.
        stories: the new (negative id) and the changed stories, new ones last.
    """

    story_ids: tuple[int, ...]
    stories: tuple[Story, ...]


def assign(
    items: Sequence[Item], open_stories: Sequence[Story], outlet: str, now: datetime, weigh: Weigh = by_length
) -> Assignments:
    """As `assign_told`, for items that one outlet brings at once."""
    told = [Told(item, outlet, now) for item in items]
    return assign_told(told, fingerprints(told, weigh), open_stories)


def fingerprints(told: Iterable[Told], weigh: Weigh = by_length) -> list[Member]:
    """What a story that an item joins remembers of it, for each item; `weigh` tells how telling each word is."""
    return [fingerprint(one.item, one.item.published_at or one.at, weigh) for one in told]


def assign_told(told: Sequence[Told], members: Sequence[Member], open_stories: Sequence[Story]) -> Assignments:
    """Give every item (all have hits) a story: the open one it resembles most, or a new one.

    Items are taken in the order they were published, each seeing what became of those before. Neither the order of
    `told` nor that of `open_stories` changes who goes together, or any id.

    Args:
        told: what was brought together.
        members: the items' `fingerprints`.
        open_stories: those told within STORY_WINDOW; ones that have none of `search_terms` as a key may be left out.
    """
    known = {story.id: story for story in open_stories}
    index = Resemblances(STORY_WINDOW)
    for story in open_stories:
        for member in story.members:
            index.add(story.id, member)
    chosen: dict[int, int] = {}
    changed: dict[int, Story] = {}
    for place in sorted(range(len(told)), key=lambda place: arrival(told[place].item)):
        one, member = told[place], members[place]
        story_id = _closest(index.groups(member)) or -1 - sum(number < 0 for number in changed)
        story = changed.get(story_id) or known.get(story_id) or _new(story_id, one)
        changed[story_id] = _joined(story, member, one)
        chosen[place] = story_id
        index.add(story_id, member)
    stories = sorted(changed.values(), key=lambda story: (story.id < 0, abs(story.id)))
    return Assignments(tuple(chosen[place] for place in range(len(told))), tuple(stories))


def search_terms(members: Iterable[Member]) -> frozenset[int]:
    """Keys of the open stories that items of such `fingerprints` may belong to; any other is no candidate."""
    return frozenset(key for member in members for key in member.keys)


def arrival(item: Item) -> tuple[datetime, str, str, str]:
    """Sorting key that puts items in the order they were published; undated ones last."""
    return (item.published_at or datetime.max.replace(tzinfo=UTC), item.title, item.url, item.identity.keys()[0])


def _closest(resemblances: dict[int, float]) -> int | None:
    """Id of the story that is resembled most, where it is enough; the older one where equal."""
    enough = [(likeness, story_id) for story_id, likeness in resemblances.items() if likeness >= _ENOUGH]
    return max(enough, key=lambda one: (one[0], one[1] > 0, -abs(one[1])))[1] if enough else None


def _new(story_id: int, one: Told) -> Story:
    return Story(id=story_id, title=one.item.title, first_seen_at=one.at, last_seen_at=one.at, outlets=(), members=())


def _joined(story: Story, member: Member, one: Told) -> Story:
    known = not member.terms or member in story.members
    return replace(
        story,
        last_seen_at=max(story.last_seen_at, one.at),
        outlets=story.outlets if one.outlet in story.outlets else (*story.outlets, one.outlet),
        members=story.members if known else (*story.members, member)[-MAX_MEMBERS:],
    )
