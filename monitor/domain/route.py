"""Item → Route: where people are taken from and where to, as far as a text says so plainly.

Cues are words around a country's name: "lured <X> men", "into the <X> army". They are data (see `Cues`); this file
holds the rules by which several of them make a route. A wrong arrow is worse than none: what two cues contradict is
unknown.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from monitor.domain.country import Located


@dataclass(frozen=True, slots=True)
class Route:
    """Countries people are taken from and to, ISO 3166 alpha-2, in order of first mention; empty = not said."""

    origins: tuple[str, ...] = ()
    destinations: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Whether both sides are known, so that an arrow may stand between them."""
        return bool(self.origins and self.destinations)


UNKNOWN = Route()
"""Neither side is said."""

MOST_SIDES = 4
"""A text that names more countries on one side tells many stories and not one."""

_LEAD_SENTENCES = 3
_LINE_CHARS = 1500


class Cue(StrEnum):
    """What the words around a country's name say of it."""

    ORIGIN = "origin"  # people are taken from there
    ARMY = "army"  # for whom they fight
    PLACE = "place"  # where they are taken or held
    JOB = "job"  # where work was promised
    WAR = "war"  # where they fight
    VOID = "void"  # no side of a route, whatever else is said: "against X", "returned to X"


Cues = Mapping[Cue, Sequence[re.Pattern[str]]]
"""The cues of one language, as made by `compiled`."""


def compiled(patterns: Mapping[Cue, Sequence[str]], words: Mapping[str, str], *, spaced: bool = True) -> Cues:
    """Cues from patterns, all in small letters.

    Args:
        patterns: regular expressions in which <X> is the country meant, <X|end> one whose name in the text ends so,
            <X|^all> one whose whole name is so, <_> another country, {name} one of the words of that name, {g} up to
            four words and {G} up to seven with countries among them.
        words: alternatives by name.
        spaced: False where the language puts no spaces between words.
    """
    begin = r"(?<!\w)" if spaced else ""
    return {
        cue: tuple(re.compile(begin + _expanded(pattern, words)) for pattern in some) for cue, some in patterns.items()
    }


def told_route(lines: Sequence[Located], cues: Iterable[Cues]) -> Route:
    """The route that a text tells: its title where that says both sides, else title and lead together.

    Args:
        lines: the title and what follows, with the countries found in them.
        cues: of the text's language, or of all where it is not known.
    """
    cues = tuple(cues)
    sentences = [sentence for line in lines for sentence in _sentences(line)]
    signs = [_signs(sentence, cues) for sentence in sentences[: 1 + _LEAD_SENTENCES]]
    named = {place.code for line in lines for place in line.places}
    return _route(signs[:1], named) or _route(signs, named)


def together(routes: Iterable[Route]) -> Route:
    """The route that several reports of one event tell; a country on both sides is on neither."""
    routes = tuple(routes)
    origins = dict.fromkeys(code for route in routes for code in route.origins)
    destinations = dict.fromkeys(code for route in routes for code in route.destinations)
    return Route(
        tuple(code for code in origins if code not in destinations),
        tuple(code for code in destinations if code not in origins),
    )


_DESTINATIONS = (Cue.ARMY, Cue.PLACE, Cue.JOB, Cue.WAR)
_Signs = Mapping[Cue, Sequence[str]]

_NAME = "[^\u27e8\u27e9]*"
_ANY = f"\u27e8{_NAME}\u27e9"
_WORD = r"[^\s\u27e8\u27e9.;:!?\u0964\u061f\u3002]+"
_GAPS = {"g": rf"(?:{_WORD} ){{0,4}}", "G": rf"(?:(?:{_WORD}|{_ANY}\S*) ){{0,7}}"}
_TOKEN = re.compile(r"<(_|X)(?:\|([^<>]*))?>|\{(\w+)\}")
_SENTENCE_END = re.compile(r"(?<=[.!?\u0964\u061f])\s+|(?<=[\u3002\uff01\uff1f])")
_AND = re.compile(r"\s*(?:,|,? ?(?:and|or|y|e|et|ou|und|oder|i|oraz|и|та|й|و|और|तथा|र|এবং|ও|na)|\u3001|\u548c)\s*")


