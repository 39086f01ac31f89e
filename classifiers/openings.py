"""Beginnings of words, as dictionaries of languages that bend their words list them."""

from __future__ import annotations

from collections.abc import Mapping


class Openings(dict[str, str]):
    """What words begin with → what they stand for."""

    def __init__(self, known: Mapping[str, str]) -> None:
        super().__init__(known)
        self._shortest = min(map(len, known), default=1)
        self._starts = frozenset(opening[: self._shortest] for opening in known)

    def of(self, word: str, *, shortest: int, ending: int) -> str | None:
        """What the longest opening of a word stands for, None where there is none.

        Args:
            word: as compared.
            shortest: letters an opening must have.
            ending: letters that may follow it, at most.
        """
        if word[: self._shortest] not in self._starts:  # as of nearly every word
            return None
        lengths = range(len(word), max(shortest, len(word) - ending) - 1, -1)
        return next((self[word[:size]] for size in lengths if word[:size] in self), None)
