"""Feeds as published, by the fast reader and by feedparser alone: are they the same, item by item?

    python -m benchmarks.readers FEEDS_FOLDER…

Parses every XML file below each folder twice, with and without the fast reader, under each of three headers a server
may send with it. Prints how many documents there are, how many of them are read fast, and how many come out different;
then the processor time of both over those read fast, without what telling languages apart takes. Exit 1 if any differs.
"""

import argparse
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

from monitor.adapters import entry, parse, wellformed
from monitor.adapters.links import canonical_url
from monitor.domain.feed import ParsedFeed

_read = wellformed.read  # before it is patched

ADDRESS = "https://outlet.example/feeds/news.xml"
TYPES = ("application/xml", "text/xml; charset=utf-8", "application/rss+xml; charset=iso-8859-1")
"""Headers that servers send with any feed; the encoding they name says what may be read fast."""

Result = ParsedFeed | parse.Refused


@dataclass(frozen=True, slots=True)
class Comparison:
    """A document by both readers.

    Attributes:
        fast: whether the fast reader took it.
        seconds: processor time with the fast reader and without.
    """

    path: Path
    fast: bool
    with_it: Result
    without: Result
    seconds: tuple[float, float]

    def difference(self) -> str | None:
        """What is not the same, on one line."""
        ours, theirs = self.with_it, self.without
        if ours == theirs:
            return None
        if isinstance(ours, ParsedFeed) and isinstance(theirs, ParsedFeed):
            pairs = enumerate(zip(ours.items, theirs.items, strict=False), start=1)
            odd = next((number for number, (one, other) in pairs if one != other), None)
            where = f"item {odd}" if odd else f"{len(ours.items)} and {len(theirs.items)} items, or the feed itself"
        else:
            where = f"{type(ours).__name__} and {type(theirs).__name__}"
        return f"{self.path}: {where}"


def compare(path: Path, content_type: str, now: datetime) -> Comparison:
    """Parse a file as the worker does, then with nothing read fast."""
    body = path.read_bytes()
    taken = False

    def read(body: bytes, url: str) -> Mapping[str, Any] | None:
        nonlocal taken
        document = _read(body, url)
        taken = document is not None
        return document

    def parsed(reader: Callable[[bytes, str], Mapping[str, Any] | None]) -> tuple[Result, float]:
        with patch.object(wellformed, "read", reader):
            canonical_url.cache_clear()  # which the first reader would fill for the second
            began = time.process_time()
            return parse.parse_body(body, ADDRESS, content_type, now), time.process_time() - began

    with_it, fast = parsed(read)
    without, slow = parsed(lambda _body, _url: None)
    return Comparison(path, taken, with_it, without, (fast, slow))


def report(title: str, compared: Sequence[Comparison]) -> int:
    """Print what became of the documents; the number of those that come out different."""
    differences = [line for one in compared if (line := one.difference())]
    fast = [one for one in compared if one.fast]
    print(f"{title}: {len(compared)} documents, {len(fast)} read fast, {len(differences)} different")
    if fast:
        ours, theirs = (1000 * sum(one.seconds[side] for one in fast) / len(fast) for side in (0, 1))
        print(f"  {ours:.1f} ms of processor time a document read fast, {theirs:.1f} ms by feedparser")
    for line in differences:
        print(f"  {line}")
    return len(differences)


def main() -> int:
    """Print the table; the exit code is the verdict."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folders", nargs="+", type=Path)
    options = parser.parse_args()
    now = datetime.now(UTC)
    # Both readers end in the same detection, which takes more time than either.
    with patch.object(entry, "detect", lambda _text, prior: prior):
        different = 0
        for folder in options.folders:
            files = sorted(folder.rglob("*.xml"))
            for named in TYPES:
                different += report(f"{folder.name} as {named}", [compare(path, named, now) for path in files])
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
