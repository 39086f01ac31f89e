"""A service's own stream, blended into the background: what is ordinary in its feeds, it learns.

For each language, the share of items that hold a term is ``(own count + PRIOR * share) / (own items + PRIOR)``, where
``share`` is what the shipped counts or a word list say: a few items change little, many decide. Own items also stand
among the sampled ordinary items that a model is fitted and calibrated on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256

import numpy as np

from classifiers.background import Background, Counts, Sample, placed_terms
from classifiers.features import Analyzer
from classifiers.text import Document
from classifiers.tokens import VIEWS

PRUNE_AT = 1_000_000
"""Terms of a language and view beyond which those met once are forgotten: bounds memory."""
MIN_OWN = 3
"""A term that fewer own items hold is not kept."""
OWN_TERMS = 30_000
"""Terms, at most, that own items add to those by which sampled items are told apart."""


def blend(background: Background, documents: Iterable[Document]) -> Background:
    """The background with the counts and the items of a stream added; documents of unknown language are left out.

    Deterministic in the documents and their order. Memory is bounded by the number of documents: some 5 kB each.
    """
    stream = _Stream()
    for document in documents:
        if document.lang:
            stream.add(document, document.lang)
    if not stream.rows:
        return background
    own = {lang: stream.counts(lang) for lang in sorted(stream.items)}
    sample = _joined(background.sample, stream.rows, own)
    digest = sha256(background.checksum.encode())
    for lang, counts in own.items():
        digest.update(repr((lang, counts.items, sorted(counts.words.items()))).encode())
    return replace(background, own=own, sample=sample, checksum=digest.hexdigest()[:16])


def own_items(background: Background) -> int:
    """How many items of a stream were blended in; in the sample they stand last."""
    return sum(counts.items for counts in background.own.values())


@dataclass(frozen=True, slots=True)
class _Row:
    lang: str
    length: int
    headline: Sequence[str]
    others: Sequence[str]


@dataclass(slots=True)
class _Stream:
    """What was counted of a stream so far."""

    items: Counter[str] = field(default_factory=Counter)
    rows: list[_Row] = field(default_factory=list)
    _seen: dict[tuple[str, str], Counter[str]] = field(default_factory=dict)
    _spelt: dict[str, str] = field(default_factory=dict)
    _analyzer: Analyzer = field(default_factory=Analyzer)

    def add(self, document: Document, lang: str) -> None:
        reading = self._analyzer.read(document)
        self.items[lang] += 1
        for view in VIEWS:
            counter = self._seen.setdefault((lang, view), Counter())
            counter.update(self._shared(reading.of(view).terms()))
            if len(counter) > PRUNE_AT:
                self._seen[lang, view] = Counter({term: n for term, n in counter.items() if n > 1})
        self.rows.append(_Row(lang, reading.length, *map(self._shared, placed_terms(reading))))

    def _shared(self, terms: Iterable[str]) -> list[str]:
        """One string object per term, however many items hold it."""
        return [self._spelt.setdefault(term, term) for term in terms]

    def counts(self, lang: str) -> Counts:
        kept = {view: {term: n for term, n in sorted(self._seen[lang, view].items()) if n >= MIN_OWN} for view in VIEWS}
        return Counts(self.items[lang], *(kept[view] for view in VIEWS))


def _joined(sample: Sample, rows: Sequence[_Row], own: Mapping[str, Counts]) -> Sample:
    """The sample with rows added, and the terms that are frequent among them."""
    number = {term: i for i, term in enumerate(sample.terms)}
    total: Counter[str] = Counter()
    for counts in own.values():
        total.update(counts.words)
    fresh = sorted((term for term in total if term not in number), key=lambda term: (-total[term], term))[:OWN_TERMS]
    number.update({term: i for i, term in enumerate(fresh, len(number))})
    langs = (*sample.langs, *sorted(own.keys() - set(sample.langs)))
    column = {lang: i for i, lang in enumerate(langs)}
    sets = [
        sorted(number[term] for term in terms if term in number) for row in rows for terms in (row.headline, row.others)
    ]
    sizes = np.array([len(held) for held in sets], dtype=np.int64)
    return Sample(
        terms=(*sample.terms, *fresh),
        ids=np.concatenate([sample.ids, np.array([i for held in sets for i in held], dtype=np.int32)]),
        starts=np.concatenate([sample.starts, sample.starts[-1] + np.cumsum(sizes)]),
        lengths=np.concatenate([sample.lengths, np.array([row.length for row in rows], dtype=np.int32)]),
        langs=langs,
        lang_of=np.concatenate([sample.lang_of, np.array([column[row.lang] for row in rows], dtype=np.uint8)]),
    )
