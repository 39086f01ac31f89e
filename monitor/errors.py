"""Every error this project raises on purpose.

::

    MonitorError                 exit 1: failed at run time
    ├── ConfigError              exit 2: the config file, a variable in it, or a channel URL
    │   └── InvalidConfigError   (in `config`) carries every problem of a file
    ├── InputError               exit 2: an argument or an input file
    ├── StorageError             exit 1: the database is full, locked, foreign or damaged
    │   └── ServiceRunningError  exit 1: another service holds the database
    ├── ModelError               exit 1: no usable model
    ├── EngineError              exit 1: the processes or the cluster that should do the work are not there
    ├── WorkerTimeoutError,
    │   WorkerCrashError         work was too much for a worker process; becomes one of those below, or costs a record
    ├── FetchError               recorded on the feed: permanent or retryable
    ├── ParseError               recorded on the feed
    └── DeliveryError            recorded on the alert: permanent or retryable

A message is one line: what happened, to which one, and the way out. The cause is chained.
"""

from datetime import timedelta


class MonitorError(Exception):
    """Base of all errors raised on purpose; `str()` is one line a user can act on."""

    exit_code = 1


class ConfigError(MonitorError):
    """The configuration cannot be used; names file, key, line and the fix."""

    exit_code = 2


class InputError(MonitorError):
    """An argument or an input file cannot be used; names it and the fix."""

    exit_code = 2


class StorageError(MonitorError):
    """The database cannot be read or written: full, locked, foreign, damaged or too new."""


class ServiceRunningError(StorageError):
    """Another process is polling into the same database."""


class ModelError(MonitorError):
    """There is no model, or the one there cannot be trusted."""


class EngineError(MonitorError):
    """The cluster that should do the work cannot be used: not there, without workers, without our code."""


class WorkerTimeoutError(MonitorError):
    """A task was still running at its time limit; its worker was killed."""


class WorkerCrashError(MonitorError):
    """A task raised, or its worker died: out of memory, a crash in native code."""


class FetchError(MonitorError):
    """A feed could not be fetched.

    Attributes:
        reason: short name stored on the feed, such as `timeout`, `http_404`, `dns`, `too_large`.
        permanent: True where asking again soon cannot help (HTTP 410, a forbidden address).
        retry_after: what the server asked for, None where it said nothing.
    """

    def __init__(
        self, message: str, *, reason: str, permanent: bool = False, retry_after: timedelta | None = None
    ) -> None:
        super().__init__(message)
        self.reason = reason
        self.permanent = permanent
        self.retry_after = retry_after


class ParseError(MonitorError):
    """A body was fetched but is no feed, or what it lists is too much for us.

    Attributes:
        reason: stored on the feed: `html`, `empty`, `malformed`, `scorer_timeout` …
    """

    def __init__(self, message: str, *, reason: str) -> None:
        super().__init__(message)
        self.reason = reason


class DeliveryError(MonitorError):
    """A channel did not take a message.

    Attributes:
        permanent: True where sending the same again cannot succeed (bad token, unknown recipient).
        retry_after: what the service asked for, None where it said nothing.
    """

    def __init__(self, message: str, *, permanent: bool, retry_after: timedelta | None = None) -> None:
        super().__init__(message)
        self.permanent = permanent
        self.retry_after = retry_after
