"""Slows down who guesses the password: a few wrong ones a minute, and the address is not listened to for a while."""

import hmac
import ipaddress
import logging
import math
import secrets
import time
from collections.abc import Callable

log = logging.getLogger(__name__)

TRIES = 5
"""Different wrong passwords in a WINDOW, enough for anybody's slips; at this rate a year allows 2.6 million guesses."""

WINDOW = 60.0
"""Seconds."""

MOST = 1000
"""Addresses remembered; of more, those whose last wrong password is the longest ago are forgotten."""


class Throttle:
    """Wrong passwords by client, in memory and bounded.

    The same wrong password counts once: a program with last month's password guesses nothing, and must not lock out
    whoever comes from its address, which behind a proxy are many. A right one makes nobody's count smaller.

    Args:
        clock: monotonic, seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._key = secrets.token_bytes(32)
        self._wrong: dict[str, dict[bytes, float]] = {}

    def wait(self, address: str) -> int:
        """Whole seconds until this address is listened to again; 0 where it is now."""
        tried = self._recent(_client(address))
        return math.ceil(min(tried.values()) + WINDOW - self._clock()) if len(tried) >= TRIES else 0

    def note(self, address: str, password: str) -> None:
        """A wrong password came from this address."""
        client = _client(address)
        tried = self._recent(client)
        digest = hmac.digest(self._key, password.encode(), "sha256")
        if digest not in tried and len(tried) == TRIES - 1:
            log.warning("web: %d wrong passwords from %s within a minute; it has to wait", TRIES, client)
        self._wrong.pop(client, None)
        self._wrong[client] = tried | {digest: self._clock()}
        if len(self._wrong) > MOST:
            del self._wrong[next(iter(self._wrong))]

    def _recent(self, client: str) -> dict[bytes, float]:
        since = self._clock() - WINDOW
        return {digest: at for digest, at in self._wrong.get(client, {}).items() if at > since}


def _client(address: str) -> str:
    """Who is counted as one: an address, in IPv6 the network of 64 bits that one household or machine has."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"  # what a proxy says may be anything, and of any length
    if isinstance(ip, ipaddress.IPv6Address):
        return str(ip.ipv4_mapped or ipaddress.ip_network((int(ip), 64), strict=False))
    return address
