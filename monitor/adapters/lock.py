"""One service per database: a lock the system gives back however the process ends."""

import fcntl
import os
import weakref
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from monitor.errors import ServiceRunningError, StorageError


class ServiceLock:
    """Holds `<database>.lock` while entered. The file stays; only the lock on it counts.

    Raises:
        ServiceRunningError: another process holds it; the message has its process id.
        StorageError: the lock file cannot be made.
    """

    def __init__(self, database: Path) -> None:
        self.path = database.with_name(database.name + ".lock")
        self._descriptor: int | None = None
        # A forked child would keep the lock after our death; it closes its copy, which leaves ours alone.
        forget = weakref.WeakMethod(self._close)
        os.register_at_fork(after_in_child=lambda: (close := forget()) and close())

    def __enter__(self) -> Self:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)
        except OSError as error:
            raise StorageError(
                f"lock file {self.path} cannot be made ({error.strerror}); check the folder and its permissions"
            ) from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip()
            os.close(descriptor)
            if not isinstance(error, BlockingIOError):
                raise StorageError(
                    f"lock file {self.path} cannot be locked ({error.strerror}); put the database on a local disk"
                ) from error
            raise ServiceRunningError(
                f"database {self.path.with_suffix('')} is in use by another service"
                f" (process {holder or 'unknown'}); stop that one, or set another `database` in the config"
            ) from error
        self._descriptor = descriptor
        with suppress(OSError):  # the number is for people; a full disk does not stop the service here
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"{os.getpid()}\n".encode("ascii"), 0)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._descriptor is not None:
            with suppress(OSError):
                os.ftruncate(self._descriptor, 0)
        self._close()

    def _close(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
