"""How common a word is in languages of which no news was counted: from the word lists of ``wordfreq``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache

from wordfreq import available_languages, cB_to_freq, read_cBpack

from classifiers.features import TYPICAL_LENGTH
from classifiers.tokens import read_token, stemmed, surfaces

RAREST = 8e-7
"""Share of running words; a rarer word stands in fewer items than the floor that is taken for unknown words."""


@lru_cache(maxsize=1)
def listed() -> frozenset[str]:
    """Languages that have a word list."""
    return frozenset(available_languages("small"))


@lru_cache(maxsize=32)
def shares(lang: str) -> tuple[dict[str, float], dict[str, float]]:
    """Expected share of feed items that hold a word, and a stem, of a language."""
    words: dict[str, float] = {}
    stems: dict[str, float] = {}
    for surface, frequency in _frequencies(lang, RAREST):
        token = read_token(surface, lang)
        words[token.word] = words.get(token.word, 0.0) + frequency
        stems[token.stem] = stems.get(token.stem, 0.0) + frequency
    return _held(words), _held(stems)


def stem_shares(lang: str, rarest: float = RAREST) -> Mapping[str, float]:
    """Expected share of feed items that hold a stem, from the words of a list that are no rarer than `rarest`."""
    stems: dict[str, float] = {}
    for surface, frequency in _frequencies(lang, rarest):
        stem = stemmed(surface, lang)
        stems[stem] = stems.get(stem, 0.0) + frequency
    return _held(stems)


def _frequencies(lang: str, rarest: float) -> Iterator[tuple[str, float]]:
    """The words of a list with their share of running words, common ones first."""
    # wordfreq's own table of a language would stay in memory; its file lists the words by hundredths of a bel.
    for step, spellings in enumerate(read_cBpack(available_languages("small")[lang])):
        frequency = cB_to_freq(-step)
        if frequency < rarest:
            return
        for spelling in spellings:
            for surface in surfaces(spelling):
                yield surface, frequency


def _held(frequencies: Mapping[str, float]) -> dict[str, float]:
    # An item of n words holds a word of frequency f with probability 1 - (1 - f)^n.
    return {word: 1.0 - (1.0 - min(f, 1.0)) ** TYPICAL_LENGTH for word, f in frequencies.items()}
