"""Links of a feed → the hub it names and the topic it has there (W3C WebSub, 4), from its headers or its body."""

import re
from collections.abc import Iterable, Iterator
from urllib.parse import urljoin

from monitor.adapters import guard
from monitor.domain.websub import Announcement
from monitor.errors import FetchError

LONGEST_URL = 2_000
MOST_LINKS = 100
"""Links of one document that are looked at."""

_LINK = re.compile(r"<([^<>]*)>([^<]*)")
_REL = re.compile(r";\s*rel\s*=\s*(?:\"([^\"]*)\"|([^\s;,\"]+))", re.IGNORECASE)

Link = tuple[str, str]
"""Relation, in lower case, and address."""


def announcement(links: Iterable[Link]) -> Announcement | None:
    """The first hub and the first own address among the links; None without both, as a hub is asked for the latter."""
    found: dict[str, str] = {}
    for _, (rel, href) in zip(range(MOST_LINKS), links, strict=False):
        if rel in {"hub", "self"} and _is_usable(href):
            found.setdefault(rel, href)
    return Announcement(found["hub"], found["self"]) if len(found) == 2 else None


def header_links(values: Iterable[str], url: str) -> Iterator[Link]:
    """What `Link` headers say (RFC 8288); targets are resolved against `url`. What cannot be read is left out."""
    for value in values:
        for target, parameters in _LINK.findall(value):
            rel = _REL.search(parameters)
            try:
                href = urljoin(url, target.strip())
            except ValueError:
                continue
            for one in (rel[1] or rel[2] or "").lower().split() if rel else ():
                yield one, href


def _is_usable(href: str) -> bool:
    try:
        guard.check_url(href)
    except FetchError:
        return False
    return len(href) <= LONGEST_URL and "#" not in href
