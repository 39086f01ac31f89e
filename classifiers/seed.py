"""Seed: a labelled example document, one text file each.

``<folder>/<signal>/*.txt`` and ``<folder>/background/*.txt``, as in scikit-learn's ``load_files``. A plain article
works as it is. A front matter block (``---`` YAML ``---``) may carry ``title``, ``lang``, ``labels``, ``source``,
``date`` and ``note``; ``labels`` may name further signals that the text is an example of.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from classifiers.errors import SeedError
from classifiers.text import Document, document_from_text
from classifiers.tokens import surfaces

BACKGROUND = "background"
KEYS = frozenset({"title", "lang", "labels", "source", "date", "note"})
MAX_BYTES = 1_000_000
LEAK_WORDS = 8

_SIGNAL = re.compile(r"[a-z][a-z0-9_]*")
_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?)^---[ \t]*$\n?", re.DOTALL | re.MULTILINE)
_MOJIBAKE = re.compile("\ufffd|Ã[\u0080-\u00bf]|â€|Ð[\u0080-\u00bf]Ñ")


@dataclass(frozen=True, slots=True)
class Seed:
    """A labelled example; ``labels`` is empty for ordinary news."""

    id: str
    title: str
    body: str
    lang: str | None
    labels: frozenset[str]

    @property
    def document(self) -> Document:
        """The text without its labels."""
        return Document(self.title, self.body, self.lang)


@dataclass(frozen=True, slots=True)
class SeedFault:
    """Something about the seeds that somebody should look at: which kind, which seed, and what."""

    kind: str
    seed: str
    detail: str


def load_seeds(folder: Path, *, detect: Callable[[str], str | None] | None = None) -> list[Seed]:
    """All seeds below a folder, in the order of their paths.

    Args:
        folder: Holds one folder per signal, and ``background``.
        detect: Tells the language of a text that does not name its own.

    Raises:
        SeedError: the folder holds no seeds, or a file cannot be read as one.
    """
    if not folder.is_dir():
        raise SeedError(f"seeds {folder}: no such folder; give the folder that holds one folder per signal")
    kinds = [p for p in sorted(folder.iterdir()) if p.is_dir() and not p.name.startswith((".", "_"))]
    signals = frozenset(p.name for p in kinds) - {BACKGROUND}
    for kind in kinds:
        if not _SIGNAL.fullmatch(kind.name):
            raise SeedError(f"seeds {kind}: a signal is named in lower case letters, digits and _; rename the folder")
    paths = [path for kind in kinds for path in sorted(kind.glob("*.txt")) if not path.name.startswith(".")]
    if not paths:
        raise SeedError(f"seeds {folder}: holds no <signal>/*.txt; add texts, 20 or more per signal")
    return [_load(path, signals, detect) for path in paths]


def signals_of(seeds: Iterable[Seed]) -> tuple[str, ...]:
    """The signals that seeds are examples of, in alphabetical order."""
    return tuple(sorted({label for seed in seeds for label in seed.labels}))


def _load(path: Path, signals: frozenset[str], detect: Callable[[str], str | None] | None) -> Seed:
    header, body = _split(path, _text(path))
    labels = _labels(path, header, signals)
    document = Document(str(header["title"]), body) if header.get("title") else document_from_text(body)
    if not any(surfaces(f"{document.title} {document.body}")):
        raise SeedError(f"seed {path}: has no words; remove the file or write its text")
    lang = header.get("lang") or (detect(f"{document.title}\n{document.body}") if detect else None)
    return Seed(f"{path.parent.name}/{path.name}", document.title, document.body, lang, labels)


def _text(path: Path) -> str:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise SeedError(f"seed {path}: cannot be read ({error.strerror or error})") from error
    if len(raw) > MAX_BYTES:
        raise SeedError(f"seed {path}: {len(raw)} bytes; a seed is one article of at most {MAX_BYTES}")
    if b"\0" in raw:
        raise SeedError(f"seed {path}: holds zero bytes, so it is not a text; save it as UTF-8")
    try:
        return raw.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise SeedError(f"seed {path}: byte {error.start} is not UTF-8; save it as UTF-8") from error


_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""Reading thousands of seeds takes seconds in Python."""


