"""Which feeds answer, and with what."""

from pathlib import Path

from monitor.config import load
from monitor.domain.feed import FeedSource
from monitor.feedcheck import check_feeds
from tests.servers import Entry, feed_server, rss


async def test_every_feed_is_asked_once_and_answers_in_order(tmp_path: Path) -> None:
    """A reason for each that fails; the newest time and the number of items for those that do not; progress for all."""
    config = tmp_path / "config.yaml"
    config.write_text("poll: {allow_private_addresses: true, timeout: 2s}", encoding="utf-8")
    told: list[tuple[str, int, int]] = []
    async with feed_server() as server:
        entries = (Entry("A", "https://n.example/1", date="Mon, 23 Nov 2026 08:00:00 GMT"), Entry("B"))
        urls = [
            server.serve("/good", rss(*entries)),
            server.serve("/page", b"<html></html>", content_type="text/html"),
            server.serve("/same", b"", status=304),
            server.url("/gone"),
            server.hang("/hang"),
            server.serve("/empty", b""),
        ]
        sources = [FeedSource(url) for url in urls]
        checks = await check_feeds(load(config, {}), sources, lambda *step: told.append(step))
        asked = [seen.path for seen in server.seen]
    assert [check.source for check in checks] == sources
    assert [check.answer for check in checks] == ["ok", "html", "unexpected_304", "http_404", "timeout", "empty"]
    assert sorted(asked) == sorted(f"/{name}" for name in ("good", "page", "same", "gone", "hang", "empty"))
    assert (checks[0].items, checks[0].error) == (2, None)
    assert checks[0].newest is not None
    assert checks[0].newest.isoformat() == "2026-11-23T08:00:00+00:00"
    assert all(check.error for check in checks[1:])
    assert told == [("feeds", done, 6) for done in range(1, 7)]


async def test_a_private_address_is_refused_unless_allowed(tmp_path: Path) -> None:
    """A check fetches by the rules that polling fetches by."""
    config = tmp_path / "config.yaml"
    config.write_text("log: {level: info}", encoding="utf-8")
    async with feed_server() as server:
        (check,) = await check_feeds(load(config, {}), [FeedSource(server.url("/feed"))], lambda *_: None)
        assert server.seen == []
    assert check.answer == "forbidden_address"
