"""Edits the config file the way a careful person would: comments, order and spelling of the rest stay.

The only importer of ruamel.yaml. Every edit is loaded as a config before it replaces the file, so a running service
never sees a broken one.
"""

import io
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from monitor.config import load
from monitor.errors import ConfigError


def add_feeds(path: Path, feeds: Sequence[Mapping[str, object]], environ: Mapping[str, str]) -> None:
    """Append feeds to the file's `feeds`. Raises ConfigError where the file cannot be edited or would break."""

    def append(document: Any) -> None:  # noqa: ANN401 - ruamel's round-trip types
        if not document.get("feeds"):
            document["feeds"] = []
        entries = document["feeds"]
        for feed in feeds:
            # Before the last entry: a comment that follows the list hangs on it, and would end up in the middle.
            entries.insert(max(len(entries) - 1, 0), _flow_map(feed))

    _edit(path, append, environ)


def remove_feed(path: Path, url: str, environ: Mapping[str, str]) -> bool:
    """Take one feed out of the file; False where the file does not list it itself (it may come from an OPML file)."""
    removed = False

    def take_out(document: Any) -> None:  # noqa: ANN401 - ruamel's round-trip types
        nonlocal removed
        entries = document.get("feeds") or []
        for index, entry in enumerate(entries):
            if url == (entry.get("url") if isinstance(entry, Mapping) else entry):
                del entries[index]
                removed = True
                return

    _edit(path, take_out, environ)
    return removed


def _edit(path: Path, change: Callable[[Any], None], environ: Mapping[str, str]) -> None:
    editor = YAML()
    editor.preserve_quotes = True
    editor.width = 4096  # never re-wrap what a person wrote
    editor.indent(mapping=2, sequence=4, offset=2)
    try:
        document = editor.load(path.read_text(encoding="utf-8"))
        if document is None:
            document = editor.load("{}")
        change(document)
        edited = io.StringIO()
        editor.dump(document, edited)
        _replace(path, edited.getvalue(), environ)
    except YAMLError as error:
        raise ConfigError(f"{path}: cannot be edited: {' '.join(str(error).split())}; mend it by hand") from error
    except OSError as error:
        reason = error.strerror or error
        raise ConfigError(f"{path}: cannot be written ({reason}); edit the file where it is kept") from error


def _replace(path: Path, text: str, environ: Mapping[str, str]) -> None:
    candidate = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        candidate.write_text(text, encoding="utf-8")
        candidate.chmod(path.stat().st_mode & 0o777)
        load(candidate, environ)
        candidate.replace(path)
    except ConfigError as error:
        raise ConfigError(f"not changed: {str(error).replace(str(candidate), str(path))}") from error
    finally:
        candidate.unlink(missing_ok=True)


def _flow_map(feed: Mapping[str, object]) -> Any:  # noqa: ANN401 - ruamel's round-trip types
    entry = YAML().map(**{key: value for key, value in feed.items() if value})
    entry.fa.set_flow_style()
    return entry
