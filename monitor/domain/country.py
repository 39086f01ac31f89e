"""Item → countries: which countries a text names, in order of first mention.

A gazetteer holds the names; this file holds the rules by which a name in a text stands for its country: whole words,
the longest name first, capitals where the name has them, and a few names that are also something else.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

LONGEST_ENDING = 5
"""Letters that may follow a stem."""

_SHORTEST_STEM = 3
_TITLE_CASE = 0.7
"""A line with a larger share of capitalised words is a headline in Title Case: capitals say nothing there."""


@dataclass(frozen=True, slots=True)
class Name:
    """What a name stands for, and how it must be spelt to count.

    Attributes:
        code: ISO 3166 alpha-2; empty for a phrase that names no country, such as "Gulf of Mexico".
        capital: it counts only where its first letter is a capital.
        spelling: it counts only as spelt here (dots left out); empty = in any spelling.
        lang: it counts only in texts of this language, or of an unknown one; empty = in any.
    """

    code: str
    capital: bool = False
    spelling: str = ""
    lang: str = ""


@dataclass(frozen=True, slots=True)
class Doubt:
    """A name of a country and of another place, with words that tell which; all folded."""

    another: frozenset[str]
    sure: frozenset[str]


@dataclass(frozen=True, slots=True)
class Gazetteer:
    """Names of countries. Keys are folded words (see `fold`).

    Attributes:
        names: whole names, as sequences of words.
        stems: beginnings of words.
        unspaced: finds names in writing without spaces, the longest first.
        unspaced_codes: their codes; empty for those that name no country.
        doubtful: names of another place as well.
        given_names: names of persons as well.
        offices: words that follow a country and not a person's first name.
        before_places: capitalised words that go before a place and not before a surname.
    """

    names: Mapping[tuple[str, ...], tuple[Name, ...]]
    stems: Mapping[str, tuple[Name, ...]]
    unspaced: re.Pattern[str]
    unspaced_codes: Mapping[str, str]
    doubtful: Mapping[str, Doubt]
    given_names: frozenset[str]
    offices: frozenset[str]
    before_places: frozenset[str]
    longest: Mapping[str, int] = field(init=False)  # words of the longest name that begins with a word

    def __post_init__(self) -> None:
        longest: dict[str, int] = {}
        for name in self.names:
            longest[name[0]] = max(longest.get(name[0], 0), len(name))
        object.__setattr__(self, "longest", longest)


@dataclass(frozen=True, slots=True)
class Place:
    """A country's name in a line of text, from `start` up to `end`."""

    start: int
    end: int
    code: str


@dataclass(frozen=True, slots=True)
class Located:
    """A line of text and the countries it names, in order; its apostrophes are all alike."""

    text: str
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class _Word:
    surface: str
    folded: str
    start: int
    end: int

    @property
    def capitalised(self) -> bool:
        return self.surface[:1].isupper()


@dataclass(frozen=True, slots=True)
class _Line:
    text: str
    words: tuple[_Word, ...]
    lang: str | None
    title_case: bool
    shouted: bool

    def gap(self, index: int) -> str:
        """What stands between a word and the one before it; a line break where there is none."""
        if not 0 < index < len(self.words):
            return "\n"
        return self.text[self.words[index - 1].end : self.words[index].start]


_APOSTROPHES = str.maketrans(dict.fromkeys("\u2019\u2018\u02bc", "'"))
_MARKS = re.compile("[\u0300-\u036f\u0610-\u061a\u064b-\u065f\u0670\u0640\u093c\u09bc\u200c\u200d.]")
# Python's \w leaves out vowel signs, which would cut Hindi and Bengali words to pieces.
_SIGNS = (
    r"\u0300-\u036f\u0610-\u061a\u064b-\u065f\u0670\u0900-\u0903\u093a-\u094f\u0980-\u0983\u09bc-\u09d7\u200c\u200d"
)
_LETTER = rf"[^\W\d_]|[{_SIGNS}]"
_WORD = re.compile(rf"(?:[A-Z]\.)+[A-Z]\b\.?|(?:{_LETTER})+")
_JOINING_GAP = re.compile(r"[ \u00a0'\-\u2010\u2011\u2013/]{1,3}")
_ABBREVIATED = {"st", "ee"}  # St. Lucia; EE. UU., the United States in Spanish
_ARABIC_ARTICLE = "\u0627\u0644"


def fold(word: str) -> str:
    """The form in which words are compared: small letters without accents, vowel marks and dots."""
    if word.isascii():  # most are, and dots are the only marks among them
        return word.lower().replace(".", "")
    decomposed = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", word).casefold())
    return unicodedata.normalize("NFC", _MARKS.sub("", decomposed))


def words_of(name: str) -> tuple[str, ...]:
    """A name's words, folded."""
    return tuple(filter(None, map(fold, _WORD.findall(name.translate(_APOSTROPHES)))))


def mentioned(located: Iterable[Located]) -> tuple[str, ...]:
    """ISO 3166 alpha-2 codes of the countries that lines name, in order of first mention."""
    return tuple(dict.fromkeys(place.code for line in located for place in line.places))


