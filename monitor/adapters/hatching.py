"""The process that local workers are forked from.

Apart from `engine`: what workers share takes a second to import, and so does what a command needs, so that this is
started before anything else is imported.
"""

import multiprocessing
import os
from collections.abc import Sequence
from multiprocessing import forkserver

PRELOAD = (
    "monitor.adapters.engine",
    "monitor.adapters.parse",
    "feedparser",
    "monitor.adapters.firstlooks",
    "monitor.adapters.forked",
)
"""What workers that parse and score share."""

ARCHIVES = (*PRELOAD, "monitor.beforehand")
"""What workers that read archives share."""


ARITHMETIC = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS")
"""How numpy's libraries are told how many threads to use; they read it when they are loaded."""


def hatch(preload: Sequence[str] = PRELOAD) -> None:
    """Start the process that local workers are forked from, once for all; it imports what they share beside us.

    Each worker does arithmetic with one thread, unless the environment says otherwise, and so does this process where
    it has not begun yet. With a thread a core in each they wait for each other in loops: half of the time for
    languages and scores went there.
    """
    for name in ARITHMETIC:
        os.environ.setdefault(name, "1")
    # Not fork: this process runs threads. A fork server starts a worker in milliseconds after the first.
    multiprocessing.get_context("forkserver").set_forkserver_preload(list(preload))
    forkserver.ensure_running()
