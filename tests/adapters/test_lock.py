"""One service per database."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from monitor.adapters.lock import ServiceLock
from monitor.errors import ServiceRunningError, StorageError

HOLDER = (
    "import sys; from pathlib import Path; from monitor.adapters.lock import ServiceLock\n"
    "with ServiceLock(Path(sys.argv[1])):\n"
    "    print('held', flush=True); sys.stdin.read()\n"
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "monitor.db"


def test_a_second_service_is_refused_and_told_who_the_first_is(path: Path) -> None:
    with ServiceLock(path):
        with pytest.raises(ServiceRunningError, match=rf"{path} is in use .*process {os.getpid()}\)") as caught:
            ServiceLock(path).__enter__()
        assert "\n" not in str(caught.value)
        with pytest.raises(ServiceRunningError):
            ServiceLock(path).__enter__()


def test_a_lock_is_free_again_after_use(path: Path) -> None:
    lock = ServiceLock(path)
    for _ in range(2):
        with lock:
            pass
    with ServiceLock(path):
        pass


def test_two_databases_in_one_folder_have_a_lock_each(path: Path) -> None:
    with ServiceLock(path), ServiceLock(path.with_name("other.db")):
        pass


def test_a_killed_service_leaves_no_lock_behind(path: Path) -> None:
    command = [sys.executable, "-c", HOLDER, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "held\n"
        with pytest.raises(ServiceRunningError, match=f"process {child.pid}"):
            ServiceLock(path).__enter__()
        child.kill()
        child.wait()
        with ServiceLock(path):
            pass


def test_a_worker_that_outlives_its_service_does_not_keep_the_lock(path: Path) -> None:
    """Worker processes are forks of the service; a stuck one must not keep the next service from starting."""
    program = (
        "import os, sys; from pathlib import Path; from monitor.adapters.lock import ServiceLock\n"
        "lock = ServiceLock(Path(sys.argv[1])); lock.__enter__()\n"
        "ready, told = os.pipe()\n"
        "if os.fork() == 0:\n"
        "    os.write(told, b'.'); sys.stdin.read(); os._exit(0)\n"
        "os.read(ready, 1); print('forked', flush=True); os._exit(0)\n"
    )
    command = [sys.executable, "-c", program, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as service:
        assert service.stdout is not None
        assert service.stdout.readline() == "forked\n"
        service.wait()
        with ServiceLock(path):
            pass


def test_a_lock_that_cannot_be_made_is_one_clear_line(path: Path) -> None:
    path.parent.write_text("")
    with pytest.raises(StorageError, match=r"cannot be made .*check the folder"):
        ServiceLock(path).__enter__()
