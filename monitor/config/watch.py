"""Edits of the config while the service runs: thresholds, channels and feeds take effect, a broken edit does not."""

from collections.abc import Callable, Mapping
from pathlib import Path

from monitor.config.files import hashes_of
from monitor.config.load import load
from monitor.config.problem import InvalidConfigError, Problem
from monitor.config.resolved import Config

_AT_START = ("database", "models", "seeds", "poll", "retention", "web", "log")

_Mark = tuple[str, int, int, int] | None
"""What a look at a file tells without reading it: name, time of change, size, inode; None where there is none."""


class ConfigWatcher:
    """Notices changes of a config file and of the files it names. Not for use by several threads.

    `read` loads the file anew: `load`, or what checks more after it.
    """

    def __init__(
        self,
        config: Config,
        environ: Mapping[str, str],
        read: Callable[[Path, Mapping[str, str]], Config] = load,
    ) -> None:
        self._good = config
        self._environ = environ
        self._read = read
        self._hashes = config.files
        self._marks: list[_Mark] | None = None  # none yet: an edit since the config was loaded counts too
        self._moving: list[_Mark] | None = None

    def changed(self) -> Config | None:
        """The new config once the files changed and hold still; None while there is nothing new.

        A change counts only when two calls in a row see the same: a file that is just being written is left alone.
        Raises InvalidConfigError once for each broken state; until it is mended, the last good config stays in force.
        """
        marks = [_mark(file) for file in self._hashes]
        if marks == self._marks:
            self._moving = None
            return None
        if marks != self._moving:
            self._moving = marks
            return None
        self._moving, self._marks = None, marks
        hashes = hashes_of(self._hashes)
        if hashes == self._hashes:  # touched, or written again as it was
            return None
        self._hashes = hashes
        return self._reload()

    def _reload(self) -> Config:
        try:
            config = self._read(self._good.path, self._environ)
            _refuse_loss_of_feeds(self._good, config)
        except InvalidConfigError as error:
            self._hashes = {**self._hashes, **error.files}  # a file this attempt looked for may yet come
            self._marks = None
            raise
        self._good, self._hashes, self._marks = config, config.files, None
        return config


def restart_needed(old: Config, new: Config) -> tuple[str, ...]:
    """Keys that differ but take effect only at the next start, as written in the file: `web.port`."""
    changed: list[str] = []
    for key in _AT_START:
        before, after = getattr(old, key), getattr(new, key)
        if before == after:
            continue
        if isinstance(before, Path):
            changed.append(key)
        else:
            fields = type(before).model_fields
            changed += [f"{key}.{name}" for name in fields if getattr(before, name) != getattr(after, name)]
    return tuple(changed)


def _refuse_loss_of_feeds(old: Config, new: Config) -> None:
    if old.feeds and not new.feeds:
        what = "the feeds are gone, so this edit is not taken over; restart to run without feeds"
        raise InvalidConfigError([Problem(str(new.path), what, ("feeds",))], new.files)


def _mark(file: Path) -> _Mark:
    try:
        found = file.stat()
    except OSError:
        return None
    return (str(file), found.st_mtime_ns, found.st_size, found.st_ino)
