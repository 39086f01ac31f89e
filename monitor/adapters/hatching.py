"""The process that local workers are forked from.

Apart from `engine`: what workers share takes a second to import, and so does what a command needs, so that this is
started before anything else is imported.
"""

import multiprocessing
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


def hatch(preload: Sequence[str] = PRELOAD) -> None:
    """Start the process that local workers are forked from, once for all; it imports what they share beside us."""
    # Not fork: this process runs threads. A fork server starts a worker in milliseconds after the first.
    multiprocessing.get_context("forkserver").set_forkserver_preload(list(preload))
    forkserver.ensure_running()
