"""Item → Member: how much two reports resemble each other, by the telling words they share and the time between.

A report is a vector of its most telling words. What a word weighs is the caller's to say (`Weigh`): the rarer it is in
other news, the more. Two vectors are compared by their cosine, which halves with every few days between the reports:
the same names a week later are more often the next chapter than the same event.
"""

import hashlib
import math
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.domain.item import Item

Weigh = Callable[[str, str | None], Mapping[str, float]]
"""From a text and its language to its distinct words, in a form to compare, and how telling each is (above 0)."""

HALF_LIFE = timedelta(days=4)
"""After which the same resemblance counts half."""

MAX_TERMS = 40
"""Words a fingerprint keeps, the strongest: headline and lead of an item have about as many that tell anything."""

MAX_KEYS = 16
"""Words by which a report is looked up."""

_TITLE_WEIGHT = 1.5
_TEXT_CHARS = 2000  # headline and lead carry the event; a bound on work and storage
_DIGITS = 4  # of a stored weight


@dataclass(frozen=True, slots=True)
class Member:
    """What a story remembers of one of its items, to recognise the next.

    Attributes:
        at: when the item was published, as far as is known.
        terms: (hash, weight) of the item's most telling words, sorted; the squares of the weights add up to 1.
    """

    at: datetime
    terms: tuple[tuple[int, float], ...]

    @property
    def keys(self) -> tuple[int, ...]:
        """The hashes of the few strongest words, one of which two reports of one event have in common."""
        strongest = sorted(self.terms, key=lambda one: (-one[1], one[0]))[:MAX_KEYS]
        return tuple(term for term, _ in strongest)


def fingerprint(item: Item, at: datetime, weigh: Weigh) -> Member:
    """What a story remembers of an item that was published, or else first seen, at that time."""
    weights = dict(weigh(item.summary[:_TEXT_CHARS], item.lang))
    for word, weight in weigh(item.title[:_TEXT_CHARS], item.lang).items():
        weights[word] = weight * _TITLE_WEIGHT
    strongest = sorted(((word, weight) for word, weight in weights.items() if weight > 0), key=lambda p: (-p[1], p[0]))
    kept = strongest[:MAX_TERMS]
    length = math.sqrt(sum(weight * weight for _, weight in kept))
    return Member(at, tuple(sorted({_hash(word): round(weight / length, _DIGITS) for word, weight in kept}.items())))


class Resemblances:
    """Finds what resembles a report among those that were added, by an inverted index over their words."""

    def __init__(self, window: timedelta) -> None:
        self._window = window
        self._members: list[tuple[int, datetime]] = []
        self._postings: dict[int, list[tuple[int, float]]] = defaultdict(list)

    def add(self, group: int, member: Member) -> None:
        """Add a member of a group."""
        number = len(self._members)
        self._members.append((group, member.at))
        for term, weight in member.terms:
            self._postings[term].append((number, weight))

    def groups(self, member: Member) -> dict[int, float]:
        """The groups that share a word with a report, and how much each resembles it (above 0).

        A group resembles it by its members together, as the root of the sum of the squares of each one's
        resemblance: the closest counts most, and several that are close count more than one.
        """
        cosines: dict[int, float] = defaultdict(float)
        for term, weight in member.terms:
            for number, other in self._postings.get(term, ()):
                cosines[number] += weight * other
        squares: dict[int, list[float]] = defaultdict(list)
        for number, cosine in cosines.items():
            group, at = self._members[number]
            apart = abs(member.at - at)
            if apart <= self._window:
                squares[group].append((cosine * 0.5 ** (apart / HALF_LIFE)) ** 2)
        # fsum is exact, so that the order in which members were added cannot decide a close case.
        return {group: math.sqrt(math.fsum(several)) for group, several in squares.items()}


def by_length(text: str, _lang: str | None = None) -> Mapping[str, float]:
    """Weighs words by their length, where nothing is known of how common they are: common words are short (Zipf)."""
    return {word: float(max(1, min(len(word), _LONGEST) - _SHORT)) for word in _words(text)}


_LONGEST = 12
_SHORT = 3


def _words(text: str) -> Iterable[str]:
    """Words; pairs of neighbouring characters where the script puts no spaces between words."""
    for token in _tokens(text):
        if len(token) > 2 and _is_unspaced(token):
            yield from (token[start : start + 2] for start in range(len(token) - 1))
        else:
            yield token


def _tokens(text: str) -> list[str]:
    folded = unicodedata.normalize("NFKC", text).casefold()
    # Vowel signs are marks: without them a Hindi or Burmese word falls to pieces.
    return "".join(c if c.isalnum() or unicodedata.category(c)[0] == "M" else " " for c in folded).split()


_UNSPACED = (
    (0x0E00, 0x0FFF),  # Thai, Lao, Tibetan
    (0x1000, 0x109F),  # Myanmar
    (0x1780, 0x17FF),  # Khmer
    (0x3040, 0x30FF),  # Hiragana, Katakana
    (0x3400, 0x9FFF),  # Han
    (0xF900, 0xFAFF),  # Han, compatibility
    (0x20000, 0x3FFFF),  # Han, rare
)


def _is_unspaced(token: str) -> bool:
    return any(low <= ord(char) <= high for char in token for low, high in _UNSPACED)


def _hash(word: str) -> int:
    # Python's own hash() differs from process to process.
    return int.from_bytes(hashlib.blake2b(word.encode("utf-8", "replace"), digest_size=4).digest())
