"""Names of peoples and wars → one token each, so that a recruit from any country looks alike.

A model taught on Nepalis and Cubans must know Kenyans; folding was worth 0.15 in average precision. Only the
nationalities, the countries that recruits and victims come from, and the parties to wars are folded: folding
every country of the world costs precision.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from babel import Locale

from classifiers.openings import Openings
from classifiers.tokens import Token, plain, surfaces

PEOPLE = "#people"
CONFLICT = "#conflict"
GROUP = "#group"
CLASSES = (PEOPLE, CONFLICT, GROUP)
LANGUAGES = ("en", "ar", "bn", "de", "es", "fr", "hi", "ne", "pl", "pt", "ru", "sw", "uk", "zh")

LONGEST_NAME = 4
"""Words."""

_LONGEST_ENDING = 5
_SHORTEST_PREFIX = 3


@dataclass(frozen=True, slots=True)
class Places:
    """Which words, word sequences and beginnings of words stand for a people or a war."""

    words: Mapping[str, str]
    exact: Mapping[str, str]
    """Names that are common words unless they are spelt just so."""
    sequences: Mapping[tuple[str, ...], str]
    openings: frozenset[str]
    """Words that a name of several words begins with."""
    continuations: frozenset[str]
    """Words that stand in such a name after its first."""
    prefixes: Mapping[str, Openings]
    checksum: str

    def class_of(self, token: Token, lang: str | None) -> str | None:
        """The class of a single word, or None."""
        word = token.word
        found = self.words.get(word) or self.exact.get(token.surface.replace(".", ""))
        prefixes = self.prefixes.get(lang or "")
        if found is not None or prefixes is None:
            return found
        return prefixes.of(word, shortest=_SHORTEST_PREFIX, ending=_LONGEST_ENDING)

    def sequence_at(self, words: Sequence[str], start: int) -> tuple[int, str] | None:
        """The longest name of several words that begins at a position: its length and class."""
        if words[start] not in self.openings:
            return None
        for size in range(min(LONGEST_NAME, len(words) - start), 1, -1):
            found = self.sequences.get(tuple(words[start : start + size]))
            if found is not None:
                return size, found
        return None


@lru_cache(maxsize=1)
def shipped_places() -> Places:
    """The names this package knows: CLDR's country names in the seed languages, and its own lists."""
    raw = files("classifiers").joinpath("data/places.json").read_text(encoding="utf-8")
    lists = json.loads(raw)
    names: dict[tuple[str, ...], str] = {}
    prefixes: dict[str, dict[str, str]] = {}
    for lang in LANGUAGES:
        names.update(_country_names(lang, lists["conflict_codes"].split(), lists["unfolded_codes"].split()))
    for label, key in ((PEOPLE, "people"), (CONFLICT, "conflict"), (GROUP, "group")):
        for lang, words in lists[key].items():
            for entry in words.replace("|", " ").split():
                if entry.endswith("*"):
                    prefixes.setdefault(lang, {})[_key(entry[:-1])[-1]] = label
                else:
                    names[_key(entry.replace("-", " "))] = label
    exact = {spelling: f"#{label}" for label, known in lists["exact"].items() for spelling in known.split()}
    return _places(names, exact, prefixes)


def _key(name: str) -> tuple[str, ...]:
    return tuple(plain(surface.casefold().replace("\u2019", "'")) for surface in surfaces(name))


def _country_names(lang: str, conflicts: list[str], unfolded: list[str]) -> dict[tuple[str, ...], str]:
    named: dict[tuple[str, ...], str] = {}
    for code, name in Locale(lang).territories.items():
        if len(code) == 2 and code.isalpha() and code not in unfolded:
            key = _key(name.split(" (")[0].replace(" & ", " and "))
            if key:
                named[key] = CONFLICT if code in conflicts else PEOPLE
    return named


def _places(
    names: Mapping[tuple[str, ...], str], exact: Mapping[str, str], prefixes: Mapping[str, Mapping[str, str]]
) -> Places:
    words = {key[0]: label for key, label in names.items() if len(key) == 1}
    sequences = {key: label for key, label in names.items() if 1 < len(key) <= LONGEST_NAME}
    content = json.dumps(
        [sorted(words.items()), sorted(exact.items()), sorted(map(str, sequences.items())), prefixes], sort_keys=True
    )
    return Places(
        words=words,
        exact=exact,
        sequences=sequences,
        openings=frozenset(key[0] for key in sequences),
        continuations=frozenset(word for key in sequences for word in key[1:]),
        prefixes={lang: Openings(known) for lang, known in prefixes.items()},
        checksum=hashlib.sha256(content.encode()).hexdigest()[:16],
    )
