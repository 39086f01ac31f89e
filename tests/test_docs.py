"""The documents say what is there: commands, dependencies, links, the README's two commands."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import typer

from monitor.cli import app

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "seeds").glob("*.md")])
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)[^)]*\)")


def commands(group: Any, prefix: str = "monitor") -> set[str]:
    """Every command that can be called, as it is typed."""
    found = set()
    context = typer.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if hasattr(command, "list_commands"):
            found |= commands(command, f"{prefix} {name}")
            if getattr(command, "invoke_without_command", False):
                found.add(f"{prefix} {name}")
        else:
            found.add(f"{prefix} {name}")
    return found


def test_every_command_is_documented_and_every_documented_command_exists() -> None:
    """A heading in docs/commands.md for each, and none for what is gone."""
    text = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    headings = " ".join(line for line in text.splitlines() if line.startswith("###"))
    documented = {" ".join(name.split()) for name in re.findall(r"`(monitor [a-z ]+[a-z])", headings)}
    assert documented == commands(typer.main.get_group(app))


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path: Path) -> None:
    """A file that a document links to exists."""
    for target in LINK.findall(path.read_text(encoding="utf-8")):
        if not target.startswith(("http://", "https://", "mailto:")):
            assert (path.parent / target).exists(), f"{path.name} links to {target}"


def test_the_readme_begins_with_targets_that_exist() -> None:
    """The commands a newcomer types first are in the Makefile."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    named = re.findall(r"^make ([a-z]+)", (ROOT / "README.md").read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert named[:3] == ["run", "test", "demo"]
    for target in named:
        assert re.search(rf"^{target}:", makefile, flags=re.MULTILINE), f"make {target}"


def test_every_dependency_is_a_decision() -> None:
    """Each library of the project has its sentence, and none that is gone."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = {re.split(r"[<>=;\[ ]", line)[0].casefold() for line in project["dependencies"]}
    text = (ROOT / "docs" / "decisions" / "0001-dependencies.md").read_text(encoding="utf-8")
    listed = {name.casefold() for name in re.findall(r"^\| ([A-Za-z0-9._-]+) \|", text, flags=re.MULTILINE)} - {
        "library"
    }
    assert listed == wanted


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_document_names_a_machine(path: Path) -> None:
    """Paths of somebody's machine mean nothing to the reader."""
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"/(?:home|root|work|Users)/", text)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_named_in_text_exist(path: Path) -> None:
    """A file or folder of the source that a document names is there."""
    named = re.findall(
        r"`((?:monitor|classifiers|tests|docs|benchmarks)/[\w./-]*|[\w./-]+\.(?:py|toml)|[\w./]*requirements\.lock)`",
        path.read_text(encoding="utf-8"),
    )
    for name in named:
        found = (ROOT / name).exists() or any(
            any((ROOT / folder).rglob(name)) for folder in ("monitor", "classifiers", "tests")
        )
        assert found, f"{path.name} names {name}"


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_documents_use_the_words_of_the_design(path: Path) -> None:
    """Feed, item, hit, story, alert: another word for one of them would be a second thing to the reader."""
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"\b(?:article alerts?|news alerts?|matched items?|data sources?)\b", text, re.IGNORECASE)


def test_every_metric_is_documented() -> None:
    """The operator's table has each metric of the service, and none that is gone."""
    source = (ROOT / "monitor" / "web" / "metrics.py").read_text(encoding="utf-8")
    counters = {f"{name}_total" for name in re.findall(r'_counter\("(monitor_\w+)"', source)}
    others = set(re.findall(r'(?:_gauge\(|Histogram\(\s*)"(monitor_\w+)"', source))
    table = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `(monitor_\w+)", table, flags=re.MULTILINE)) == counters | others
