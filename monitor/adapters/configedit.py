"""Edits the config file the way a careful person would: lines are put in and taken out, the rest is not touched.

The only importer of ruamel.yaml, which tells where in the text the feeds stand. Every edit is loaded as a config
before it replaces the file, so a running service never sees a broken one.
"""

import json
import os
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from monitor.config import load
from monitor.errors import ConfigError


def add_feeds(path: Path, feeds: Sequence[Mapping[str, object]], environ: Mapping[str, str]) -> None:
    """Append feeds to the file's `feeds`. Raises ConfigError where the file cannot be edited or would break."""
    entries = [_entry(feed) for feed in feeds]
    _edit(path, lambda text: _with(text, entries), environ)


def remove_feed(path: Path, url: str, environ: Mapping[str, str]) -> bool:
    """Take one feed out of the file; False where the file does not list it itself (it may come from an OPML file)."""
    before = after = ""

    def take_out(text: str) -> str:
        nonlocal before, after
        before, after = text, _without(text, url)
        return after

    _edit(path, take_out, environ)
    return before != after


def _with(text: str, entries: list[str]) -> str:
    """The text with entries at the end of its feeds."""
    key, feeds = _feeds(text)
    lines = text.splitlines(keepends=True)
    if feeds is not None and feeds.value and not feeds.flow_style:
        last = feeds.value[-1]
        column = lines[last.start_mark.line].index("-")
        at = _last_line(last) + 1
    elif feeds is not None and feeds.flow_style and feeds.value:
        at = feeds.end_mark.index - 1
        return text[:at].rstrip() + "".join(f", {entry}" for entry in entries) + text[at:]
    elif key is None:
        lines = [*lines, "feeds:"]
        column, at = 2, len(lines)
    else:  # an empty list, or nothing behind the colon: only a comment may follow
        line = key.end_mark.line
        lines[line] = re.sub(r"(:)[ \t]*(\[\s*\]|~|null)", r"\1", lines[line], count=1)
        column, at = key.start_mark.column + 2, line + 1
    if at and not lines[at - 1].endswith("\n"):
        lines[at - 1] += "\n"
    return "".join([*lines[:at], *(f"{' ' * column}- {entry}\n" for entry in entries), *lines[at:]])


def _without(text: str, url: str) -> str:
    """The text without the entry of a feed; the text itself where there is none."""
    _, feeds = _feeds(text)
    listed = feeds.value if feeds is not None else []
    found = next((entry for entry in listed if _url(entry) == url), None)
    if found is None:
        return text
    if not feeds.flow_style:
        lines = text.splitlines(keepends=True)
        return "".join(lines[: found.start_mark.line] + lines[_last_line(found) + 1 :])
    head, tail = text[: found.start_mark.index], text[found.end_mark.index :]
    following = re.match(r"\s*,\s*", tail)
    return head + tail[following.end() :] if following else re.sub(r",\s*$", "", head) + tail


def _feeds(text: str) -> tuple[Any, Any]:
    """The nodes of the key `feeds` and of its list; None where there is none."""
    root = YAML().compose(text)
    for key, value in root.value if root is not None else ():
        if key.value == "feeds":
            return key, value if value.id == "sequence" else None
    return None, None


def _url(entry: Any) -> str | None:  # noqa: ANN401  # ruamel's nodes are untyped
    if entry.id == "mapping":
        return next((str(value.value) for key, value in entry.value if key.value == "url"), None)
    return str(entry.value)


def _last_line(node: Any) -> int:  # noqa: ANN401  # ruamel's nodes are untyped
    """The last line with something of the node on it; a block's own end is where the next begins."""
    if node.id == "scalar" or node.flow_style:
        return int(node.end_mark.line)
    children = [part for pair in node.value for part in (pair if isinstance(pair, tuple) else (pair,))]
    return max((_last_line(child) for child in children), default=int(node.start_mark.line))


def _entry(feed: Mapping[str, object]) -> str:
    """A feed as a YAML mapping on one line. JSON is YAML; an address is easier to read without quotes."""
    parts = []
    for key, value in feed.items():
        plain = isinstance(value, str) and re.fullmatch(r"https?://[\w:/.?=&%~+-]+[\w/=]", value, re.ASCII)
        if value:
            parts.append(f"{key}: {value if plain else json.dumps(value, ensure_ascii=False)}")
    return "{" + ", ".join(parts) + "}"


def _edit(path: Path, change: Callable[[str], str], environ: Mapping[str, str]) -> None:
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            text = stream.read()
        crlf = "\r\n" in text
        edited = change(text.replace("\r\n", "\n"))
        _replace(path, edited.replace("\n", "\r\n") if crlf else edited, environ)
    except YAMLError as error:
        raise ConfigError(f"{path}: cannot be edited: {' '.join(str(error).split())}; mend it by hand") from error
    except OSError as error:
        reason = error.strerror or error
        raise ConfigError(f"{path}: cannot be written ({reason}); edit the file where it is kept") from error


def _replace(path: Path, text: str, environ: Mapping[str, str]) -> None:
    target = path.resolve()  # a link stays one; relative paths in the file start from the folder of the link
    candidate = path.with_name(f".{path.name}.{os.getpid()}.new")
    staged = target.with_name(candidate.name)
    try:
        staged.write_bytes(text.encode())
        staged.chmod(target.stat().st_mode & 0o777)
        if candidate.parent.resolve() != staged.parent:
            candidate.symlink_to(staged)
        load(candidate, environ)
        staged.replace(target)
    except ConfigError as error:
        raise ConfigError(f"not changed: {str(error).replace(str(candidate), str(path))}") from error
    finally:
        for leftover in (candidate, staged):
            with suppress(OSError):
                leftover.unlink(missing_ok=True)
