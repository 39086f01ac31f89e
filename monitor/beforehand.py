"""Imported where archives will be read: what that takes is read now, and not with the first chunk.

By the process that workers are forked from, once for all of them; by a cluster's worker, when it is started with
`--preload monitor.beforehand`.
"""

import monitor.preparing  # noqa: F401  # with all that it imports
from monitor.adapters.countries import CldrGeographer
from monitor.adapters.engine import seldom
from monitor.adapters.language import ready

ready()
CldrGeographer().ready()
seldom()
