"""What is wrong with a config file, told in one line per mistake."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from monitor.errors import ConfigError

KeyPath = tuple[str | int, ...]
"""Where a value sits in the file: `("alerts", "channels", 0, "url")`."""


def key_text(path: KeyPath) -> str:
    """The path as people write it: `alerts.channels[0].url`."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            text += f".{step}" if text else step
    return text


@dataclass(frozen=True, slots=True)
class Mistake:
    """Something wrong at a key; `line` (from 1) where the place is known better than by the key."""

    path: KeyPath
    what: str
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """A mistake with the file and line it was found in; `str()` is the line to show."""

    file: str
    what: str
    path: KeyPath = ()
    line: int | None = None

    def __str__(self) -> str:
        """`config.yaml:12: alerts.channels[0].min_scores: unknown key; did you mean min_score?`."""
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{place}: {key_text(self.path)}: {self.what}" if self.path else f"{place}: {self.what}"


class InvalidConfigError(ConfigError):
    """A config file with mistakes; `str()` tells the first and how many more there are.

    Attributes:
        problems: all of them, in the order of the file.
        files: every file that was read or looked for, with a hash of what it held; a change in one may mend the config.
    """

    def __init__(self, problems: Sequence[Problem], files: Mapping[Path, str] | None = None) -> None:
        self.problems = tuple(sorted(problems, key=lambda problem: problem.line or 0))
        self.files: Mapping[Path, str] = dict(files or {})
        more = len(self.problems) - 1
        super().__init__(f"{self.problems[0]}{f' (and {more} more)' if more else ''}")