def places(text: str, lang: str | None, gazetteer: Gazetteer) -> tuple[Located, ...]:
    """Where in a text countries are named, line by line.

    Args:
        text: a title and what follows it, each on a line of its own.
        lang: the text's language, ISO 639-1; None where it is not known.
        gazetteer: the names.
    """
    lines = [_line(line, lang) for line in text.translate(_APOSTROPHES).splitlines()]
    present = {word.folded for line in lines for word in line.words}
    located = []
    for line in lines:
        found = sorted([*_spaced(line, present, gazetteer), *_unspaced(line.text, gazetteer)])
        located.append(Located(line.text, tuple(Place(*one) for one in found if one[2])))
    return tuple(located)


def _words(text: str) -> Iterator[_Word]:
    for match in _WORD.finditer(text):
        if folded := fold(match[0]):  # marks alone fold to nothing
            yield _Word(match[0], folded, match.start(), match.end())


def _line(text: str, lang: str | None) -> _Line:
    words = tuple(_words(text))
    capitals = sum(word.capitalised for word in words)
    shouted = text.upper() == text and capitals > 2
    return _Line(text, words, lang, title_case=capitals >= _TITLE_CASE * len(words), shouted=shouted)


def _unspaced(text: str, gazetteer: Gazetteer) -> Iterator[tuple[int, int, str]]:
    for match in gazetteer.unspaced.finditer(text):
        yield match.start(), match.end(), gazetteer.unspaced_codes[match[0]]


def _spaced(line: _Line, present: set[str], gazetteer: Gazetteer) -> Iterator[tuple[int, int, str]]:
    position = 0
    while position < len(line.words):
        size, code = _at(line, position, gazetteer)
        word = line.words[position]
        alone = size == 1 and code
        if alone and (_is_elsewhere(word, present, gazetteer) or _is_person(line, position, gazetteer)):
            code = ""
        yield word.start, line.words[position + size - 1].end, code
        position += size


def _at(line: _Line, position: int, gazetteer: Gazetteer) -> tuple[int, str]:
    """The longest name that begins at a word: how many words it has, and its code (empty: no country)."""
    for first in _readings(line.words[position].folded):
        for size in range(_run(line, position, gazetteer.longest.get(first, 0)), 0, -1):
            words = (first, *(word.folded for word in line.words[position + 1 : position + size]))
            for name in gazetteer.names.get(words, ()):
                if _counts(name, line, position, size):
                    return size, name.code
        for size in range(len(first), max(_SHORTEST_STEM, len(first) - LONGEST_ENDING) - 1, -1):
            for name in gazetteer.stems.get(first[:size], ()):
                if _counts(name, line, position, 1):
                    return 1, name.code
    return 1, ""


def _run(line: _Line, position: int, most: int) -> int:
    """How many words from one on, at most so many, stand close enough together for a name."""
    size = min(most, 1)
    while size < most and _joined(line, position + size):
        size += 1
    return size


def _joined(line: _Line, index: int) -> bool:
    gap = line.gap(index)
    return bool(_JOINING_GAP.fullmatch(gap)) or (gap == ". " and line.words[index - 1].folded in _ABBREVIATED)


def _readings(word: str) -> Sequence[str]:
    """A word, and for an Arabic one what is left without the particles written in front of it."""
    if not "\u0621" <= word[0] <= "\u064a":
        return (word,)
    readings = [word]
    if word[0] in "\u0648\u0641":
        readings.append(word[1:])
    for reading in tuple(readings):
        if reading.startswith("\u0644\u0644"):
            readings.append(_ARABIC_ARTICLE + reading[2:])
        elif reading[:1] in {"\u0628", "\u0644", "\u0643"}:
            readings.append(reading[1:])
    return tuple(reading for reading in readings if len(reading) >= _SHORTEST_STEM)


def _counts(name: Name, line: _Line, position: int, size: int) -> bool:
    word, last = line.words[position], line.words[position + size - 1]
    if name.lang and line.lang and name.lang != line.lang:
        return False
    if name.capital and not word.capitalised:
        return False
    if not name.spelling:
        return True
    # "JOIN US" is no country, and "US$" is money.
    if "." not in word.surface and (line.shouted or line.text[last.end : last.end + 1] == "$"):
        return False
    return word.surface.replace(".", "") == name.spelling


def _is_elsewhere(word: _Word, present: set[str], gazetteer: Gazetteer) -> bool:
    doubt = gazetteer.doubtful.get(word.folded)
    return doubt is not None and not present.isdisjoint(doubt.another) and present.isdisjoint(doubt.sure)


def _is_person(line: _Line, position: int, gazetteer: Gazetteer) -> bool:
    """Whether a given name stands beside a surname, or a surname beside a given name.

    Where every word has a capital nobody can tell; there it is the country: better one alert too many than one missed.
    """
    if line.words[position].folded not in gazetteer.given_names or line.title_case:
        return False
    if line.gap(position + 1) == " ":
        following = line.words[position + 1]
        if following.capitalised and following.folded not in gazetteer.offices:
            return not any(_at(line, position + 1, gazetteer)[1:])
    if line.gap(position) != " " or line.gap(position - 1)[-2:] in {"\n", ". ", "! ", "? "}:
        return False  # a word that begins a sentence has a capital anyway
    before = line.words[position - 1]
    return before.capitalised and before.folded not in gazetteer.before_places
