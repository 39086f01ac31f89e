"""A config as the rest of the program sees it: everything read, checked and in the domain's words."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from monitor.config.model import Log, Poll, Retention, Settings, Web
from monitor.config.problem import KeyPath, Problem
from monitor.domain.channel import Channel, QuietHours
from monitor.domain.feed import FeedSource

CONSOLE = "console"
"""Name of the channel that stands in where none is configured."""


@dataclass(frozen=True, slots=True)
class Config:
    """A usable config. Secrets show in no repr.

    Attributes:
        path: the file.
        database, models, seeds: absolute paths; `seeds` need not exist.
        warnings: what is odd but no mistake, one line each.
        files: every file the config was read from, itself first, with a hash of what it held.
    """

    path: Path
    database: Path
    models: Path
    seeds: Path
    poll: Poll
    retention: Retention
    web: Web
    log: Log
    settings: Settings = field(repr=False)
    feeds: tuple[FeedSource, ...] = field(repr=False)
    urls: Mapping[str, str] = field(repr=False)
    lines: Mapping[KeyPath, int] = field(repr=False, compare=False)
    warnings: tuple[str, ...] = ()
    files: Mapping[Path, str] = field(default_factory=dict, repr=False, compare=False)

    def feed_sources(self) -> tuple[FeedSource, ...]:
        """All feeds, those of OPML files included, each address once."""
        return self.feeds

    def without_secrets(self) -> str:
        """What is in force, as JSON with sorted keys; secrets are starred out, feeds of OPML files are listed."""
        settings = self.settings.model_dump(mode="json", by_alias=True)
        settings["feeds"] = [
            {"url": feed.url, "name": feed.name, "every": feed.every and feed.every.total_seconds()}
            for feed in self.feeds
        ]
        return json.dumps(settings, ensure_ascii=False, sort_keys=True)

    @property
    def hash(self) -> str:
        """SHA-256 of `without_secrets`: what a decision was made by, to be kept with it."""
        return hashlib.sha256(self.without_secrets().encode()).hexdigest()

    def thresholds(self) -> Mapping[str, float]:
        """The score from which an item is a hit, per configured signal."""
        return {name: signal.threshold for name, signal in self.settings.signals.items()}

    def channel_urls(self) -> Mapping[str, str]:
        """Where each channel leads, by name: secrets, for the notifier alone."""
        return self.urls or {CONSOLE: f"{CONSOLE}://"}

    def channels(self) -> tuple[Channel, ...]:
        """The channels, or one that prints to the console where none is configured."""
        alerts = self.settings.alerts
        hours = alerts.quiet_hours
        quiet = QuietHours(hours.start, hours.end, hours.timezone, hours.except_score) if hours else None
        if not alerts.channels:
            return (Channel(CONSOLE, quiet=quiet, max_per_hour=alerts.max_per_hour, ops=True),)
        return tuple(
            Channel(
                name=entry.name,
                signals=frozenset(entry.signals),
                min_score=entry.min_score,
                countries=frozenset(entry.countries),
                when=entry.when,
                quiet=quiet,
                restrained=entry.restrained,
                max_per_hour=entry.max_per_hour or alerts.max_per_hour,
                ops=entry.ops != "false",
                news=entry.ops != "only",
            )
            for entry in alerts.channels
        )

    def problem(self, path: KeyPath, what: str) -> Problem:
        """A mistake only others can see, such as a channel URL Apprise does not know, put at its line."""
        return Problem(str(self.path), what, path, line_of(path, self.lines))


def line_of(path: KeyPath, lines: Mapping[KeyPath, int]) -> int | None:
    """The line of a key, or of the nearest key around it."""
    for length in range(len(path), 0, -1):
        if path[:length] in lines:
            return lines[path[:length]]
    return lines.get(())
