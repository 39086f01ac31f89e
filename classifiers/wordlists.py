"""How common a word is in languages of which no news was counted: from the word lists of ``wordfreq``."""

from __future__ import annotations

from functools import lru_cache

from wordfreq import available_languages, get_frequency_dict

from classifiers.features import TYPICAL_LENGTH
from classifiers.tokens import read_token, surfaces

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
    for spelling, frequency in get_frequency_dict(lang, wordlist="small").items():
        if frequency < RAREST:
            continue
        for surface in surfaces(spelling):
            token = read_token(surface, lang)
            words[token.word] = words.get(token.word, 0.0) + frequency
            stems[token.stem] = stems.get(token.stem, 0.0) + frequency
    return _held(words), _held(stems)


def _held(frequencies: dict[str, float]) -> dict[str, float]:
    # An item of n words holds a word of frequency f with probability 1 - (1 - f)^n.
    return {word: 1.0 - (1.0 - min(f, 1.0)) ** TYPICAL_LENGTH for word, f in frequencies.items()}
