"""Stage 2 of 6: Feed → Item: one entry of a feed, with an identity that survives its publisher's habits."""

import hashlib
import re
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from itertools import chain
from typing import Generic, NamedTuple, Protocol, Self, TypeVar

MISBEHAVING_SHARE = 0.05
"""Above this share of regenerated keys in one document, a feed's identity is degraded."""

MISBEHAVING_LISTED = 20
"""A shorter document says too little to judge its publisher by."""

SHORTEST_GUID = 4
"""A shorter guid beside a link is a position in the list more often than a name: "1", "2", "3"."""

_NOT_WORD = re.compile(r"[\W_]+")
_ROOT_URL = re.compile(r"https?://[^/?#]+/?$")
_URL_START = re.compile(r"https?://(www\.)?")


class IdentityKind(StrEnum):
    """Which key tells a feed's items apart; degraded when a publisher regenerates its GUIDs."""

    GUID = "guid"
    LINK = "link"
    TITLE = "title"


class Identity(NamedTuple):
    """The keys one entry can be recognised by; each is a short hash with the kind as prefix, None where absent."""

    guid: str | None
    link: str | None  # canonical URL
    title: str  # folded title + publication day

    def key(self, kind: IdentityKind) -> str:
        """The strongest key present, no stronger than `kind`."""
        guid = self.guid if kind is IdentityKind.GUID else None
        link = self.link if kind is not IdentityKind.TITLE else None
        return guid or link or self.title

    def keys(self) -> tuple[str, ...]:
        """All keys present, strongest first."""
        return tuple(filter(None, (self.guid, self.link, self.title)))  # none is empty, and this is asked often


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

    def with_identity(self, identity: Identity) -> Self:
        """The same, recognised by other keys."""
        return replace(self, identity=identity)


class Identified(Protocol):
    """Something that a feed lists."""

    @property
    def identity(self) -> Identity:
        """The keys that it can be recognised by."""

    def with_identity(self, identity: Identity) -> Self:
        """The same, recognised by other keys."""


T = TypeVar("T", bound=Identified)


@dataclass(frozen=True, slots=True)
class NewItems(Generic[T]):
    """What of a document had not been listed before.

    Attributes:
        items: first of each, in document order; their identities hold only keys that tell them apart.
        seen: every usable key of every listed entry, to be remembered as long as the feed lists it.
        identity: the kind of key to use from now on.
        misbehaving: entries whose strongest key was regenerated.
        warnings: one line where the identity was degraded.
    """

    items: tuple[T, ...]
    seen: tuple[str, ...]
    identity: IdentityKind
    misbehaving: int = 0
    warnings: tuple[str, ...] = ()


def identity_of(guid: str, url: str, title: str, published: datetime | None) -> Identity:
    """The keys of an entry.

    A link counts without its scheme and `www.`, so that a site's move to https brings nothing back; the bare address
    of a site names no article. A guid of fewer than SHORTEST_GUID characters counts only where there is no link.

    Args:
        guid: as published; canonical where it is a URL, so that its tracking parameters do not count.
        url: canonical, possibly empty.
        title: in any spelling: case, punctuation and spacing do not count.
        published: as declared by the feed, even where absurd: it must be the same at the next poll.
    """
    link = None if not url or _ROOT_URL.match(url) else _URL_START.sub("", url).rstrip("/")
    name = " ".join(guid.split())
    if len(name) < SHORTEST_GUID and link:
        name = ""
    folded = _NOT_WORD.sub(" ", unicodedata.normalize("NFKC", title).casefold()).strip()
    day = published.date().isoformat() if published else ""
    return Identity(
        guid=_hashed("g", _URL_START.sub("", name)) if name else None,
        link=_hashed("l", link) if link else None,
        title=_hashed("t", f"{folded or title or url or name}\n{day}"),
    )


def text_hash(title: str, summary: str) -> str:
    """SHA-256 of title, line break and summary in UTF-8, as stored: says later whether they are what was scored."""
    return hashlib.sha256(f"{title}\n{summary}".encode("utf-8", "replace")).hexdigest()


