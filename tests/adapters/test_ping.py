"""The dead man's switch, told by a real request."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from monitor.adapters.fetch import HttpFetcher
from monitor.adapters.limits import FetchSettings
from monitor.adapters.ping import DeadMansSwitch
from tests.servers import FeedServer, feed_server

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
SECRET = "/ping/0b1d2f3a-s3cret"


@pytest.fixture
async def server() -> AsyncIterator[FeedServer]:
    async with feed_server() as running:
        yield running


@pytest.fixture
async def fetcher() -> AsyncIterator[HttpFetcher]:
    async with HttpFetcher(FetchSettings(timeout=timedelta(seconds=1), allow_private_addresses=True)) as opened:
        yield opened


async def test_it_is_asked_at_most_once_a_minute(server: FeedServer, fetcher: HttpFetcher) -> None:
    """However often all is well."""
    switch = DeadMansSwitch(server.serve(SECRET, b"OK"), fetcher)
    asked = [await switch.ping(NOW + timedelta(seconds=second)) for second in (0, 2, 59, 60, 119, 121)]
    assert asked == [True, False, False, True, False, True]
    assert len(server.requests(SECRET)) == 3


async def test_without_an_address_nobody_is_asked(fetcher: HttpFetcher) -> None:
    """The default."""
    assert await DeadMansSwitch("", fetcher).ping(NOW) is False


@pytest.mark.parametrize("kind", ["refused", "slow", "away"])
async def test_a_failure_is_logged_once_and_without_the_secret(
    server: FeedServer, fetcher: HttpFetcher, caplog: pytest.LogCaptureFixture, kind: str
) -> None:
    """It costs nothing else, and is over with the first good answer."""
    url = {"refused": server.serve(SECRET, b"", status=404), "away": f"http://127.0.0.1:9{SECRET}"}.get(
        kind
    ) or server.hang(SECRET)
    switch = DeadMansSwitch(url, fetcher)
    caplog.set_level("DEBUG")
    for minute in range(3):
        assert await switch.ping(NOW + timedelta(minutes=minute))
    warnings = [record.message for record in caplog.records if record.levelname == "WARNING"]
    assert len(warnings) == 1
    assert "alerts.ping_url" in warnings[0]
    assert "s3cret" not in caplog.text
    assert "s3cret" not in repr(switch)
    if kind == "refused":
        server.serve(SECRET, b"OK")
        await switch.ping(NOW + timedelta(minutes=9))
        assert "takes pings again" in caplog.text
