"""A model as files."""

import json
import shutil
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from classifiers.artifact import load_model, save_model
from classifiers.errors import ArtifactError
from classifiers.manifest import FORMAT, Manifest
from classifiers.text import Document
from classifiers.train import TrainingResult

DOCUMENTS = [Document("Nepalis recruited to fight for Russia", "", "en"), Document("Rain", "at the weekend", "en")]


@pytest.fixture
def folder(tiny_model_folder: Path, tmp_path: Path) -> Path:
    """A copy that a test may damage."""
    return Path(shutil.copytree(tiny_model_folder, tmp_path / "model"))


def test_a_loaded_model_scores_the_same(trained: TrainingResult, tmp_path: Path) -> None:
    """Round trip: scores, explanations, id, manifest, and how common words are."""
    save_model(trained.model, tmp_path / "m")
    again = load_model(tmp_path / "m")
    assert (again.score(DOCUMENTS) == trained.model.score(DOCUMENTS)).all()
    assert again.manifest == trained.model.manifest
    stems = ["the", "polic", "zyxwova", "2022"]
    assert (again.commonness.share(stems, "en") == trained.model.commonness.share(stems, "en")).all()
    signal = again.signals[0]
    assert again.explanation(DOCUMENTS[0], signal) == trained.model.explanation(DOCUMENTS[0], signal)


def test_an_older_report_without_languages_takes_those_of_all_seeds(trained: TrainingResult) -> None:
    """A model of an earlier version still loads, and is as sure as it was then."""
    stored = trained.model.manifest.as_dict()
    for report in stored["reports"].values():
        del report["languages"]
    read = Manifest.from_dict(stored)
    assert {report.languages for report in read.reports.values()} == {trained.model.manifest.languages}


def test_nothing_is_pickled(folder: Path) -> None:
    """Arrays load with pickling off; the manifest is JSON and says where the model came from."""
    for path in folder.glob("*.npz"):
        with np.load(path, allow_pickle=False) as arrays:
            assert all(arrays[name].dtype != object for name in arrays.files)
    manifest = json.loads((folder / "manifest.json").read_text())
    assert {"model_id", "signals", "seeds_hash", "background_hash", "libraries", "base_rate", "reports"} <= set(
        manifest
    )


@pytest.mark.parametrize("name", ["weights.npz", "commonness.npz", "lexicon.json", "probes.json"])
def test_a_changed_file_is_refused(folder: Path, name: str) -> None:
    """One flipped byte is enough."""
    content = bytearray((folder / name).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / name).write_bytes(content)
    with pytest.raises(ArtifactError, match=f"{name} was changed"):
        load_model(folder)


@pytest.mark.parametrize("name", ["manifest.json", "weights.npz", "commonness.npz", "lexicon.json", "probes.json"])
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(ArtifactError, match=name):
        load_model(folder)


@pytest.mark.parametrize(
    ("manifest", "reason"),
    [
        ("{", "cannot be read"),
        ("[]", "format None"),
        ('{"format": 0}', "format 0 where this version reads"),
        (f'{{"format": {FORMAT}}}', "no checksums"),
    ],
)
def test_an_old_or_foreign_manifest_is_refused(folder: Path, manifest: str, reason: str) -> None:
    """Never wrong scores: a clear message and the way out."""
    (folder / "manifest.json").write_text(manifest)
    with pytest.raises(ArtifactError, match=reason) as caught:
        load_model(folder)
    assert "train" in str(caught.value)


def test_scores_that_moved_since_training_are_refused(folder: Path) -> None:
    """As when a new stemmer reads words differently: the probes notice."""
    probes = json.loads((folder / "probes.json").read_text())
    probes["decisions"][0][0] += 0.01
    content = json.dumps(probes).encode()
    (folder / "probes.json").write_bytes(content)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["checksums"]["probes.json"] = sha256(content).hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(ArtifactError, match="scores differ"):
        load_model(folder)


def test_an_unwritable_folder_is_told(trained: TrainingResult, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ArtifactError, match="cannot be written"):
        save_model(trained.model, tmp_path / "file")
