"""The layout's rules, read off the syntax trees: imports run one way, effects stay out of `domain/`."""

import ast
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LAYERS = ("domain", "ports", "pipeline", "app", "cli")
FREE = {"numpy", "scipy", "sklearn"}
"""classifiers/ is written in these; anywhere else one file may import them."""

STDLIB_WITH_EFFECTS = {
    "asyncio", "http", "io", "os", "pathlib", "random", "secrets", "shutil", "socket", "sqlite3", "subprocess",
    "sys", "tempfile", "threading", "time", "logging", "urllib.request",
}  # fmt: skip
CLOCK_CALLS = {"now", "utcnow", "today"}


def modules() -> list[Path]:
    return sorted(path for package in ("monitor", "classifiers") for path in (ROOT / package).rglob("*.py"))


def dotted(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module or ""


def layer(name: str) -> str:
    """`domain`, `ports`, `pipeline`, `adapters`, `cli` (with `web`) or `app` (the wiring and what stands beside it)."""
    second = name.split(".")[1] if "." in name else "root"
    if second in {"domain", "ports", "pipeline", "adapters"}:
        return second
    if second in {"cli", "__main__", "web"}:
        return "cli"
    return "leaf" if second in {"errors", "together", "config", "root", "shipped"} else "app"


ALLOWED = {
    "domain": {"domain"},
    "ports": {"domain", "ports"},
    "pipeline": {"domain", "ports", "pipeline", "leaf"},
    "adapters": {"domain", "ports", "adapters", "leaf"},
    "leaf": {"domain", "leaf", "adapters"},
    "app": {"domain", "ports", "pipeline", "adapters", "leaf", "app", "cli"},
    "cli": {"domain", "ports", "pipeline", "adapters", "leaf", "app", "cli"},
}


@pytest.mark.parametrize("path", modules(), ids=dotted)
def test_imports_run_one_way(path: Path) -> None:
    """Domain ← ports ← pipeline ← app ← cli, web; adapters → ports, domain; nobody imports towards the outside."""
    name = dotted(path)
    for target in imports(path):
        if name.split(".")[0] == "classifiers":
            assert target.split(".")[0] != "monitor", f"{name} imports {target}"
        elif target.split(".")[0] == "monitor":
            assert layer(target) in ALLOWED[layer(name)], f"{name} ({layer(name)}) imports {target} ({layer(target)})"
        elif target.split(".")[0] == "classifiers":
            assert layer(name) in {"adapters", "app", "cli"}, f"{name} imports {target}"


def test_each_library_has_one_importer() -> None:
    """Each package imports a third-party library in one file (the command line is one package of files)."""
    importers: dict[str, set[str]] = defaultdict(set)
    for path in modules():
        name = dotted(path)
        unit = "monitor.cli" if name.startswith("monitor.cli") else name
        for target in imports(path):
            library = target.split(".")[0]
            if library in sys.stdlib_module_names or library in {"monitor", "classifiers"}:
                continue
            if library in FREE and name.startswith("classifiers"):
                continue
            importers[f"{library} in {name.split('.')[0]}"].add(unit)
    assert {library: units for library, units in importers.items() if len(units) > 1} == {}


@pytest.mark.parametrize("path", sorted((ROOT / "monitor" / "domain").glob("*.py")), ids=dotted)
def test_domain_is_pure(path: Path) -> None:
    """No I/O, no clock, no randomness in domain/: standard library only, and only its pure part."""
    for target in imports(path):
        library = target.split(".")[0]
        assert library in sys.stdlib_module_names | {"monitor"}, f"{path.name} imports {target}"
        assert STDLIB_WITH_EFFECTS.isdisjoint({library, target}), f"{path.name} imports {target}"
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            called = node.func
            name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
            assert name not in CLOCK_CALLS | {"open", "print", "input"}, f"{path.name}:{node.lineno} calls {name}"


@pytest.mark.parametrize("path", sorted((ROOT / "monitor" / "domain").glob("*.py")), ids=dotted)
def test_domain_files_open_with_their_stage(path: Path) -> None:
    """A newcomer who lists domain/ and reads the first lines knows the flow."""
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    assert docstring
    assert "→" in docstring.splitlines()[0] or path.name == "__init__.py"


@pytest.mark.parametrize("path", modules(), ids=dotted)
def test_modules_and_functions_stay_readable(path: Path) -> None:
    """Modules of at most 300 lines, functions of at most 40: past that the design is asked, not the formatter."""
    source = path.read_text(encoding="utf-8")
    assert len(source.splitlines()) <= 300, f"{path} has {len(source.splitlines())} lines"
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            assert length <= 40, f"{path}:{node.lineno} {node.name} has {length} lines"


def test_no_module_is_named_for_nothing() -> None:
    """`utils` and its like say nothing about what is inside."""
    names = {path.stem for path in modules()}
    assert names.isdisjoint({"utils", "helpers", "common", "misc"})