def _expanded(pattern: str, words: Mapping[str, str]) -> str:
    def expand(token: re.Match[str]) -> str:
        country, ending, name = token.groups()
        if name:
            return _GAPS.get(name) or _expanded(words[name], words)
        if country == "_":
            return _ANY
        tail = _NAME
        if ending:
            tail = f"(?:{ending[1:]})" if ending.startswith("^") else f"{_NAME}(?:{ending})"
        return rf"\u27e8(\d+) {tail}\u27e9"

    return _TOKEN.sub(expand, unicodedata.normalize("NFKC", pattern))


def _sentences(line: Located) -> list[Located]:
    text, cuts = line.text[:_LINE_CHARS], [0]
    inside = {index for place in line.places for index in range(place.start + 1, place.end)}
    cuts += [match.end() for match in _SENTENCE_END.finditer(text) if match.start() not in inside]
    return [_part(line, start, end) for start, end in zip(cuts, [*cuts[1:], len(text)], strict=True)]


def _part(line: Located, start: int, end: int) -> Located:
    places = tuple(
        type(place)(place.start - start, place.end - start, place.code)
        for place in line.places
        if start <= place.start and place.end <= end
    )
    return Located(line.text[start:end], places)


def _signs(sentence: Located, cues: Iterable[Cues]) -> _Signs:
    """Which countries each cue finds, in order of mention."""
    masked = _masked(sentence)
    found: dict[Cue, set[int]] = defaultdict(set)
    for language in cues:
        for cue, patterns in language.items():
            for pattern in patterns:
                found[cue].update(int(number) for number in _all(pattern, masked))
    _pass_on(sentence, found)
    return {cue: [sentence.places[number].code for number in sorted(numbers)] for cue, numbers in found.items()}


def _all(pattern: re.Pattern[str], masked: str) -> list[str]:
    """What the pattern finds, also where one finding begins inside another."""
    numbers, start = [], 0
    while match := pattern.search(masked, start):
        numbers += [number for number in match.groups() if number]
        start = match.start() + 1
    return numbers


def _masked(sentence: Located) -> str:
    """The sentence in small letters, each country as its number and the letters that name it, in angle brackets."""
    parts, done = [], 0
    for number, place in enumerate(sentence.places):
        if place.start < done:
            continue
        name = sentence.text[place.start : place.end]
        parts += [_plain(sentence.text[done : place.start]), f"\u27e8{number} {_plain(name)}\u27e9"]
        done = place.end
    return "".join([*parts, _plain(sentence.text[done:])])


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text.casefold()).replace("\u27e8", " ").replace("\u27e9", " ")


def _pass_on(sentence: Located, found: Mapping[Cue, set[int]]) -> None:
    """What is said of a country is said of those listed with it: "Kenyan and Ugandan men"."""
    for cue in (Cue.ORIGIN, Cue.ARMY, Cue.PLACE, Cue.JOB, Cue.VOID):
        numbers = found.get(cue)
        if not numbers:
            continue
        pairs = list(zip(range(len(sentence.places)), range(1, len(sentence.places)), strict=False))
        for one, other in (*pairs, *((b, a) for a, b in reversed(pairs))):
            first, last = sorted((one, other))
            between = sentence.text[sentence.places[first].end : sentence.places[last].start]
            if one in numbers and _AND.fullmatch(between.casefold()):
                numbers.add(other)


def _route(sentences: Iterable[_Signs], named: set[str]) -> Route:
    said: dict[Cue, dict[str, None]] = defaultdict(dict)
    for signs in sentences:
        for cue, codes in signs.items():
            said[cue] |= dict.fromkeys(codes)
    void = said[Cue.VOID]
    origins = [code for code in said[Cue.ORIGIN] if code not in void]
    # For whom they fight says more than where they were taken, that more than a promise, and that than where a war is.
    sides = {cue: [code for code in said[cue] if code not in void] for cue in _DESTINATIONS}
    if named - {*origins, *sides[Cue.WAR]}:
        sides[Cue.WAR] = []  # another country may be the one they fight for
    destinations = next((sides[cue] for cue in _DESTINATIONS if sides[cue]), [])
    if max(len(origins), len(destinations)) > MOST_SIDES:
        return UNKNOWN
    return together([Route(tuple(origins), tuple(destinations))])
