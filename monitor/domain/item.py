"""Stage 2 of 6: Feed → Item: one entry of a feed, with an identity that survives its publisher's habits."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class IdentityKind(StrEnum):
    """Which key tells a feed's items apart; degraded when a publisher regenerates its GUIDs."""

    GUID = "guid"
    LINK = "link"
    TITLE = "title"


@dataclass(frozen=True, slots=True)
class Identity:
    """The keys one entry can be recognised by; each is a short hash with the kind as prefix, None where absent."""

    guid: str | None
    link: str | None  # canonical URL
    title: str  # folded title + publication day

    def key(self, kind: IdentityKind) -> str:
        """The strongest key present, no stronger than `kind`."""
        candidates = (self.guid, self.link, self.title)[list(IdentityKind).index(kind) :]
        return next(key for key in candidates if key is not None)

    def keys(self) -> tuple[str, ...]:
        """All keys present, strongest first."""
        return tuple(key for key in (self.guid, self.link, self.title) if key is not None)


@dataclass(frozen=True, slots=True)
class Item:
    """One entry of a feed as parsed: plain text, UTC times, canonical link.

    Attributes:
        guid: as published, possibly empty.
        url: canonical (no tracking parameters), possibly empty.
        title: plain text, one line.
        summary: plain text; the entry's content where that is longer, cut at a bounded length.
        lang: ISO 639-1 code, or None where it could not be told.
        published_at: UTC, never in the future; None where the feed gave no usable date.
    """

    guid: str
    url: str
    title: str
    summary: str
    lang: str | None
    published_at: datetime | None
    identity: Identity