def new_items(kind: IdentityKind, items: Sequence[T], known: Collection[str]) -> NewItems[T]:
    """Those of a document's items that this feed has not listed before.

    An item is seen where the key its feed goes by is known: a guid, else the link, else title and day. So an edited
    title under the same guid, or without guid under the same link, is seen. A new guid for a known link with a known
    title is a regenerated guid, and seen too; if the title was edited in the same breath, it counts as new, unless
    the document as a whole shows the feed's guids to be regenerated: then links decide, in this poll and after.

    Args:
        kind: the strongest key the feed is trusted with.
        items: in document order.
        known: keys this feed listed before; those not of these items do no harm.
    """
    keys = tuple(chain.from_iterable(entry.identity.keys() for entry in items))
    told_apart = set(keys)
    if len(told_apart) == len(keys) and told_apart.isdisjoint(known):  # nothing to decide, as at most first polls
        return NewItems(tuple(items), keys, kind)
    usable = _usable(_numbered(items))
    listed = _once(usable)
    warnings = []
    misbehaving = 0
    titles = _counts(listed)
    for weaker in list(IdentityKind)[list(IdentityKind).index(kind) + 1 :]:
        count = sum(_regenerated(entry.identity, kind, known, titles) for entry in listed)
        misbehaving = max(misbehaving, count)
        if len(listed) < MISBEHAVING_LISTED or count <= MISBEHAVING_SHARE * len(listed):
            break
        warnings.append(
            f"{count} of {len(listed)} listed items came back with a new {kind}; items are told apart by {weaker} now"
        )
        kind = weaker
    return NewItems(
        items=tuple(entry for entry in listed if not _seen(entry.identity, kind, known)),
        seen=tuple(dict.fromkeys(chain.from_iterable(entry.identity.keys() for entry in usable))),
        identity=kind,
        misbehaving=misbehaving,
        warnings=tuple(warnings),
    )


def _seen(identity: Identity, kind: IdentityKind, known: Collection[str]) -> bool:
    key = identity.key(kind)
    twin = key == identity.guid and identity.link in known and identity.title in known
    return key in known or twin


def _regenerated(identity: Identity, kind: IdentityKind, known: Collection[str], titles: Mapping[str, int]) -> bool:
    """An unknown key on an entry that is known otherwise: by link and title, or by a title no other entry has now."""
    key = identity.key(kind)
    if key in known or key == identity.title or identity.title not in known:
        return False
    return (key == identity.guid and identity.link in known) or titles[identity.title] == 1


def _numbered(items: Sequence[T]) -> Iterator[T]:
    """The items, those without guid and link that look the same told apart by which of them comes first.

    Nothing says that they are one: a feed may tell the same short thing twice a day. A document that lists them again
    gives them the same numbers.
    """
    listed: dict[str, int] = defaultdict(int)
    for item in items:
        identity = item.identity
        if identity.guid is None and identity.link is None:
            listed[identity.title] += 1
            if (number := listed[identity.title]) > 1:
                yield item.with_identity(identity._replace(title=f"{identity.title}#{number}"))
                continue
        yield item


def _usable(items: Iterable[T]) -> list[T]:
    """The items without those keys that stand for different items of this document."""
    items = tuple(items)
    guids = _ambiguous((item.identity.guid, (item.identity.link, item.identity.title)) for item in items)
    links = _ambiguous((item.identity.link, item.identity.title) for item in items)
    return [_without(item, guids, links) for item in items]


def _without(item: T, guids: Collection[str], links: Collection[str]) -> T:
    identity = item.identity
    if identity.guid not in guids and identity.link not in links:
        return item
    guid = None if identity.guid in guids else identity.guid
    link = None if identity.link in links else identity.link
    return item.with_identity(Identity(guid, link, identity.title))


def _once(items: Sequence[T]) -> list[T]:
    """Each item once, the first of its kind."""
    once: dict[str, T] = {}
    # The same article under two guids; in two polls it would be taken for a regenerated guid.
    twins: dict[tuple[str | None, str], T] = {}
    for item in items:
        if once.setdefault(item.identity.key(IdentityKind.GUID), item) is item:
            twins.setdefault((item.identity.link or item.identity.guid, item.identity.title), item)
    return list(twins.values())


def _ambiguous(pairs: Iterable[tuple[str | None, Hashable]]) -> set[str]:
    meanings: dict[str, set[Hashable]] = defaultdict(set)
    for key, meaning in pairs:
        if key is not None:
            meanings[key].add(meaning)
    return {key for key, different in meanings.items() if len(different) > 1}


def _counts(items: Sequence[Identified]) -> Mapping[str, int]:
    counts: dict[str, int] = defaultdict(int)
    for item in items:
        counts[item.identity.title] += 1
    return counts


def _hashed(prefix: str, text: str) -> str:
    return f"{prefix}:{hashlib.blake2b(text.encode('utf-8', 'surrogatepass'), digest_size=8).hexdigest()}"
