"""The configuration: `load(path, environ)` gives a `Config`, or raises every mistake with its line.

The way of a file: `document` (YAML → text values with lines) → `variables` (`${VAR}`) → `model` (types, defaults)
→ `explain` (mistakes in plain words) → `load` (files it names, contradictions) → `resolved` (what the rest uses).
`watch` notices edits while the service runs.
"""

from monitor.config.load import load
from monitor.config.problem import InvalidConfigError, Problem
from monitor.config.resolved import Config
from monitor.config.watch import ConfigWatcher, restart_needed

__all__ = ["Config", "ConfigWatcher", "InvalidConfigError", "Problem", "load", "restart_needed"]
