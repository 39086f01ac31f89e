"""Core words of the signals in other languages → the stem of the English word.

Most seeds are English; a few per language cannot teach every wording. Read so, "вербовали" and "reclutados" weigh
what "recruited" weighs, and the counts of English news hold for them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from classifiers.openings import Openings
from classifiers.tokens import Token, read_token

_LONGEST_ENDING = 8


@dataclass(frozen=True, slots=True)
class Glossary:
    """Words and beginnings of words per language, each with its English stem."""

    words: Mapping[str, Mapping[str, str]]
    prefixes: Mapping[str, Openings]

    languages: frozenset[str]

    @property
    def stems(self) -> frozenset[str]:
        """All English stems that words of other languages are read as."""
        return frozenset(
            stem for table in (self.words, self.prefixes) for known in table.values() for stem in known.values()
        )

    def read(self, token: Token, lang: str | None) -> Token:
        """The token with its English stem, where the glossary knows the word."""
        if lang is None or lang not in self.languages:
            return token
        stem = self.words.get(lang, {}).get(token.word)
        if stem is None and lang in self.prefixes:
            stem = self.prefixes[lang].of(token.word, shortest=1, ending=_LONGEST_ENDING)
        return token if stem is None else Token(token.surface, token.word, stem)


@lru_cache(maxsize=1)
def shipped_glossary() -> Glossary:
    """The glossary of this package."""
    listed = json.loads(files("classifiers").joinpath("data/glossary.json").read_text(encoding="utf-8"))
    words: dict[str, dict[str, str]] = {}
    prefixes: dict[str, dict[str, str]] = {}
    for english, others in listed.items():
        if english == "note":
            continue
        stem = read_token(english, "en").stem
        for lang, entries in others.items():
            for entry in entries.split():
                table = prefixes if entry.endswith("*") else words
                table.setdefault(lang, {})[read_token(entry.rstrip("*"), lang).word] = stem
    return glossary_of(words, prefixes)


def glossary_of(words: Mapping[str, Mapping[str, str]], prefixes: Mapping[str, Mapping[str, str]]) -> Glossary:
    """A glossary from its two tables, each by language."""
    openings = {lang: Openings(known) for lang, known in prefixes.items()}
    return Glossary(words, openings, frozenset(words) | frozenset(prefixes))
