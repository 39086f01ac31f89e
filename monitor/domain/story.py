"""Stage 5 of 6: Hit → Story: hits about one event, whatever the outlet."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Member:
    """What a story remembers of one of its items, to recognise the next.

    Attributes:
        title: folded title (case, punctuation and spacing gone).
        words: hashes of the distinct words of title and summary, sorted.
    """

    title: str
    words: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Story:
    """An event as told so far. `id` is negative until the story is stored.

    Attributes:
        title: title of the first item.
        outlets: names of the feeds that told it, in order of arrival.
        members: at most the first few items' fingerprints.
    """

    id: int
    title: str
    first_seen_at: datetime
    last_seen_at: datetime
    outlets: tuple[str, ...]
    members: tuple[Member, ...]
