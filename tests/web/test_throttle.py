"""How many wrong passwords are too many, and that counting them stays bounded."""

import pytest

from monitor.web.throttle import MOST, TRIES, WINDOW, Throttle


class Guesser:
    """Tries passwords at a throttle whose clock stands still until told otherwise."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.throttle = Throttle(lambda: self.seconds)

    def guess(self, address: str, times: int = 1) -> None:
        for number in range(times):
            self.throttle.note(address, f"{self.seconds} {number}")


def test_tries_count_for_a_minute_each() -> None:
    """The wait ends when the first of the last five is a minute old; then one more try is had, not five."""
    guesser = Guesser()
    for second in range(TRIES):
        assert guesser.throttle.wait("192.0.2.1") == 0
        guesser.seconds = second
        guesser.guess("192.0.2.1")
    assert guesser.throttle.wait("192.0.2.1") == 56
    guesser.seconds = WINDOW
    assert guesser.throttle.wait("192.0.2.1") == 0
    guesser.guess("192.0.2.1")
    assert guesser.throttle.wait("192.0.2.1") == 1


@pytest.mark.parametrize(
    ("one", "other", "together"),
    [
        ("192.0.2.1", "192.0.2.2", False),
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("192.0.2.1", "::ffff:192.0.2.1", True),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", False),
        ("", "no address at all", True),
    ],
)
def test_who_counts_as_one(one: str, other: str, together: bool) -> None:
    """An IPv4 address however written, a network of 64 bits in IPv6, and all that is no address."""
    guesser = Guesser()
    guesser.guess(one, TRIES)
    assert (guesser.throttle.wait(other) > 0) is together


def test_the_log_tells_once_who_has_to_wait(caplog: pytest.LogCaptureFixture) -> None:
    """And no password."""
    guesser = Guesser()
    guesser.guess("192.0.2.1", TRIES)
    guesser.guess("192.0.2.1", TRIES)
    told = [record.getMessage() for record in caplog.records]
    assert told == ["web: 5 wrong passwords from 192.0.2.1 within a minute; it has to wait"]


def test_memory_is_bounded() -> None:
    """However many addresses guess, the latest are remembered."""
    guesser = Guesser()
    addresses = [f"10.0.{number // 256}.{number % 256}" for number in range(MOST + 10)]
    for number, address in enumerate(addresses):
        guesser.guess(address, TRIES)
        if number == MOST - 1:
            guesser.guess(addresses[0])
    remembered = [guesser.throttle.wait(address) > 0 for address in addresses]
    assert remembered == [True] + [False] * 10 + [True] * (MOST - 1)
