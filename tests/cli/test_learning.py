"""`monitor train`, `score`, `evaluate`, `label`, `models` and `seeds`."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from classifiers.background import Background
from monitor.adapters import training
from tests.cli.conftest import SIGNALS, Monitor, write_config

TRAFFICKING = "Women rescued from forced labour in a brothel\n\nTraffickers held the victims in debt bondage.\n"


def records(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return write_config(tmp_path)


@pytest.mark.usefixtures("model")
def test_a_document_is_scored(monitor: Monitor, config: Path, tmp_path: Path) -> None:
    """Per signal a probability; for people, the words behind a hit; for programs, those of every signal."""
    path = tmp_path / "article.txt"
    path.write_text(TRAFFICKING, encoding="utf-8")
    (record,) = records(monitor("score", path, "--json", "-c", config).out)
    assert record["id"] == str(path)
    assert record["scores"].keys() == record["why"].keys() == set(SIGNALS)
    assert record["hits"] == ["human_trafficking"]
    assert all(isinstance(term, str) and isinstance(weight, float) for term, weight in record["why"][SIGNALS[1]])
    assert record["nearest_seed"]["human_trafficking"].startswith("human_trafficking/")
    assert (record["confident"], record["low_confidence"]) == (True, [])
    shown = monitor("score", path, "-c", config).out
    assert re.search(
        r"^  \d\.\d{3}  human_trafficking  HIT\n +why: .+\n +nearest seed: human_trafficking/", shown, re.MULTILINE
    )
    assert "low confidence" not in shown


@pytest.mark.usefixtures("model")
def test_a_language_without_examples_is_scored_and_marked(monitor: Monitor, config: Path) -> None:
    """Never silently nothing: the score stands, with a word on how far to trust it."""
    line = json.dumps({"title": "Poliisi vapautti ihmiskaupan uhreja Helsingissä", "lang": "fi"}).encode()
    (record,) = records(monitor("score", "--input", "jsonl", "--json", "-c", config, stdin=line).out)
    assert (record["confident"], record["low_confidence"]) == (False, list(SIGNALS))
    assert record["scores"].keys() == set(SIGNALS)
    shown = monitor("score", "--input", "jsonl", "-c", config, stdin=line).out
    assert f"low confidence for {', '.join(SIGNALS)}: language fi is not among the model's" in shown


@pytest.mark.usefixtures("model")
@pytest.mark.parametrize("arguments", [[], ["-"], ["--input", "jsonl"]], ids=["none", "-", "jsonl"])
def test_standard_input_is_scored(arguments: list[str], monitor: Monitor, config: Path) -> None:
    """With - or without any path."""
    body = json.dumps({"title": "Women rescued", "summary": TRAFFICKING}) if "jsonl" in arguments else TRAFFICKING
    (record,) = records(monitor("score", *arguments, "--json", "-c", config, stdin=body.encode()).out)
    assert record["hits"] == ["human_trafficking"]


@pytest.mark.usefixtures("model")
def test_broken_lines_are_numbered_and_the_rest_is_scored(monitor: Monitor, config: Path, tmp_path: Path) -> None:
    """The exit code is 1 at the end; ids stay what they are."""
    path = tmp_path / "in.jsonl"
    path.write_bytes(b'{"title": "Council talks about roads", "id": 7}\n{broken\n\n[]\n{"title": "Women rescued"}\n')
    result = monitor("score", "--input", "jsonl", path, "--json", "-c", config)
    assert [record["id"] for record in records(result.out)] == [7, f"{path}:5"]
    assert [line.split(": ")[1] for line in result.errors] == [f"{path}:2", f"{path}:4"]
    assert result.code == 1


@pytest.mark.usefixtures("model")
def test_a_file_that_cannot_be_read_does_not_keep_the_others_from_being_scored(
    monitor: Monitor, config: Path, tmp_path: Path
) -> None:
    """Each is told in a line of its own; the exit code is 2."""
    bodies = {
        "a.txt": TRAFFICKING.encode(),
        "empty.txt": b"",
        "binary": b"\0" * 100,
        "z.txt": b"Council talks of roads",
    }
    for name, body in bodies.items():
        (tmp_path / name).write_bytes(body)
    result = monitor("score", *(tmp_path / name for name in [*bodies, "none"]), "--json", "-c", config)
    assert [Path(record["id"]).name for record in records(result.out)] == ["a.txt", "z.txt"]
    assert [line.split(": ")[2] for line in result.errors] == [
        "empty; there is nothing to score",
        "binary, not text; convert it to UTF-8 text first",
        "cannot be read (No such file or directory); name a readable file",
    ]
    assert result.code == 2


@pytest.mark.usefixtures("model")
def test_a_file_full_of_rubbish_is_told_in_a_few_lines(monitor: Monitor, config: Path, tmp_path: Path) -> None:
    """The first faults are shown, the rest counted."""
    (tmp_path / "rubbish").write_bytes(b"rubbish\n" * 1000)
    result = monitor("score", "--input", "jsonl", tmp_path / "rubbish", "-c", config)
    assert (result.code, result.out) == (1, "")
    assert len(result.errors) == 21
    assert result.errors[-1] == "error: 980 more like these"


@pytest.mark.usefixtures("model")
def test_graded_items_are_measured(monitor: Monitor, config: Path, tmp_path: Path) -> None:
    """A record per signal with valid JSON only; bad lines are told and counted in the exit code."""
    path = tmp_path / "graded.jsonl"
    rows = [{"title": TRAFFICKING, "grades": {SIGNALS[1]: 2}}, {"title": "Council talks", "grades": {SIGNALS[1]: 0}}]
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    result = monitor("evaluate", path, "--json", "-c", config)
    assert (result.code, result.errors) == (0, [])
    assert "NaN" not in result.out
    measured = {record["signal"]: record for record in records(result.out) if "lang" not in record}
    assert measured[SIGNALS[1]]["recall"] == 1.0
    assert "false/10k" in monitor("evaluate", path, "-c", config).out
    with path.open("a", encoding="utf-8") as stream:
        stream.write("\nbroken\n")
    again = monitor("evaluate", path, "--json", "-c", config)
    assert again.code == 1
    assert again.errors[0].startswith(f"error: {path}:3: not JSON")


def test_without_a_model_the_way_to_one_is_told(monitor: Monitor, config: Path) -> None:
    """Scoring does not train behind one's back."""
    result = monitor("score", "-", "-c", config, stdin=b"text")
    assert (result.code, result.out) == (1, "")
    assert "monitor train" in result.errors[0]


