"""The likeliest language of texts, asked for many at once: py3langid's model.

Naive Bayes over the n-grams of a text's bytes, which an automaton finds (Lui and Baldwin, "langid.py: An Off-the-shelf
Language Identification Tool", ACL 2012). The library lets one text walk through the automaton after the other, a byte a
step, in Python. Where many texts wait, they walk side by side here, through the library's own tables; a test holds both
ways together.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from py3langid.langid import MODEL_FILE, LanguageIdentifier

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]

SIDE_BY_SIDE = 32
"""Texts from which on walking side by side is faster: a step costs the same for one as for a hundred."""

AT_ONCE = 128
"""Texts that walk together: more of them no longer fit into a processor's cache."""


@dataclass(frozen=True, slots=True)
class Guess:
    """The likeliest language of a text with its probability, and the probability of the one it was said to be in."""

    lang: str
    probability: float
    claimed: float


class Languages:
    """Tells languages apart.

    Args:
        langs: ISO 639-1 codes of those that are considered.
    """

    def __init__(self, langs: Sequence[str]) -> None:
        known = LanguageIdentifier.from_model_file(MODEL_FILE)
        known.set_languages(langs)
        # The library keeps half-precision numbers, a language's side by side. A text needs the rows of its features, as
        # single-precision numbers: laid out so once, they are read in half the time. The table of all languages goes.
        table = known.nb_ptc.astype("float32", order="C")
        self._one_by_one = LanguageIdentifier(
            table, known.nb_pc, known.nb_classes, known.tk_nextmove, known.tk_output,
            norm_probs=True, tk_row=known.tk_row,
        )  # fmt: skip
        self._names = tuple(dict.fromkeys(known.nb_classes))
        self._columns: dict[str | None, int] = {name: column for column, name in enumerate(self._names)}
        self._table: Floats = table
        self._prior: Floats = known.nb_pc
        self._merged = np.array([[name == one for one in self._names] for name in known.nb_classes], dtype=np.float32)
        self._moves = np.frombuffer(known.tk_nextmove, dtype=np.uint32)
        self._rows: Ints = np.array(known.tk_row, dtype=np.int64) << 8
        self._features = np.array(known.tk_output, dtype=np.int32)

    def guess(self, texts: Sequence[str], claims: Sequence[str | None]) -> list[Guess]:
        """A guess for each text; `claims` are the languages they are said to be in, None where nothing is said."""
        if len(texts) < SIDE_BY_SIDE:
            return [self._guess(text, claim) for text, claim in zip(texts, claims, strict=True)]
        encoded = [_bytes(text) for text in texts]
        order = sorted(range(len(texts)), key=lambda n: len(encoded[n]), reverse=True)  # all walk as far as the longest
        shares = np.zeros((len(texts), len(self._names)), dtype=np.float32)
        for begin in range(0, len(texts), AT_ONCE):
            walking = order[begin : begin + AT_ONCE]
            shares[walking] = self._shares([encoded[n] for n in walking])
        best = np.argmax(shares, axis=1).tolist()
        claimed = [self._columns.get(claim, -1) for claim in claims]
        return [
            Guess(self._names[column], float(row[column]), float(row[other]) if other >= 0 else 0.0)
            for row, column, other in zip(shares, best, claimed, strict=True)
        ]

    def _guess(self, text: str, claim: str | None) -> Guess:
        lang, probability = self._one_by_one.classify(text)
        if claim is None or claim == lang:
            return Guess(lang, probability, probability if claim else 0.0)
        return Guess(lang, probability, dict(self._one_by_one.rank(text)).get(claim, 0.0))

    def _shares(self, texts: Sequence[bytes]) -> Floats:
        """Probability of each language, shape (texts, languages); the longest text comes first."""
        owners, features, counts = self._found(texts)
        weights = np.log1p(counts.astype(np.float32))
        ends = np.searchsorted(owners, np.arange(1, len(texts) + 1))
        scores = np.zeros((len(texts), len(self._prior)), dtype=np.float32)
        begin = 0
        for text, end in enumerate(ends.tolist()):
            if end > begin:  # a text of which nothing is known may be in any language
                scores[text] = weights[begin:end] @ self._table.take(features[begin:end], axis=0) + self._prior
            begin = end
        scores /= np.sqrt(np.maximum([len(text) for text in texts], 1)).astype(np.float32)[:, None]
        odds = np.exp(scores - scores.max(axis=1, keepdims=True))
        return np.asarray(odds @ self._merged / odds.sum(axis=1, keepdims=True), dtype=np.float32)

    def _found(self, texts: Sequence[bytes]) -> tuple[Ints, Ints, Ints]:
        """The features of all texts, text by text: whose it is, which one, and how often."""
        lengths = np.array([len(text) for text in texts])
        letters = np.zeros((int(lengths[0]), len(texts)), dtype=np.int64)
        for place, text in enumerate(texts):
            letters[: lengths[place], place] = np.frombuffer(text, dtype=np.uint8)
        visited = np.zeros_like(letters)  # where a text has ended, the first state, which tells nothing
        states = np.zeros(len(texts), dtype=np.uint32)
        walking = np.searchsorted(-lengths, -np.arange(len(letters))).tolist()
        for step, still, after in zip(letters, walking, visited, strict=True):
            spots = self._rows.take(states[:still])
            spots += step[:still]
            states = self._moves.take(spots)
            after[:still] = states
        found = self._features.take(visited)
        places, owners = np.nonzero(found >= 0)
        size = len(self._table)
        keys, counts = np.unique(owners * size + found[places, owners], return_counts=True)
        return keys // size, keys % size, counts


def _bytes(text: str) -> bytes:
    """As the library reads a text."""
    return unicodedata.normalize("NFC", text.lower() if text.isupper() else text).encode("utf-8", "surrogatepass")
