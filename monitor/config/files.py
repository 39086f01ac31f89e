"""Reading the config file and the files it names: small regular files only, so that no read can hang or fill memory."""

import errno
import hashlib
import stat
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

_MAX_BYTES = 10_000_000  # far above any config, feed list or secret


class Files:
    """Reads files and remembers what each held, or why it could not be read, as a hash."""

    def __init__(self) -> None:
        self._hashes: dict[Path, str] = {}

    @property
    def hashes(self) -> Mapping[Path, str]:
        """Every file asked for so far."""
        return dict(self._hashes)

    def read(self, path: Path) -> bytes:
        """The content; raises OSError also where it is no regular file or larger than 10 MB."""
        try:
            body = _read(path)
        except OSError as error:
            self._hashes[path] = type(error).__name__
            raise
        self._hashes[path] = hashlib.sha256(body).hexdigest()
        return body


def hashes_of(paths: Iterable[Path]) -> Mapping[Path, str]:
    """What the files hold now, as `Files` would remember it."""
    files = Files()
    for path in paths:
        with suppress(OSError):
            files.read(path)
    return files.hashes


def why_unreadable(error: OSError) -> str:
    """An OSError in plain words."""
    match error:
        case FileNotFoundError() | NotADirectoryError():
            return "no such file"
        case IsADirectoryError():
            return "a folder, not a file"
        case PermissionError():
            return "may not be read by this user"
    return f"cannot be read ({error.strerror})"


def _read(path: Path) -> bytes:
    mode = path.stat().st_mode
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):  # a folder gets its own error from open()
        raise OSError(errno.EINVAL, "not a regular file")
    with path.open("rb") as file:
        body = file.read(_MAX_BYTES + 1)
    if len(body) > _MAX_BYTES:
        raise OSError(errno.EFBIG, "larger than 10 MB")
    return body
