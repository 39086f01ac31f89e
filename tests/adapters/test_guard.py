"""Which addresses may be dialled, and what a URL looks like in a message."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.adapters import guard


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
     "239.1.1.1", "255.255.255.255", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "ff02::1", "ff0e::1",
     "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "2001:0:4136:e378::f5ff:fffe",
     "", "host"],
)  # fmt: skip
def test_addresses_that_are_not_public_are_forbidden(address: str) -> None:
    """Loopback, private, link-local (cloud metadata), CGNAT, multicast, and IPv4 hidden in IPv6."""
    assert guard.is_forbidden(address)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946", "64:ff9b::808:808"]
)
def test_public_addresses_are_allowed(address: str) -> None:
    assert not guard.is_forbidden(address)


@given(st.text(max_size=60), st.text(min_size=1, max_size=20))
def test_a_shown_url_is_one_line_without_its_query(start: str, secret: str) -> None:
    """Whatever the query holds does not reach a message."""
    shown = guard.shown(f"https://user:{start}@example.org/path?key={secret}")
    assert shown.isprintable() or "\n" not in shown
    assert "key=" not in shown.partition("?")[2]


def test_a_shown_url_keeps_what_tells_the_feed() -> None:
    assert guard.shown("https://u:p@example.org/a/b?key=1") == "https://example.org/a/b?…"
    assert guard.shown("https://example.org/feed.xml") == "https://example.org/feed.xml"
