"""How much time, size and haste a fetch is allowed, and who it says it is."""

from dataclasses import dataclass
from datetime import timedelta

from monitor import __version__

_PRODUCT = f"trafficking-recruitment-monitor/{__version__}"


def user_agent(contact: str) -> str:
    """How the monitor calls itself: with whom a publisher can write to, where there is a contact."""
    return f"{_PRODUCT} (+{contact})" if contact else _PRODUCT


@dataclass(frozen=True, slots=True)
class FetchSettings:
    """Limits for every fetch.

    Attributes:
        timeout: for a whole fetch, redirects included; waiting for a free slot does not count.
        max_bytes: of a body after decompression.
        allow_private_addresses: lets feeds on the local network be read.
        concurrency: fetches at once.
        per_host: fetches at once from one host.
        spacing: between the starts of two fetches from one host.
        user_agent: sent where a feed names none of its own.
    """

    timeout: timedelta = timedelta(seconds=20)
    max_bytes: int = 10_000_000
    allow_private_addresses: bool = False
    concurrency: int = 64
    per_host: int = 2
    spacing: timedelta = timedelta(0)
    user_agent: str = _PRODUCT
