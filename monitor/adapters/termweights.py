"""How telling a word is for an event: the rarer in its language and among the signals' own texts, the more.

The share of ordinary news that holds a word is estimated from its language's word list. That alone would take the
words every hit is full of ("trafficked", "mercenaries") for rare ones, so a fifth of a word's share comes from the
seeds of its language: what is common among hits tells no two of them apart.
"""

import logging
import math
from collections import Counter, defaultdict
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

from classifiers.seed import Seed
from classifiers.tokens import read_token, surfaces
from classifiers.wordlists import listed, shares
from monitor.adapters.training import read_seeds
from monitor.errors import InputError
from monitor.ports import Geographer

log = logging.getLogger(__name__)

RAREST = 4e-5
"""Share of news taken to hold a word that no list knows: a name, most often."""

SEED_SHARE = 0.2
"""How much of a word's estimated share comes from the seeds."""

COUNTRY_SHARE = 0.15
"""Share of hits taken to name any one country: it is the same in all languages and for its people, but tells little."""

NUMBER_SHARE = 0.01
"""Share of news taken to hold any one number."""

_REFERENCE = "en"
_FEWEST_SEEDS = 15


class TermWeights:
    """Weighs words in nats of surprise. Seeds and word lists are read when they are first needed.

    Where the seeds cannot be read, that is logged, and word lists alone decide: stories then split and merge a little
    more often, which is no reason to stop watching.
    """

    def __init__(self, seeds: Path, geographer: Geographer) -> None:
        self._seeds = seeds
        self._geographer = geographer
        self._known: dict[tuple[str, str], float] = {}

    def __call__(self, text: str, lang: str | None) -> Mapping[str, float]:
        """The distinct stems of a text and the countries it names, with the weight of each."""
        weights = {f"@{code}": -math.log(COUNTRY_SHARE) for code in self._geographer.countries(text, lang)}
        lang = lang or _REFERENCE
        return weights | {stem: self._weight(stem, lang) for stem in _stems(text, lang)}

    def _weight(self, stem: str, lang: str) -> float:
        weight = self._known.get((stem, lang))
        if weight is None:
            hits, ordinary = self._counts.get(lang, (Counter(), Counter()))
            share = (1 - SEED_SHARE) * _listed(stem, lang, ordinary) + SEED_SHARE * _share(stem, hits)
            weight = self._known[stem, lang] = -math.log(min(share, 1.0))
        return weight

    @cached_property
    def _counts(self) -> Mapping[str, tuple[Counter[str], Counter[str]]]:
        """Per language, how many seeds hold a stem: positive ones, and all; their number under the empty stem."""
        counts: dict[str, tuple[Counter[str], Counter[str]]] = defaultdict(lambda: (Counter(), Counter()))
        for seed in self._readable():
            lang = seed.lang or _REFERENCE
            stems = {"", *_stems(f"{seed.title}\n{seed.body}", lang)}
            hits, everything = counts[lang]
            everything.update(stems)
            if seed.labels:
                hits.update(stems)
        return counts

    def _readable(self) -> list[Seed]:
        try:
            return read_seeds(self._seeds)
        except InputError as error:
            log.warning("stories are told apart without seeds: %s", error)
            return []


def _stems(text: str, lang: str) -> set[str]:
    return {read_token(surface, lang).stem for surface in surfaces(text)}


def _listed(stem: str, lang: str, seeds: Counter[str]) -> float:
    """Share of ordinary news that holds a stem; from the seeds where the language has no word list."""
    if stem.isdigit():
        return NUMBER_SHARE
    return max(RAREST, shares(lang)[1].get(stem, 0.0)) if lang in listed() else _share(stem, seeds)


def _share(stem: str, seeds: Counter[str]) -> float:
    return max(RAREST, seeds[stem] / seeds[""]) if seeds[""] >= _FEWEST_SEEDS else RAREST
