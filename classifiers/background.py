"""Background: counts of words over ordinary news, which the classifier weighs seeds against.

The shipped file holds numbers and terms only: how many items hold a term, for terms that at least ten items
hold, and for a sample of items the unordered sets of their frequent terms, in the headline and elsewhere. Names,
rare words and most word pairs are missing from the sets and places are folded, so no text can be read back from it.

Built by ``python -m classifiers.background OUT.npz ITEMS.jsonl.gz…``, one JSON object a line with ``title``,
``summary`` and ``lang``.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from hashlib import sha256
from importlib.resources import as_file, files
from io import BytesIO
from pathlib import Path
from typing import NamedTuple
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from classifiers.errors import BackgroundError
from classifiers.features import Analyzer, Reading
from classifiers.text import Document
from classifiers.tokens import VIEWS, WORDS

FORMAT = 2
MIN_ITEMS = 10
"""A term that fewer items hold is not in the file."""
ROW_TERMS = 65_535
"""Only the most frequent terms stand in the sampled items, so that a number takes two bytes."""
SAMPLE = {"en": 60_000, "pl": 6_000}
"""Items sampled per language; languages that are not named give counts only."""


@dataclass(frozen=True, slots=True, eq=False)
class Counts:
    """How many of ``items`` items of one language hold each term, per view."""

    items: int
    words: Mapping[str, int]
    stems: Mapping[str, int]

    def view(self, name: str) -> Mapping[str, int]:
        """The counts of one view."""
        return self.words if name == WORDS else self.stems


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """Ordinary items as unordered sets of frequent terms.

    ``ids[starts[2 * i]:starts[2 * i + 1]]`` are the terms in the headline of item i, and those up to
    ``starts[2 * i + 2]`` its other terms.
    """

    terms: tuple[str, ...]
    ids: npt.NDArray[np.int32]
    starts: npt.NDArray[np.int64]
    lengths: npt.NDArray[np.int32]
    langs: tuple[str, ...]
    lang_of: npt.NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.lengths)


@dataclass(frozen=True, slots=True, eq=False)
class Background:
    """Counts per language, a sample of items, and the hash of both; ``own`` is what :mod:`classifiers.blend` adds."""

    counts: Mapping[str, Counts]
    sample: Sample
    checksum: str
    own: Mapping[str, Counts] = field(default_factory=dict)


def build(documents: Iterable[Document], *, sample: Mapping[str, int] | None = None) -> Background:
    """Counts the terms of ordinary items; deterministic in the order of the items."""
    analyzer = Analyzer()
    seen: dict[str, dict[str, Counter[str]]] = {}
    totals: Counter[str] = Counter()
    held: dict[str, list[_Item]] = {}
    quota = SAMPLE if sample is None else sample
    for document in documents:
        lang = document.lang or "en"
        views = analyzer.read(document)
        totals[lang] += 1
        counters = seen.setdefault(lang, {view: Counter() for view in VIEWS})
        for view in VIEWS:
            counters[view].update(views.of(view).terms().keys())
        if lang in quota:
            held.setdefault(lang, []).append(_item(document, views))
    counts = {
        lang: Counts(totals[lang], *(_frequent(counters[view]) for view in VIEWS))
        for lang, counters in sorted(seen.items())
    }
    drawn = {lang: sorted(items, key=lambda item: item.draw)[: quota[lang]] for lang, items in held.items()}
    return _background(counts, _sample(counts, drawn))


class _Item(NamedTuple):
    draw: int
    headline: list[str]
    others: list[str]
    length: int


def _item(document: Document, reading: Reading) -> _Item:
    headline, others = placed_terms(reading)
    return _Item(_draw(document), sorted(headline), sorted(others), reading.length)


def placed_terms(reading: Reading) -> tuple[Set[str], Set[str]]:
    """The words and pairs of an item: those in its headline, and all others."""
    headline = reading.headline.of(WORDS).terms().keys()
    return headline, reading.of(WORDS).terms().keys() - headline


def _draw(document: Document) -> int:
    # A hash of the text draws the sample: evenly over the years, in no order, and the same each time.
    return int.from_bytes(sha256(f"{document.title}\n{document.body}".encode()).digest()[:8], "big")


def _frequent(counter: Counter[str]) -> dict[str, int]:
    return {term: n for term, n in sorted(counter.items()) if n >= MIN_ITEMS}


def _sample(counts: Mapping[str, Counts], held: Mapping[str, list[_Item]]) -> Sample:
    total: Counter[str] = Counter()
    for count in counts.values():
        total.update(count.words)
    terms = tuple(sorted(term for term, _ in sorted(total.items(), key=lambda p: (-p[1], p[0]))[:ROW_TERMS]))
    number = {term: i for i, term in enumerate(terms)}
    langs = tuple(sorted(held))
    items = [item for lang in langs for item in held[lang]]
    sets = [[number[t] for t in terms if t in number] for item in items for terms in (item.headline, item.others)]
    return Sample(
        terms=terms,
        ids=np.array([i for row in sets for i in row], dtype=np.int32),
        starts=np.concatenate([[0], np.cumsum([len(row) for row in sets], dtype=np.int64)]).astype(np.int64),
        lengths=np.array([item.length for item in items], dtype=np.int32),
        langs=langs,
        lang_of=np.repeat(np.arange(len(langs)), [len(held[lang]) for lang in langs]).astype(np.uint8),
    )


def _background(counts: Mapping[str, Counts], sample: Sample) -> Background:
    digest = sha256()
    for name, array in sorted(_arrays(counts, sample).items()):
        digest.update(name.encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return Background(counts, sample, digest.hexdigest()[:16])


def _arrays(counts: Mapping[str, Counts], sample: Sample) -> dict[str, npt.NDArray[np.generic]]:
    arrays: dict[str, npt.NDArray[np.generic]] = {
        "format": np.array([FORMAT], dtype=np.int32),
        "languages": _text(counts),
        "items": np.array([c.items for c in counts.values()], dtype=np.int64),
        "sample/terms": _text(sample.terms),
        "sample/gaps": _gaps(sample),
        "sample/sizes": np.diff(sample.starts).astype(np.uint16),
        "sample/lengths": sample.lengths.astype(np.uint16),
        "sample/langs": _text(sample.langs),
        "sample/lang_of": sample.lang_of,
    }
    for lang, count in counts.items():
        for view in VIEWS:
            arrays[f"{view}/{lang}/terms"] = _text(count.view(view))
            arrays[f"{view}/{lang}/items"] = np.array(list(count.view(view).values()), dtype=np.int32)
    return arrays


def _text(lines: Iterable[str]) -> npt.NDArray[np.uint8]:
    return np.frombuffer("\n".join(lines).encode(), dtype=np.uint8)


def _lines(array: npt.NDArray[np.uint8]) -> tuple[str, ...]:
    text = array.tobytes().decode()
    return tuple(text.split("\n")) if text else ()


def _gaps(sample: Sample) -> npt.NDArray[np.uint16]:
    gaps = np.diff(sample.ids, prepend=0)
    first = sample.starts[:-1][np.diff(sample.starts) > 0]
    gaps[first] = sample.ids[first]
    return gaps.astype(np.uint16)


def _ids(gaps: npt.NDArray[np.uint16], starts: npt.NDArray[np.int64]) -> npt.NDArray[np.int32]:
    running = np.concatenate([[0], np.cumsum(gaps, dtype=np.int64)])
    before = np.repeat(running[starts[:-1]], np.diff(starts))
    return np.asarray(running[1:] - before, dtype=np.int32)


def save(background: Background, path: Path) -> None:
    """Writes the counts as one compressed file of plain arrays; same counts, same bytes."""
    np.savez_compressed(path, allow_pickle=False, **_arrays(background.counts, background.sample))


def load(path: Path) -> Background:
    """Reads what :func:`save` wrote.

    Raises:
        BackgroundError: the file is missing, foreign, corrupt or of another format.
    """
    try:
        with np.load(BytesIO(path.read_bytes()), allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
    except (OSError, ValueError, EOFError, BadZipFile) as error:
        raise BackgroundError(f"background {path}: cannot be read ({error}); build it again") from error
    if "format" not in arrays or arrays["format"].tolist() != [FORMAT]:
        raise BackgroundError(f"background {path}: not of format {FORMAT}; build it again")
    return _read(arrays)


def _read(arrays: Mapping[str, npt.NDArray[np.generic]]) -> Background:
    def lines(name: str) -> tuple[str, ...]:
        return _lines(arrays[name].astype(np.uint8))

    counts = {}
    for lang, items in zip(lines("languages"), arrays["items"].tolist(), strict=True):
        views = [
            dict(zip(lines(f"{v}/{lang}/terms"), arrays[f"{v}/{lang}/items"].tolist(), strict=True)) for v in VIEWS
        ]
        counts[lang] = Counts(items, *views)
    starts = np.concatenate([[0], np.cumsum(arrays["sample/sizes"], dtype=np.int64)]).astype(np.int64)
    sample = Sample(
        terms=lines("sample/terms"),
        ids=_ids(arrays["sample/gaps"].astype(np.uint16), starts),
        starts=starts,
        lengths=arrays["sample/lengths"].astype(np.int32),
        langs=lines("sample/langs"),
        lang_of=arrays["sample/lang_of"].astype(np.uint8),
    )
    return _background(counts, sample)


def shipped() -> Background:
    """The counts that come with this package."""
    with as_file(files("classifiers").joinpath("data/background.npz")) as path:
        return load(path)


def read_items(paths: Sequence[Path]) -> Iterator[Document]:
    """Items of JSON lines files, plain or gzip, as documents."""
    for path in paths:
        opener = gzip.open if path.suffix == ".gz" else open
        with opener(path, "rt", encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                try:
                    item = json.loads(line)
                    yield Document(item["title"] or "", item.get("summary") or "", item.get("lang"))
                except (ValueError, KeyError, TypeError) as error:
                    raise BackgroundError(f"{path}, line {number}: not an item with a title ({error})") from error


def main(arguments: Sequence[str] | None = None) -> int:
    """Builds a background file from items; prints what it holds."""
    parser = argparse.ArgumentParser(prog="python -m classifiers.background", description="Counts ordinary news.")
    parser.add_argument("out", type=Path, help="file to write, .npz")
    parser.add_argument("items", type=Path, nargs="+", help="JSON lines with title, summary and lang; .gz or plain")
    options = parser.parse_args(arguments)
    background = build(read_items(options.items))
    save(background, options.out)
    for lang, count in background.counts.items():
        sys.stdout.write(f"{lang}: {count.items} items, {len(count.words)} words and pairs, {len(count.stems)} stems\n")
    sys.stdout.write(f"{len(background.sample)} sampled, {options.out.stat().st_size / 1e6:.1f} MB\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
