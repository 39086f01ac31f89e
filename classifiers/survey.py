"""Word lists and seeds → in what share of each language's news a word stands.

The share of ordinary news that holds a word is estimated from its language's word list. That alone would take the
words every report is full of ("trafficked", "mercenaries") for rare ones, so a fifth of a word's share comes from the
positive seeds of its language: what is common among hits tells no two of them apart.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from classifiers.commonness import NUMBER_SHARE, RAREST, SEED_SHARE, Commonness
from classifiers.seed import Seed
from classifiers.tokens import stemmed, surfaces
from classifiers.wordlists import listed, stem_shares

COMMON = 5e-6
"""Share of running words down to which a word list is read where no seed is in the language: a third of its words.

All lists to their ends would take twice the memory and nearly twice the time. A rarer word of such a language weighs
as much as a name.
"""

_SEEDS_LANGUAGE = "en"
"""Of seeds that say no other."""
_FEWEST_SEEDS = 15


@dataclass(slots=True)
class _Counts:
    """How many texts of a language hold each stem."""

    hits: Counter[str] = field(default_factory=Counter)
    positives: int = 0
    everything: Counter[str] = field(default_factory=Counter)
    seeds: int = 0

    def add(self, stems: Iterable[str], *, positive: bool) -> None:
        held = set(stems)
        self.everything.update(held)
        self.seeds += 1
        if positive:
            self.hits.update(held)
            self.positives += 1


def survey(seeds: Sequence[Seed]) -> Commonness:
    """Estimates the shares for each language that has a word list or enough seeds."""
    counts = _counted(seeds)
    known = {}
    for lang in listed() | counts.keys():
        counted = counts.get(lang)
        if lang in listed():
            ordinary = stem_shares(lang) if counted else stem_shares(lang, COMMON)
        elif counted and counted.seeds >= _FEWEST_SEEDS:
            ordinary = {stem: number / counted.seeds for stem, number in counted.everything.items()}
        else:
            continue
        known[lang] = _blended(ordinary, counted or _Counts())
    return Commonness.of(known)


def _counted(seeds: Sequence[Seed]) -> Mapping[str, _Counts]:
    counts: dict[str, _Counts] = defaultdict(_Counts)
    met: dict[str, dict[str, str]] = defaultdict(dict)
    for seed in seeds:
        lang = seed.lang or _SEEDS_LANGUAGE
        words, known = set(surfaces(f"{seed.title}\n{seed.body}")), met[lang]
        known.update((word, stemmed(word, lang)) for word in words.difference(known))
        counts[lang].add((known[word] for word in words), positive=bool(seed.labels))
    return counts


def _blended(ordinary: Mapping[str, float], counted: _Counts) -> dict[str, float]:
    """Four parts ordinary news, one part positive seeds, where there are enough of those."""
    hits = counted.hits if counted.positives >= _FEWEST_SEEDS else Counter[str]()
    return {
        stem: (1 - SEED_SHARE) * (NUMBER_SHARE if stem.isdigit() else max(RAREST, ordinary.get(stem, 0.0)))
        + SEED_SHARE * (max(RAREST, hits[stem] / counted.positives) if hits else RAREST)
        for stem in ordinary.keys() | hits.keys()
    }