def test_training_keeps_versions(
    monitor: Monitor, tmp_path: Path, tiny_seeds: Path, tiny_background: Background, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Train, add a seed, train again, go back; both versions are kept, and one is in use."""
    monkeypatch.setattr(training, "shipped", lambda: tiny_background)
    shutil.copytree(tiny_seeds, tmp_path / "seeds")
    config = write_config(tmp_path, seeds="seeds")
    first = monitor("train", "-c", config)
    assert first.code == 0
    assert first.out.splitlines()[1].split()[-4:] == ["recall@1", "recall@2", "recall@5", "recall@10"]
    (tmp_path / "seeds" / SIGNALS[1] / "one-more.txt").write_text(TRAFFICKING, encoding="utf-8")
    (told,) = records(monitor("train", "--json", "--force", "-c", config).out)
    assert (told["activated"], told["refused"]) == (True, None)
    assert told["sentinels"][SIGNALS[1]].keys() >= {"reports", "found", "missed", "others", "raised", "failing"}
    assert f"sentinels of {SIGNALS[1]}: " in first.out
    newest, oldest = records(monitor("models", "list", "--json", "-c", config).out)
    assert (newest["active"], oldest["active"]) == (True, False)
    assert newest["average_precision"].keys() == set(SIGNALS)
    assert monitor("models", "rollback", "-c", config).out == f"model {oldest['id']} is in use\n"
    assert monitor("models", "activate", newest["id"], "-c", config).out == f"model {newest['id']} is in use\n"


@pytest.mark.parametrize("arguments", [["activate", "nope"], ["activate", "../../etc"], ["rollback"]], ids=" ".join)
def test_an_unknown_model_is_refused(arguments: list[str], monitor: Monitor, config: Path) -> None:
    """One line says where the versions are listed."""
    monitor("feeds", "list", "-c", config)
    result = monitor("models", *arguments, "-c", config)
    assert result.code == 2
    assert "monitor models list" in result.errors[0]


def test_a_verdict_is_recorded(monitor: Monitor, polled: Path) -> None:
    """It shows beside the hit; a second one replaces it."""
    hit = records(monitor("hits", "--json", "-c", polled).out)[0]
    for verdict in ("no", "yes"):
        assert monitor("label", hit["item_id"], hit["signal"], verdict, "-c", polled).code == 0
        assert records(monitor("hits", "--json", "-c", polled).out)[0]["verdict"] == verdict


@pytest.mark.parametrize(
    "arguments", [["999999", "human_trafficking", "yes"], ["1", "nope", "yes"], ["1", "human_trafficking", "maybe"],
                  ["0", "human_trafficking", "yes"], ["9" * 30, "human_trafficking", "yes"]],
)  # fmt: skip
def test_a_verdict_on_nothing_is_refused(arguments: list[str], monitor: Monitor, polled: Path) -> None:
    """Unknown items, signals and answers."""
    assert monitor("label", *arguments, "-c", polled).code == 2


def test_seeds_are_checked(monitor: Monitor, tmp_path: Path, tiny_seeds: Path) -> None:
    """Clean seeds end with 0, doubtful ones with 1 and a row each."""
    clean = write_config(tmp_path, seeds=str(tiny_seeds))
    assert monitor("seeds", "check", "-c", clean).code == 0
    for kind in ("human_trafficking", "background"):
        (tmp_path / "twins" / kind).mkdir(parents=True)
        (tmp_path / "twins" / kind / "one.txt").write_text(TRAFFICKING, encoding="utf-8")
    result = monitor("seeds", "check", "--json", "-c", write_config(tmp_path, seeds="twins"))
    assert result.code == 1
    assert records(result.out)[0].keys() == {"kind", "seed", "detail"}
