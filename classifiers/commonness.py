"""In what share of news a word stands, per language: what a model keeps of word lists and seeds to tell stories apart.

Stems are kept as hashes, so that a million of them fit into a few megabytes. With 32 bits, an unknown stem is taken
for a known one about once in a hundred thousand, and then merely weighs too little.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self
from zlib import crc32

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

RAREST = 4e-5
"""Share of news taken to hold a word that no list knows: a name, most often."""

SEED_SHARE = 0.2
"""How much of a word's estimated share comes from the seeds."""

NUMBER_SHARE = 0.01
"""Share of news taken to hold any one number, before the seeds' part."""

_NUMBER = (1 - SEED_SHARE) * NUMBER_SHARE + SEED_SHARE * RAREST
_UNIT = 1_000
"""Shares are kept per thousand: half-precision numbers are exact to one in two thousand from 0.06 per thousand on."""


@dataclass(frozen=True, slots=True, eq=False)
class Commonness:
    """Shares of the stems that a language's texts hold oftener than a stem nobody knows.

    Attributes:
        langs: The languages, sorted.
        starts: Where each one's stems begin, and where the last one's end.
        stems: Hashes, ascending within a language.
        shares: Items among a thousand that hold the stem.
    """

    langs: tuple[str, ...]
    starts: npt.NDArray[np.int32]
    stems: npt.NDArray[np.uint32]
    shares: npt.NDArray[np.float16]

    @classmethod
    def of(cls, known: Mapping[str, Mapping[str, float]]) -> Self:
        """Packs the shares of stems by language; those that an unknown stem gets as well are left out."""
        langs = tuple(sorted(known))
        packed = [_packed(known[lang]) for lang in langs]
        return cls(
            langs,
            np.cumsum([0, *(len(stems) for stems, _ in packed)], dtype=np.int32),
            np.concatenate([np.zeros(0, np.uint32), *(stems for stems, _ in packed)]),
            np.concatenate([np.zeros(0, np.float16), *(shares for _, shares in packed)]),
        )

    def share(self, stems: Sequence[str], lang: str) -> Floats:
        """Share of a language's news that holds each stem, from :data:`RAREST` to 1; shape (stems,)."""
        found = _unknown(stems)
        if lang in self.langs and stems:
            begin, end = self.starts[self.langs.index(lang) :][:2]
            hashes = _hashes(stems)
            spot = begin + np.searchsorted(self.stems[begin:end], hashes)
            known = np.flatnonzero(spot < end)
            known = known[self.stems[spot[known]] == hashes[known]]
            found[known] = self.shares[spot[known]].astype(np.float64) / _UNIT
        return np.minimum(found, 1.0)


def _packed(shares: Mapping[str, float]) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.float16]]:
    stems, kept = list(shares), _rounded(np.fromiter(shares.values(), np.float64, len(shares)))
    differing = np.flatnonzero(kept != _rounded(_unknown(stems)))
    hashes, kept = _hashes(stems)[differing], kept[differing]
    # Of two stems with one hash the commoner one counts: it is met more often.
    order = np.lexsort((-kept, hashes))
    distinct, first = np.unique(hashes[order], return_index=True)
    return distinct, kept[order][first]


def _rounded(shares: Floats) -> npt.NDArray[np.float16]:
    return (shares * _UNIT).astype(np.float16)


def _unknown(stems: Sequence[str]) -> Floats:
    return np.array([_NUMBER if stem.isdigit() else RAREST for stem in stems], dtype=np.float64)


def _hashes(stems: Sequence[str]) -> npt.NDArray[np.uint32]:
    return np.array([crc32(stem.encode()) for stem in stems], dtype=np.uint32)
