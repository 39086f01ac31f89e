"""What may be fetched: rules for URLs and for the addresses behind them, so that no feed reaches into our network."""

import re
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

from monitor.errors import FetchError

_NEVER_IN_A_URL = re.compile(r"[\x00-\x20\x7f-\xa0\\\u2028\u2029]")
_NAT64 = IPv6Network("64:ff9b::/96")
"""RFC 6052: a gateway translates these to the IPv4 address in the last 32 bits."""


def is_forbidden(address: str) -> bool:
    """Whether an IP address is anything but a public unicast one: private, loopback, link-local, CGNAT, multicast.

    IPv4 inside IPv6 (mapped, 6to4, Teredo, NAT64) is judged by the IPv4 address. What is no address is forbidden.
    """
    try:
        ip = ip_address(address.partition("%")[0])
    except ValueError:
        return True
    return any(one.is_multicast or not one.is_global for one in (ip, *_inside(ip)) if one is not None)


def _inside(ip: IPv4Address | IPv6Address) -> tuple[IPv4Address | None, ...]:
    if isinstance(ip, IPv4Address):
        return ()
    translated = IPv4Address(int(ip) & 0xFFFF_FFFF) if ip in _NAT64 else None
    server, client = ip.teredo or (None, None)
    return (ip.ipv4_mapped, ip.sixtofour, server, client, translated)


def check_url(url: str) -> None:
    """Refuse a URL that only a mistake or an attack would write.

    Raises:
        FetchError: `bad_url`: not http or https, no host, a port out of range, credentials, backslashes, control
            characters or spaces.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise FetchError(f"not a URL ({error}): {shown(url)}", reason="bad_url", permanent=True) from error
    fault = None
    if _NEVER_IN_A_URL.search(url):
        fault = "a URL has no spaces, backslashes or control characters"
    elif parts.scheme not in {"http", "https"}:
        fault = "only http and https are fetched"
    elif not host:
        fault = "it names no host"
    elif "@" in parts.netloc:
        fault = "credentials in a URL end up in logs; use the feed's `headers`"
    if fault:
        raise FetchError(f"{fault}: {shown(url)}", reason="bad_url", permanent=True)


def shown(url: str) -> str:
    """A URL for messages: on one line, without credentials and query, which may hold a key."""
    head, mark, _ = url.partition("?")
    scheme, slashes, rest = head.partition("://")
    authority, slash, path = rest.partition("/")
    safe = f"{scheme}{slashes}{authority.rpartition('@')[2]}{slash}{path}" if slashes else head
    return _NEVER_IN_A_URL.sub("�", safe)[:300] + ("?…" if mark else "")
