"""A model as files: plain arrays and a JSON manifest. Nothing is pickled, so loading runs no stored code.

``manifest.json`` names the SHA-256 of every other file. ``weights.npz`` holds what scores, ``commonness.npz`` how
common words are in the news, ``lexicon.json`` the folded names and the glossary, and ``probes.json`` a few texts with
their decision values: a model whose libraries read words differently today fails on them with a clear message, where
it would otherwise give wrong scores.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from classifiers.calibrate import Calibration
from classifiers.commonness import Commonness
from classifiers.errors import ArtifactError
from classifiers.fold import Places
from classifiers.glossary import Glossary, glossary_of
from classifiers.linear import Linear, ViewWeights
from classifiers.manifest import FORMAT, Manifest
from classifiers.model import Model
from classifiers.nearest import SeedIndex
from classifiers.openings import Openings
from classifiers.text import Document
from classifiers.tokens import VIEWS

MANIFEST, WEIGHTS, COMMONNESS = "manifest.json", "weights.npz", "commonness.npz"
LEXICON, PROBES = "lexicon.json", "probes.json"
DATA = (WEIGHTS, COMMONNESS, LEXICON, PROBES)
TOLERANCE = 1e-6

_PROBE_TEXTS = (
    ("Recruiters lured Kenyan men to fight in Ukraine, court told", "The accused promised them jobs as guards.", "en"),
    ("Women trafficked from Nigeria freed from brothel", "Police arrested four people for forced prostitution.", "en"),
    ("Ministry opens a new hospital in the capital", "The building has three hundred beds.", "en"),
    ("Detenidos por reclutar a cubanos para la guerra", "Las víctimas de trata fueron engañadas.", "es"),
    ("Наёмники из Непала воевали на Украине", "Их завербовали обманом.", "ru"),
)


def save_model(model: Model, folder: Path) -> None:
    """Writes a model into a folder, which is made if need be; same model, same bytes.

    Raises:
        ArtifactError: the folder cannot be written.
    """
    contents = {
        WEIGHTS: _weights(model),
        COMMONNESS: _commonness(model.commonness),
        LEXICON: _lexicon(model.places, model.glossary),
        PROBES: _probes(model),
    }
    checksums = {name: sha256(content).hexdigest() for name, content in contents.items()}
    save_packed({**contents, MANIFEST: _json({**model.manifest.as_dict(), "checksums": checksums})}, folder)


def save_packed(files: Mapping[str, bytes], folder: Path) -> None:
    """Writes the files of a model, as :func:`packed` read them, into a folder, which is made if need be.

    Raises:
        ArtifactError: the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            (folder / name).write_bytes(content)
    except OSError as error:
        raise ArtifactError(f"model {folder}: cannot be written ({error.strerror or error})") from error


def load_model(folder: Path) -> Model:
    """Reads what :func:`save_model` wrote and proves that it still scores as it did.

    Raises:
        ArtifactError: a file is missing, foreign, changed, of another format, or the scores differ.
    """
    return unpacked(packed(folder), str(folder))


def packed(folder: Path) -> dict[str, bytes]:
    """The files of a model by name, those that are there, for :func:`unpacked` here or in another process.

    Raises:
        ArtifactError: a file cannot be read.
    """
    files = {}
    for name in (MANIFEST, *DATA):
        try:
            files[name] = (folder / name).read_bytes()
        except FileNotFoundError:
            continue
        except OSError as error:
            fault = error.strerror or error
            raise ArtifactError(f"model {folder}: {name} cannot be read ({fault}); train again") from error
    return files


def unpacked(files: Mapping[str, bytes], name: str) -> Model:
    """The model of its files, proved as by :func:`load_model`; `name` is what errors call it.

    Raises:
        ArtifactError: as :func:`load_model`.
    """
    if MANIFEST not in files:
        raise ArtifactError(f"model {name}: has no {MANIFEST}; train a model first")
    manifest = _manifest(files[MANIFEST], name)
    for file in DATA:
        if file not in files:
            raise ArtifactError(f"model {name}: has no {file}; train again")
        if sha256(files[file]).hexdigest() != manifest["checksums"].get(file):
            raise ArtifactError(f"model {name}: {file} was changed after training (checksum differs); train again")
    try:
        linear, calibration, seeds = _read_weights(files[WEIGHTS])
        places, glossary = _read_lexicon(files[LEXICON])
        known = Manifest.from_dict({key: value for key, value in manifest.items() if key != "checksums"})
        commonness = _read_commonness(files[COMMONNESS])
        model = Model(known, linear, calibration, places, glossary, seeds, commonness)
    except (KeyError, TypeError, ValueError, AttributeError, EOFError, BadZipFile) as error:
        raise ArtifactError(f"model {name}: its files do not fit together ({error}); train again") from error
    _prove(model, name, files[PROBES])
    return model


