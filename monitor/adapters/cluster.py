"""The Engine of a Dask cluster (distributed), which is there already and is reached by its address.

The cluster is trusted as this machine is: it runs our code, and what it answers is unpickled. Its workers need this
package, of the same version.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import CancelledError
from types import TracebackType
from typing import Any, Self, TypeVar

from monitor import __version__
from monitor.adapters.engine import attempt, outcome_of
from monitor.errors import EngineError, InputError, WorkerCrashError, WorkerTimeoutError

T = TypeVar("T")

CONNECT_SECONDS = 10

EXTRA = "trafficking-recruitment-monitor[dask]"


class DaskEngine:
    """Runs functions on the workers of a cluster. `async with` connects, and leaves the cluster as it was.

    A worker that is lost costs nothing: its work is done again by another, and so is a task that took three workers
    with it, until it is given up. A task at its time limit is left alone, as a cluster's worker cannot be killed.

    Args:
        address: of the scheduler, such as `tcp://10.0.0.5:8786`.
    """

    def __init__(self, address: str) -> None:
        self._address = address
        self._client: Any = None
        self._width = 1

    @property
    def width(self) -> int:
        """How many threads the workers had together when we connected."""
        return self._width

    async def __aenter__(self) -> Self:
        try:
            from distributed import Client  # noqa: PLC0415  # an extra, and slow to import
        except ImportError as error:
            raise InputError(
                f"engine dask needs the package distributed; install it with `pip install '{EXTRA}'`"
            ) from error
        try:
            self._client = await Client(  # type: ignore[no-untyped-call]
                self._address, asynchronous=True, timeout=CONNECT_SECONDS, set_as_default=False
            )
        except (OSError, TimeoutError, ValueError) as error:
            raise EngineError(
                f"dask_address {self._address}: no scheduler answers ({_line(error)}); start one, or use engine: local"
            ) from error
        try:
            await self._meet_workers()
        except BaseException:
            await self.__aexit__(None, None, None)
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        client, self._client = self._client, None
        await client.close()

    async def run(self, fn: Callable[..., T], *args: object, timeout: float) -> T:  # noqa: ASYNC109  # limits the work
        """Run `fn(*args)` on a worker; `timeout` seconds count from when it is handed over.

        Raises:
            WorkerTimeoutError: no answer by then.
            WorkerCrashError: it raised, or took several workers with it.
            EngineError: the cluster is gone, or has no workers any more.
        """
        from distributed import KilledWorker  # noqa: PLC0415  # as above

        future = self._client.submit(attempt, fn, args, pure=False)
        try:
            async with asyncio.timeout(timeout):
                return outcome_of(fn, await future)  # type: ignore[no-any-return]  # dask's futures are untyped
        except TimeoutError as error:
            if not await self._threads():
                raise EngineError(
                    f"dask_address {self._address}: no workers left; start some, then run again"
                ) from error
            raise WorkerTimeoutError(f"{fn.__name__} did not end within {timeout:g} s") from error
        except KilledWorker as error:
            raise WorkerCrashError(f"{fn.__name__} took its workers down") from error
        except WorkerCrashError:
            raise
        except (Exception, CancelledError) as error:
            raise EngineError(
                f"dask_address {self._address}: the cluster failed ({_line(error)}); see its log, then run again"
            ) from error
        finally:
            future.release()

    async def _meet_workers(self) -> None:
        """Raises EngineError where there are none, or where one has another version of this package."""
        self._width = await self._threads()
        if not self._width:
            raise EngineError(f"dask_address {self._address}: the scheduler has no workers; start some")
        try:
            versions = await self._client.run(version)
        except Exception as error:
            raise EngineError(
                f"dask_address {self._address}: its workers cannot run this program ({_line(error)}); "
                f"install {__version__} on each"
            ) from error
        for worker, found in versions.items():
            if found != __version__:
                raise EngineError(f"dask worker {worker} has version {found} of this program; install {__version__}")

    async def _threads(self) -> int:
        try:
            return sum((await self._client.nthreads()).values())
        except Exception as error:
            raise EngineError(f"dask_address {self._address}: the scheduler is gone ({_line(error)})") from error


def version() -> str:
    """What a worker has installed."""
    return __version__


def _line(error: BaseException) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:200]
