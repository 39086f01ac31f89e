"""`${VAR}` and `${VAR:-default}` in the values of a config file; `$${` stands for a plain `${`.

Variables are put in after the YAML was read, so that no value can change the structure of the file.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from monitor.config.document import Value
from monitor.config.problem import KeyPath, Mistake

_VARIABLE = re.compile(r"\$\$\{|\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::-(?P<default>[^}]*))?\}|\$\{")


@dataclass(frozen=True, slots=True)
class Filled:
    """Data with its variables put in.

    Attributes:
        from_environment: paths of values that hold what a variable held; never to be shown.
    """

    data: Value
    from_environment: frozenset[KeyPath]
    mistakes: tuple[Mistake, ...]


def fill_variables(data: Value, environ: Mapping[str, str]) -> Filled:
    """Put variables in. Empty counts as not set: a default stands in for both, and without one both are mistakes."""
    filler = _Filler(environ)
    filled = filler.value(data, ())
    return Filled(filled, frozenset(filler.touched), tuple(filler.mistakes))


class _Filler:
    """Walks the data and gathers what it filled in and what it could not."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self.touched: set[KeyPath] = set()
        self.mistakes: list[Mistake] = []

    def value(self, data: Value, path: KeyPath) -> Value:
        if isinstance(data, dict):
            return {key: self.value(child, (*path, key)) for key, child in data.items()}
        if isinstance(data, list):
            return [self.value(child, (*path, index)) for index, child in enumerate(data)]
        if isinstance(data, str) and "${" in data:
            return _VARIABLE.sub(lambda match: self._replacement(match, path), data)
        return data

    def _replacement(self, match: re.Match[str], path: KeyPath) -> str:
        if match[0] == "$${":
            return "${"
        name, default = match["name"], match["default"]
        if name is None:
            what = "a '${' that is no variable; write ${NAME} or ${NAME:-default}, or $${ for the characters themselves"
            self.mistakes.append(Mistake(path, what))
            return match[0]
        value = self._environ.get(name, "")
        if not value and default is None:
            state = "empty" if name in self._environ else "not set"
            what = f"the environment variable {name} is {state}; set it, or give a default: ${{{name}:-…}}"
            self.mistakes.append(Mistake(path, what))
            return match[0]
        self.touched.add(path)
        return value or str(default)
