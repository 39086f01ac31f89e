"""A YAML text as plain data, with the line of every key.

Every scalar is read as text: the model decides what `NO`, `off`, `22:00` or `0123` mean, not YAML 1.1, which would
make them false, false, 1320 and 83. An empty value and `null` are None. Nothing is constructed from tags.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import yaml

from monitor.config.problem import KeyPath, Mistake, key_text

Value = str | None | list["Value"] | dict[str, "Value"]

_CORE = "tag:yaml.org,2002:"
_PLAIN_TAGS = {
    f"{_CORE}{kind}" for kind in ["str", "int", "float", "bool", "null", "timestamp", "seq", "map", "merge", "value"]
}  # what YAML sees in plain values; any other tag was written out
_MAX_NODES = 100_000  # far above any real config, far below what nested aliases can make
_MAX_DEPTH = 50


_VARIABLE = re.compile(r"\$\{[^{}\n]*\}")
_MASK = str.maketrans("{}", "\ue000\ue001")
_UNMASK = str.maketrans("\ue000\ue001", "{}")


def masked(text: str) -> str:
    """The text with private-use characters for the braces of `${…}`, which would end a mapping written in braces.

    As long as the text, so that what stands in it stands where it stood.
    """
    return _VARIABLE.sub(lambda variable: variable[0].translate(_MASK), text)


def unmasked(value: str) -> str:
    """A value as it was before `masked`."""
    return str(value).translate(_UNMASK)


@dataclass(frozen=True, slots=True)
class Document:
    """The data of a YAML text; `data` is None where the text is empty or broken.

    Attributes:
        lines: for every key path, the line (from 1) where its key, or its list item, stands.
        mistakes: what is wrong with the YAML itself.
    """

    data: Value
    lines: Mapping[KeyPath, int] = field(default_factory=dict)
    mistakes: tuple[Mistake, ...] = ()


def read_document(text: str) -> Document:
    """Read one YAML document; never raises for what the text holds."""
    try:
        root = yaml.compose(masked(text), Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        return Document(None, mistakes=(_syntax_mistake(error),))
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        return Document(None, mistakes=(Mistake((), "a control character YAML does not allow; remove it", line),))
    except RecursionError:
        return Document(None, mistakes=(Mistake((), "nested too deeply to be a config file", 1),))
    if root is None:
        return Document(None)
    reader = _NodeReader()
    data = reader.value(root, ())
    return Document(data, reader.lines, tuple(reader.mistakes))


def _syntax_mistake(error: yaml.MarkedYAMLError) -> Mistake:
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    problem = error.problem or "it cannot be read"
    if "'\\t'" in problem:
        hint = "a tab where YAML wants spaces; indent with spaces"
    elif "mapping values are not allowed" in problem:
        hint = "a ':' where none can stand; put the value in quotes, or check the indentation"
    elif "found undefined alias" in problem or "cannot start any token" in problem:
        hint = "a character that has a meaning in YAML; put the value in quotes"
    elif "single document" in (error.context or ""):
        hint = "a second YAML document starts here; keep one and remove the '---'"
    else:
        hint = f"{problem}; check the indentation, quotes and brackets here and in the lines above"
    return Mistake((), f"not valid YAML at column {column}: {hint}", line)


class _NodeReader:
    """Walks a node tree and gathers data, lines and mistakes."""

    def __init__(self) -> None:
        self.lines: dict[KeyPath, int] = {}
        self.mistakes: list[Mistake] = []
        self._open: set[int] = set()  # ids of the nodes around the current one, to see an alias to itself
        self._nodes = 0
        self._gave_up = False

    def value(self, node: yaml.Node, path: KeyPath) -> Value:
        line = node.start_mark.line + 1
        self.lines.setdefault(path, line)
        self._nodes += 1
        if id(node) in self._open or len(path) > _MAX_DEPTH or self._nodes > _MAX_NODES:
            if not self._gave_up:
                what = "nested too deeply, or an alias that repeats itself; write the value out"
                self.mistakes.append(Mistake(path, what, line))
            self._gave_up = True
            return None
        if node.tag not in _PLAIN_TAGS:
            self.mistakes.append(Mistake(path, "YAML tags have no meaning here; remove the '!…'", line))
        if isinstance(node, yaml.ScalarNode):
            return None if node.tag == f"{_CORE}null" else unmasked(node.value)
        self._open.add(id(node))
        try:
            if isinstance(node, yaml.SequenceNode):
                return [self.value(child, (*path, index)) for index, child in enumerate(node.value)]
            return dict(self._entries(node, path))
        finally:
            self._open.discard(id(node))

    def _entries(self, node: yaml.Node, path: KeyPath) -> Iterator[tuple[str, Value]]:
        first_lines: dict[str, int] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                self.mistakes.append(Mistake(path, "a list or mapping stands where a key should be", line))
                continue
            key = unmasked(key_node.value)
            if key in first_lines:
                place = key_text((*path, key))
                what = f"given twice, first in line {first_lines[key]}; keep one {place}"
                self.mistakes.append(Mistake((*path, key), what, line))
                continue
            first_lines[key] = line
            self.lines[*path, key] = line
            yield key, self.value(value_node, (*path, key))