def _split(path: Path, text: str) -> tuple[dict[str, Any], str]:
    block = _FRONT_MATTER.match(text)
    if block is None:
        return {}, text.strip()
    try:
        header = yaml.load(block[1], Loader=_LOADER)  # noqa: S506  # the safe loader, in either language
    except (yaml.YAMLError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise SeedError(f"seed {path}: its front matter is not YAML ({reason})") from error
    header = {} if header is None else header
    if not isinstance(header, dict):
        raise SeedError(f"seed {path}: its front matter is not a list of keys and values")
    unknown = sorted(set(map(str, header)) - KEYS)
    if unknown:
        raise SeedError(
            f"seed {path}: unknown key {unknown[0]!r} in its front matter; known: {', '.join(sorted(KEYS))}"
        )
    lang = header.get("lang")
    if lang is not None and not isinstance(lang, str):
        raise SeedError(f"seed {path}: lang {lang!r} is not a text; write it in quotes")
    return header, text[block.end() :].strip()


def _labels(path: Path, header: dict[str, Any], signals: frozenset[str]) -> frozenset[str]:
    named = header.get("labels") or []
    if not isinstance(named, list) or not all(isinstance(label, str) for label in named):
        raise SeedError(f"seed {path}: labels must be a list of signals, such as [human_trafficking]")
    unknown = sorted(set(named) - signals)
    if unknown:
        raise SeedError(f"seed {path}: label {unknown[0]!r} has no folder; known: {', '.join(sorted(signals))}")
    kind = path.parent.name
    if kind == BACKGROUND and named:
        raise SeedError(f"seed {path}: a background seed with labels; move it to {named[0]}/ or drop its labels")
    return frozenset(named) if kind == BACKGROUND else frozenset({kind, *named})


def check_seeds(seeds: Iterable[Seed], corpus: Iterable[str] | None = None) -> list[SeedFault]:
    """Faults of readable seeds: duplicates, label conflicts, broken encodings, and leaks from a corpus.

    Args:
        seeds: What :func:`load_seeds` gave.
        corpus: Texts that no seed may share eight words in a row with.
    """
    seeds = list(seeds)
    faults = [*_duplicates(seeds), *_encodings(seeds)]
    if corpus is not None:
        faults += _leaks(seeds, corpus)
    return faults


def _words(text: str) -> tuple[str, ...]:
    return tuple(surface.casefold() for surface in surfaces(text))


def _duplicates(seeds: list[Seed]) -> Iterator[SeedFault]:
    texts: dict[tuple[str, ...], Seed] = {}
    titles: dict[tuple[str, ...], Seed] = {}
    for seed in seeds:
        other = texts.setdefault(_words(f"{seed.title} {seed.body}"), seed)
        if other is not seed:
            kind = "duplicate" if other.labels == seed.labels else "label conflict"
            yield SeedFault(kind, seed.id, f"same text as {other.id}")
            continue
        same_title = titles.setdefault(_words(seed.title), seed)
        if same_title is not seed and seed.title:
            yield SeedFault("duplicate", seed.id, f"same title as {same_title.id}")


def _encodings(seeds: list[Seed]) -> Iterator[SeedFault]:
    for seed in seeds:
        found = _MOJIBAKE.search(f"{seed.title}\n{seed.body}")
        if found is not None:
            yield SeedFault("encoding", seed.id, f"holds {found[0]!r}, as text read with the wrong encoding does")


def _leaks(seeds: list[Seed], corpus: Iterable[str]) -> list[SeedFault]:
    owners: dict[tuple[str, ...], str] = {}
    for seed in seeds:
        for run in _runs(_words(f"{seed.title}\n{seed.body}")):
            owners.setdefault(run, seed.id)
    leaks = {(owners[run], " ".join(run)) for text in corpus for run in _runs(_words(text)) if run in owners}
    return [SeedFault("leak", seed, f"shares {run!r} with the corpus") for seed, run in sorted(leaks)]


def _runs(words: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    return (words[i : i + LEAK_WORDS] for i in range(len(words) - LEAK_WORDS + 1))