def _manifest(content: bytes, name: str) -> dict[str, Any]:
    try:
        manifest = json.loads(content.decode("utf-8"))
    except ValueError as error:
        raise ArtifactError(f"model {name}: {MANIFEST} cannot be read ({error}); train again") from error
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        found = manifest.get("format") if isinstance(manifest, dict) else None
        raise ArtifactError(f"model {name}: format {found!r} where this version reads {FORMAT}; train again")
    if not isinstance(manifest.get("checksums"), dict):
        raise ArtifactError(f"model {name}: {MANIFEST} names no checksums; train again")
    return manifest


def _prove(model: Model, name: str, probes: bytes) -> None:
    expected = np.array(json.loads(probes)["decisions"])
    found = model.decide([Document(*text) for text in _PROBE_TEXTS])
    if expected.shape != found.shape or not np.allclose(expected, found, atol=TOLERANCE):
        raise ArtifactError(
            f"model {name}: scores differ from those at training, as when the stemmer's version changes; train again"
        )


def _probes(model: Model) -> bytes:
    return _json({"decisions": model.decide([Document(*text) for text in _PROBE_TEXTS]).tolist()})


def _json(values: Mapping[str, Any]) -> bytes:
    return json.dumps(values, indent=1, sort_keys=True, ensure_ascii=False).encode()


def _weights(model: Model) -> bytes:
    arrays: dict[str, npt.NDArray[np.generic]] = {
        "intercept": model.linear.intercept,
        "slope": model.calibration.slope,
        "offset": model.calibration.offset,
        "seeds/names": _lines(model.seeds.names),
        "seeds/labels": model.seeds.labels,
        "seeds/terms": model.seeds.terms.astype(np.int32),
        "seeds/starts": model.seeds.starts.astype(np.int32),
    }
    for view in VIEWS:
        arrays[f"{view}/terms"] = _lines(model.linear.views[view].terms)
        arrays[f"{view}/weights"] = model.linear.views[view].weights
    return _packed(arrays)


def _packed(arrays: Mapping[str, npt.NDArray[np.generic]]) -> bytes:
    buffer = BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


def _lines(lines: Sequence[str]) -> npt.NDArray[np.uint8]:
    return np.frombuffer("\n".join(lines).encode(), dtype=np.uint8)


def _unlines(array: npt.NDArray[np.uint8]) -> tuple[str, ...]:
    text = array.tobytes().decode()
    return tuple(text.split("\n")) if text else ()


def _read_weights(content: bytes) -> tuple[Linear, Calibration, SeedIndex]:
    with np.load(BytesIO(content), allow_pickle=False) as stored:
        views = {}
        for view in VIEWS:
            views[view] = ViewWeights(_unlines(stored[f"{view}/terms"]), stored[f"{view}/weights"])
            if len(views[view].terms) != len(views[view].weights):
                raise ValueError(f"{view}: terms and weights differ in number")
        seeds = SeedIndex(
            names=_unlines(stored["seeds/names"]),
            labels=stored["seeds/labels"],
            terms=stored["seeds/terms"].astype(np.int64),
            starts=stored["seeds/starts"].astype(np.int64),
        )
        return Linear(views, stored["intercept"]), Calibration(stored["slope"], stored["offset"]), seeds


def _commonness(known: Commonness) -> bytes:
    # Distances between ascending hashes, byte by byte of a number: compressed, a quarter smaller.
    steps = np.diff(known.stems, prepend=np.uint32(0)).astype("<u4").view(np.uint8).reshape(-1, 4)
    return _packed(
        {
            "langs": _lines(known.langs),
            "starts": known.starts,
            "steps": np.ascontiguousarray(steps.T),
            "shares": known.shares,
        }
    )


def _read_commonness(content: bytes) -> Commonness:
    with np.load(BytesIO(content), allow_pickle=False) as stored:
        steps = np.ascontiguousarray(stored["steps"].T).view("<u4").ravel()
        known = Commonness(
            langs=_unlines(stored["langs"]),
            starts=stored["starts"],
            stems=np.cumsum(steps, dtype=np.uint32),
            shares=stored["shares"],
        )
    if len(known.starts) != len(known.langs) + 1 or {known.starts[-1]} != {len(known.stems), len(known.shares)}:
        raise ValueError("commonness: languages, stems and shares differ in number")
    return known


def _lexicon(places: Places, glossary: Glossary) -> bytes:
    return _json(
        {
            "words": dict(places.words),
            "exact": dict(places.exact),
            "sequences": [[list(key), label] for key, label in sorted(places.sequences.items())],
            "prefixes": {lang: dict(known) for lang, known in places.prefixes.items()},
            "checksum": places.checksum,
            "glossary": {"words": glossary.words, "prefixes": glossary.prefixes},
        }
    )


def _read_lexicon(content: bytes) -> tuple[Places, Glossary]:
    stored = json.loads(content)
    sequences = {tuple(key): label for key, label in stored["sequences"]}
    places = Places(
        words=stored["words"],
        exact=stored["exact"],
        sequences=sequences,
        openings=frozenset(key[0] for key in sequences),
        continuations=frozenset(word for key in sequences for word in key[1:]),
        prefixes={lang: Openings(known) for lang, known in stored["prefixes"].items()},
        checksum=stored["checksum"],
    )
    return places, glossary_of(stored["glossary"]["words"], stored["glossary"]["prefixes"])
