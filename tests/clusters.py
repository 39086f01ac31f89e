"""A Dask cluster of real processes on loopback: a scheduler and workers of one thread each."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from distributed import Client

ROOT = Path(__file__).resolve().parents[1]


@dataclass
class Cluster:
    """Its address and its worker processes; those killed are not replaced."""

    address: str
    scheduler: subprocess.Popen[bytes]
    workers: list[subprocess.Popen[bytes]]


@contextmanager
def cluster(folder: Path, workers: int = 2, preload: str | None = None) -> Iterator[Cluster]:
    """Start one, wait for its workers, and end every process of it; `preload` is a module that workers begin with."""
    with ExitStack() as stack:
        note = folder / "scheduler.json"
        scheduler = _started(stack, folder, "scheduler", "--port", "0", "--no-dashboard", "--scheduler-file", str(note))
        while not (note.exists() and note.read_text()):  # the test's own time limit ends the wait
            assert scheduler.poll() is None
            time.sleep(0.02)
        found = [
            _started(
                stack, folder, "worker", "--scheduler-file", str(note), "--nthreads", "1", "--no-nanny",
                "--no-dashboard", "--name", str(number), *(("--preload", preload) if preload else ()),
            )
            for number in range(workers)
        ]  # fmt: skip
        address = str(json.loads(note.read_text())["address"])
        with Client(address, set_as_default=False) as client:  # type: ignore[no-untyped-call]
            client.wait_for_workers(workers, timeout=60)
        yield Cluster(address, scheduler, found)


def _started(stack: ExitStack, folder: Path, role: str, *arguments: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "dask", role, "--host", "127.0.0.1", *arguments]
    if role == "worker":
        command += ["--local-directory", str(folder)]
    log = stack.enter_context((folder / f"{role}-{len(list(folder.glob('*.log')))}.log").open("wb"))
    # One thread of arithmetic: what Dask's nanny sees to, which would start a lost worker again.
    search = {
        "OPENBLAS_NUM_THREADS": "1",
        "PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]),
    }
    process = stack.enter_context(
        subprocess.Popen(command, stdout=log, stderr=log, env=dict(os.environ) | search, cwd=folder)
    )
    stack.callback(process.kill)
    return process
