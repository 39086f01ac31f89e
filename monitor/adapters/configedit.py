"""Edits the config file the way a careful person would: lines are put in and taken out, the rest is not touched.

The only importer of ruamel.yaml, which tells where in the text a thing stands. Every edit is loaded as a config
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
from monitor.config.document import masked
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


def set_threshold(path: Path, signal: str, value: float, environ: Mapping[str, str]) -> None:
    """Write the threshold of a configured signal; the key is put in where it is absent.

    Raises:
        ConfigError: the file cannot be edited, or the threshold stands elsewhere, as a variable or behind an anchor.
    """
    known = tuple(load(path, environ).thresholds())
    _edit(path, lambda text: _with_threshold(path, text, signal, f"{value:g}", known), environ)


def _with_threshold(path: Path, text: str, signal: str, value: str, known: tuple[str, ...]) -> str:
    entry = f"{{threshold: {value}}}"
    key, signals = _child(YAML().compose(masked(text)), "signals")
    if key is None or signals.id != "mapping":
        # Written for one signal alone, the others that stand by default would be gone.
        block = "".join(f"\n  {name}: {entry if name == signal else '{}'}" for name in known)
        if key is None:
            return f"{text}{'' if not text or text.endswith(chr(10)) else chr(10)}signals:{block}\n"
        return _put(path, text, key, signals, block)
    key, settings = _child(signals, signal)
    if settings.id != "mapping":
        return _put(path, text, key, settings, f" {entry}")
    _refuse_shared(path, text, key, settings)
    found, threshold = _child(settings, "threshold")
    if found is not None:
        return _put(path, text, found, threshold, f" {value}")
    at = settings.start_mark.index
    if settings.flow_style:
        return f"{text[: at + 1]}threshold: {value}{', ' if settings.value else ''}{text[at + 1 :]}"
    return f"{text[:at]}threshold: {value}\n{' ' * settings.start_mark.column}{text[at:]}"


def _put(path: Path, text: str, key: Any, node: Any, value: str) -> str:  # noqa: ANN401  # ruamel's nodes are untyped
    """The text with a plain value in place of the key's present one, or of nothing."""
    _refuse_shared(path, text, key, node)
    written = text[node.start_mark.index : node.end_mark.index]
    if "${" in written:
        raise ConfigError(f"{path}:{key.start_mark.line + 1}: {key.value} comes from {written}; set the variable")
    if not written.strip():
        colon = text.index(":", key.end_mark.index) + 1
        return text[:colon] + value + text[colon:]
    return text[: node.start_mark.index] + value.lstrip(" ") + text[node.end_mark.index :]


def _refuse_shared(path: Path, text: str, key: Any, node: Any) -> None:  # noqa: ANN401  # ruamel's nodes are untyped
    """Refuse what does not stand behind its own key: another setting would change with it."""
    between = text[key.end_mark.index : node.start_mark.index]
    if node.anchor or node.start_mark.index < key.end_mark.index or not re.fullmatch(r"\s*(:\s*(#.*\s*)*)?", between):
        raise ConfigError(f"{path}:{key.start_mark.line + 1}: {key.value} uses a YAML anchor; edit it by hand")


def _child(node: Any, name: str) -> tuple[Any, Any]:  # noqa: ANN401  # ruamel's nodes are untyped
    """The nodes of a key and of its value in a mapping; None where there is none."""
    pairs = node.value if node is not None and node.id == "mapping" else ()
    return next(((key, value) for key, value in pairs if key.value == name), (None, None))


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
    key, feeds = _child(YAML().compose(masked(text)), "feeds")
    return key, feeds if key is not None and feeds.id == "sequence" else None


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
