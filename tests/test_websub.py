"""From a feed that names a hub to items that the hub brings: over real HTTP, with a real hub on loopback."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from monitor.adapters.fetch import HttpFetcher
from monitor.adapters.hub import HubClient
from monitor.adapters.limits import FetchSettings
from monitor.adapters.parse import Refused, parse_body
from monitor.config import load
from monitor.domain import pace
from monitor.domain.channel import Channel
from monitor.domain.feed import FeedSource, ParsedFeed, Retrieved
from monitor.domain.resemblance import by_length
from monitor.domain.websub import Subscription
from monitor.errors import FetchError, ParseError
from monitor.house import House, open_house
from monitor.pipeline import Policy, PollParts, PollSummary, SubscribeParts, poll, subscribe, take_push
from monitor.web.access import Access
from monitor.web.callback import Callback
from monitor.web.desk import Desk
from monitor.web.health import Facts, Health, assess
from monitor.web.metrics import Metrics
from monitor.web.pages import create_app
from monitor.web.server import WebServer
from tests.fakes import FakeClock, FakeGeographer, FakeReader, FakeScorer
from tests.hubs import TestHub, hub_server
from tests.servers import Entry, FeedServer, feed_server, rss

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
SIGNAL = "human_trafficking"
SETTINGS = FetchSettings(timeout=timedelta(seconds=2), max_bytes=200_000, allow_private_addresses=True)
OLD = Entry("Ferry line adds a sailing", "https://outlet.example/1", guid="outlet-1")
NEWS = Entry("Girls trafficked from the hills", "https://outlet.example/2", guid="outlet-2")
MORE = Entry("Rain in the north", "https://outlet.example/3", guid="outlet-3")


class InlineParser:
    """The real parser, without processes of its own."""

    async def parse(self, retrieved: Retrieved, now: datetime) -> ParsedFeed:
        parsed = parse_body(retrieved.body, retrieved.url, retrieved.content_type, now)
        if isinstance(parsed, Refused):
            raise ParseError(parsed.message, reason=parsed.reason)
        return parsed


class SlowReader:
    """Fetches an article when it is told to."""

    def __init__(self) -> None:
        self.begun, self.over = asyncio.Event(), asyncio.Event()
        self.asked: list[str] = []

    async def read(self, url: str, user_agent: str | None = None) -> str:
        del user_agent
        self.asked.append(url)
        self.begun.set()
        await self.over.wait()
        raise FetchError("no such page", reason="http_404")


@dataclass
class Newsroom:
    """A service in parts: its store, its page where hubs call, a feed server and a hub."""

    house: House
    feeds: FeedServer
    hub: TestHub
    fetcher: HttpFetcher
    clock: FakeClock
    parts: PollParts
    jobs: list[Awaitable[None]] = field(default_factory=list)
    subscribing: SubscribeParts | None = None
    policy: Policy = field(default_factory=lambda: Policy({SIGNAL: 0.5}, {"d": Channel("d")}, timedelta(minutes=15)))

    @property
    def url(self) -> str:
        return self.feeds.url("/feed")

    def follow(self, *urls: str) -> None:
        self.house.store.sync_feeds([FeedSource(url) for url in urls], self.clock.now())

    def publish(self, *entries: Entry, topic: str | None = None, hub: str | None = None) -> bytes:
        """Let the feed list these, and name its hub; the body."""
        links = f'<link rel="hub" href="{hub or self.hub.url}"/><link rel="self" href="{topic or self.url}"/>'
        body = rss(*entries, extra=links)
        self.feeds.serve("/feed", body)
        return body

    async def poll(self, *, force: bool = True) -> PollSummary:
        return await poll(self.parts, self.policy, force=force)

    async def tend(self, later: timedelta = timedelta()) -> None:
        """One round of asking hubs."""
        self.clock.advance(later)
        assert self.subscribing is not None
        await subscribe(self.subscribing)

    async def subscribed(self) -> None:
        """The feed polled once, and its hub followed."""
        self.follow(self.url)
        self.publish(OLD)
        await self.poll()
        await self.tend()

    async def take(self, subscription: Subscription, got: Retrieved) -> None:
        await take_push(self.parts, self.policy, subscription, got)

    def aside(self, _: str, job: Callable[[], Awaitable[None]]) -> None:
        self.jobs.append(asyncio.ensure_future(job()))

    async def settle(self) -> None:
        """Wait until what was taken is stored."""
        await asyncio.gather(*self.jobs)

    def told(self) -> str | None:
        """What `feeds list` says of the push."""
        return self.house.subscriptions.told(self.clock.now()).get(self.feed_id())

    def feed_id(self) -> int:
        return next(int(row["id"]) for row in self.house.records.feeds(self.clock.now()) if row["url"] == self.url)

    def titles(self) -> set[str]:
        return {str(row["title"]) for row in self.house.records.items()}

    def wait(self) -> timedelta:
        """How long until the feed is polled again."""
        feed = self.house.store.feed(self.feed_id())
        assert feed is not None
        return feed.next_poll_at - self.clock.now()


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Newsroom]:
    async with open_desk(tmp_path) as opened:
        yield opened


@asynccontextmanager
async def open_desk(folder: Path, settings: FetchSettings = SETTINGS) -> AsyncIterator[Newsroom]:
    (folder / "config.yaml").write_text("feeds: []", encoding="utf-8")
    clock = FakeClock(NOW, 0.5)
    with open_house(load(folder / "config.yaml", {})) as house:
        async with feed_server() as feeds, hub_server() as hub, HttpFetcher(settings) as fetcher:
            scorer, places = FakeScorer({SIGNAL: {"trafficked": 0.9}}), FakeGeographer({})
            parts = PollParts(
                fetcher, InlineParser(), FakeReader(), scorer, scorer, house.store, clock, places, by_length,
                house.deciding,
            )  # fmt: skip
            desk = Newsroom(house, feeds, hub, fetcher, clock, parts)
            client = HubClient(fetcher, "http://unbound.invalid")
            callback = Callback(
                SubscribeParts(house.subscriptions, client, clock), client, desk.take, desk.aside,
                settings.max_bytes, settings.timeout,
            )  # fmt: skip
            access = Access("127.0.0.1", "s3cret", "", "token")
            app = create_app(health, Metrics(), access, Desk(house, ""), callback)
            async with WebServer(lambda: app, "127.0.0.1", 0) as web:
                callback.hub = HubClient(fetcher, f"http://127.0.0.1:{web.port}")
                callback.parts = desk.subscribing = SubscribeParts(house.subscriptions, callback.hub, clock)
                yield desk
                await desk.settle()


async def health() -> Health:
    return assess(Facts(NOW, NOW, NOW, "m1"), NOW)


async def test_a_hub_brings_what_is_new_and_polls_are_slowed(desk: Newsroom) -> None:
    """Named by the feed, asked, verified, believed by its signature, stored the way of a poll; then polls are slow."""
    await desk.subscribed()
    assert (desk.told(), desk.hub.verified) == ("nothing_pushed_yet", [200])
    asked = desk.hub.asked[0]
    assert (asked["hub.mode"], asked["hub.topic"]) == ("subscribe", desk.url)
    assert 20 < len(asked["hub.secret"]) < 200
    assert "/websub/" in asked["hub.callback"]

    assert await desk.hub.deliver(desk.publish(NEWS, OLD)) == 202
    await desk.settle()
    assert desk.titles() == {OLD.title, NEWS.title}
    assert [row["reason"] for row in desk.house.records.alerts()] == ["first_hit"]
    assert desk.told() == "pushing"

    assert (await desk.poll()).new_items == 0
    assert desk.wait() >= pace.LONGEST * 0.9


async def test_a_silent_hub_loses_nothing(desk: Newsroom) -> None:
    """A slow poll that finds what the hub did not bring makes polls quick again, until the hub brings something."""
    await desk.subscribed()
    body = desk.publish(NEWS, OLD)
    await desk.hub.deliver(body)
    await desk.settle()
    await desk.poll()
    desk.clock.advance(desk.wait())
    desk.publish(MORE, NEWS, OLD)
    assert (await desk.poll(force=False)).new_items == 1
    assert desk.told() == "missed_news"
    await desk.poll()
    assert desk.wait() < timedelta(hours=1)


@pytest.mark.parametrize("method", ["sha1", "sha256", "sha384", "sha512"])
async def test_every_signature_of_the_standard_is_understood(desk: Newsroom, method: str) -> None:
    await desk.subscribed()
    assert await desk.hub.deliver(rss(NEWS), method=method) == 202
    await desk.settle()
    assert NEWS.title in desk.titles()


async def test_what_is_not_the_hubs_is_not_taken(desk: Newsroom, caplog: pytest.LogCaptureFixture) -> None:
    """Wrong secret, no signature, another method, a body changed on its way, an unknown path, too much, packed."""
    await desk.subscribed()
    body = rss(NEWS)
    secret, path = desk.hub.asked[0]["hub.secret"], desk.hub.asked[0]["hub.callback"]
    assert await desk.hub.deliver(body, secret="wrong") == 403
    for header in ("", "sha256=", "sha256=zz", "md5=" + "0" * 40, "sha256=" + "g" * 64, "0" * 64):
        assert await desk.hub.deliver(body, headers={"X-Hub-Signature": header}) == 403
    assert await desk.hub.deliver(body, method="md5") == 403
    assert await desk.hub.deliver(b" " * (SETTINGS.max_bytes + 1)) == 413
    assert await desk.hub.deliver(body, headers={"Content-Encoding": "gzip"}) == 415
    desk.hub.asked.append({"hub.callback": path[:-1] + "_", "hub.secret": secret})
    assert await desk.hub.deliver(body) == 404
    await desk.settle()
    assert desk.titles() == {OLD.title}
    assert "wrong_signature" in caplog.text
    assert secret not in caplog.text
    assert path.rpartition("/")[2] not in caplog.text


async def test_a_question_about_what_was_not_asked_is_not_answered(desk: Newsroom) -> None:
    """A forged topic, another mode, an unknown path, no challenge; nothing is active after it."""
    desk.hub.changes = {"hub.topic": "https://evil.example/feed"}
    await desk.subscribed()
    assert desk.hub.verified == [-404]
    desk.hub.changes = {}
    for changes in ({"hub.mode": "unsubscribe"}, {"hub.challenge": ""}, {"hub.challenge": "x" * 5000},
                    {"hub.lease_seconds": "soon"}):  # fmt: skip
        assert (await desk.hub.verify(**changes)).status_code == 404
    path = desk.hub.asked[-1]["hub.callback"]
    desk.hub.asked.append(desk.hub.asked[-1] | {"hub.callback": path + "x"})
    assert (await desk.hub.verify()).status_code == 404
    assert desk.told() == "asked"


async def test_the_challenge_comes_back_as_text(desk: Newsroom) -> None:
    """Whatever a caller puts there, no browser takes it for a page."""
    desk.hub.verifies = False
    await desk.subscribed()
    answer = await desk.hub.verify(**{"hub.challenge": "<script>alert(1)</script>"})
    assert answer.text == "<script>alert(1)</script>"
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_a_lease_is_renewed_before_it_ends_and_its_end_is_noticed(desk: Newsroom) -> None:
    """Renewed at three quarters with the same callback; where the hub is gone by then, polls are quick again."""
    desk.hub.lease = 40_000
    await desk.subscribed()
    await desk.hub.deliver(rss(NEWS))
    await desk.settle()
    await desk.tend(timedelta(seconds=29_000))
    assert len(desk.hub.asked) == 1
    await desk.tend(timedelta(seconds=1_000))
    assert [one["hub.callback"] for one in desk.hub.asked] == [desk.hub.asked[0]["hub.callback"]] * 2
    assert desk.told() == "pushing"

    await desk.poll()
    assert desk.wait() > timedelta(hours=5)
    desk.hub.verifies, desk.hub.status = False, 503
    await desk.tend(timedelta(seconds=30_000))
    assert desk.told() == "hub_http_503" or desk.told() == "pushing"
    await desk.tend(timedelta(seconds=10_001))
    assert desk.told() == "hub_http_503"
    assert desk.wait() < timedelta()


async def test_a_denied_subscription_is_named_and_asked_for_again(desk: Newsroom) -> None:
    """The hub takes the request and then says no, in its own words; hours later it is asked again."""
    desk.hub.changes = {"hub.mode": "denied", "hub.reason": "not our publisher"}
    await desk.subscribed()
    assert desk.told() == "denied"
    (row,) = desk.house.database.rows("SELECT * FROM subscriptions")
    assert row["error"] == "not our publisher"
    await desk.tend(timedelta(hours=1))
    assert len(desk.hub.asked) == 1
    desk.hub.changes = {}
    await desk.tend(timedelta(hours=8))
    assert desk.told() == "nothing_pushed_yet"


@pytest.mark.parametrize(
    ("status", "redirects", "reason"),
    [
        (500, None, "hub_http_500"),
        (404, None, "hub_http_404"),
        (302, "/else", "hub_http_302"),
        (202, None, "hub_timeout"),
    ],
)
async def test_a_hub_that_fails_is_named_and_asked_again(
    desk: Newsroom, status: int, redirects: str | None, reason: str
) -> None:
    """Refusals, redirects that would turn the request into another one, and a hub that says nothing."""
    desk.hub.status, desk.hub.redirects, desk.hub.verifies = status, redirects, False
    if reason == "hub_timeout":
        desk.hub.slow = asyncio.Event()
    await desk.subscribed()
    assert desk.told() == reason
    desk.hub.status, desk.hub.redirects, desk.hub.verifies, desk.hub.slow = 202, None, True, None
    await desk.tend(timedelta(minutes=15))
    assert desk.told() == "nothing_pushed_yet"


async def test_a_hub_that_confirms_and_then_fails_to_answer_is_taken_at_its_word(desk: Newsroom) -> None:
    """Its question came before its answer, and was answered."""
    desk.hub.status = 500
    await desk.subscribed()
    (row,) = desk.house.database.rows("SELECT state, reason, failures FROM subscriptions")
    assert row == {"state": "active", "reason": "confirmed", "failures": 0}


async def test_a_hub_that_is_relied_on_and_then_refuses_is_polled_for_at_once(desk: Newsroom) -> None:
    """What was slowed for its sake is due as it were without."""
    await desk.subscribed()
    await desk.hub.deliver(rss(NEWS))
    await desk.settle()
    await desk.poll()
    assert desk.wait() > timedelta(hours=5)
    assert (await desk.hub.verify(**{"hub.mode": "denied"})).status_code == 200
    assert desk.told() == "denied"
    assert desk.wait() < timedelta(hours=1)


async def test_a_hub_on_a_private_address_is_not_asked(tmp_path: Path) -> None:
    """A feed names its hub, so a hub is as hostile as a feed: the same guards hold."""
    async with open_desk(tmp_path) as desk, HttpFetcher(replace(SETTINGS, allow_private_addresses=False)) as closed:
        assert desk.subscribing is not None
        assert isinstance(desk.subscribing.hub, HubClient)
        desk.subscribing = replace(desk.subscribing, hub=replace(desk.subscribing.hub, fetcher=closed))
        await desk.subscribed()
        assert (desk.told(), desk.hub.asked) == ("hub_forbidden_address", [])


async def test_a_feed_that_is_removed_or_moves_is_left(desk: Newsroom) -> None:
    """The hub is asked to end it, confirms, and nothing it brings afterwards is taken; the new topic is asked for."""
    await desk.subscribed()
    desk.publish(OLD, NEWS, topic=desk.feeds.url("/elsewhere"))
    await desk.poll()
    await desk.tend()
    modes = [(one["hub.mode"], one["hub.topic"].rpartition("/")[2]) for one in desk.hub.asked]
    assert sorted(modes) == [("subscribe", "elsewhere"), ("subscribe", "feed"), ("unsubscribe", "feed")]

    desk.follow()
    await desk.tend()
    assert desk.hub.asked[-1]["hub.mode"] == "unsubscribe"
    assert desk.house.database.rows("SELECT * FROM subscriptions") == []
    assert await desk.hub.deliver(rss(MORE), secret=desk.hub.asked[0]["hub.secret"]) == 404


async def test_a_push_brings_items_for_its_own_feed_only(desk: Newsroom) -> None:
    """Whatever address the body names: its path says whose it is. What the feed itself is asked for stays as it was."""
    await desk.subscribed()
    before = desk.house.store.feed(desk.feed_id())
    other = f'<link rel="self" href="https://other.example/feed"/><link rel="hub" href="{desk.hub.url}2"/>'
    await desk.hub.deliver(rss(NEWS, title="Other", extra=other))
    await desk.settle()
    assert {row["feed_id"] for row in desk.house.records.items()} == {desk.feed_id()}
    after = desk.house.store.feed(desk.feed_id())
    assert before is not None
    assert after is not None
    assert replace(after, subscription=None) == replace(before, subscription=None)


async def test_the_same_news_polled_and_pushed_at_once_is_stored_once(desk: Newsroom) -> None:
    """Two ways in, one item, one alert."""
    await desk.subscribed()
    body = desk.publish(NEWS, OLD)
    await asyncio.gather(desk.poll(), desk.hub.deliver(body), desk.poll())
    await desk.settle()
    assert len(desk.house.records.items()) == 2
    assert len(desk.house.records.alerts()) == 1


async def test_what_is_polled_and_pushed_is_looked_at_one_after_the_other(desk: Newsroom) -> None:
    """While a poll waits for the article of an item, a push of the same item waits for the poll, and finds it known."""
    reader = SlowReader()
    desk.parts = replace(desk.parts, reader=reader)
    await desk.subscribed()
    desk.house.store.sync_feeds([FeedSource(desk.url, fulltext="always")], NOW)
    body = desk.publish(NEWS, OLD)
    polling = asyncio.create_task(desk.poll())
    await reader.begun.wait()
    assert await desk.hub.deliver(body) == 202
    reader.over.set()
    await polling
    await desk.settle()
    assert reader.asked == [NEWS.link]


async def test_a_push_that_never_ends_keeps_no_other_waiting(desk: Newsroom) -> None:
    """It is cut off in the time of a fetch; a second one for the same feed is told to come again."""
    await desk.subscribed()
    callback = urlsplit(desk.hub.asked[0]["hub.callback"])
    reader, writer = await asyncio.open_connection(callback.hostname, callback.port)
    head = f"POST {callback.path} HTTP/1.1\r\nHost: x\r\nContent-Length: 999\r\nExpect: 100-continue\r\n\r\n"
    writer.write(head.encode())
    assert b" 100 " in await reader.readline()  # its body is waited for
    assert await desk.hub.deliver(rss(NEWS)) == 503
    assert await reader.readline() == b"\r\n"
    assert b" 503 " in await reader.readline()
    writer.close()
    assert await desk.hub.deliver(rss(NEWS)) == 202


async def test_a_restart_asks_anew_and_polls_what_was_slow(desk: Newsroom) -> None:
    """Secrets are in no file: until the hub has confirmed again, it is neither believed nor relied upon."""
    await desk.subscribed()
    await desk.hub.deliver(rss(NEWS))
    await desk.settle()
    await desk.poll()
    secret = desk.hub.asked[0]["hub.secret"]
    assert secret not in "".join(str(row) for row in desk.house.database.rows("SELECT * FROM subscriptions"))
    desk.clock.advance(timedelta(minutes=30))
    desk.house.subscriptions.begin_anew(desk.clock.now())
    assert desk.told() == "restarted"
    assert desk.wait() <= timedelta()
    await desk.tend()
    assert desk.told() == "pushing"
    assert len({one["hub.callback"] for one in desk.hub.asked}) == 1


async def test_a_hub_in_http_headers_counts_before_the_body(desk: Newsroom) -> None:
    """RFC 8288, whatever else such headers hold."""
    link = f'<{desk.url}>; rel="self", <{desk.hub.url}>; rel="preconnect hub"; x=1, <http://[>; rel=hub'
    desk.feeds.serve("/feed", rss(OLD), headers={"Link": link})
    desk.follow(desk.url)
    await desk.poll()
    await desk.tend()
    assert (desk.told(), desk.hub.asked[0]["hub.topic"]) == ("nothing_pushed_yet", desk.url)


@pytest.mark.parametrize("hub", ["ftp://hub.example/", "https://user:pass@hub.example/", "/relative\\", "x" * 3000])
async def test_what_is_no_hub_is_not_asked(desk: Newsroom, hub: str) -> None:
    desk.follow(desk.url)
    desk.publish(OLD, hub=hub)
    await desk.poll()
    await desk.tend()
    assert desk.told() is None or desk.told() == "hub_http_404"


async def test_a_feed_with_an_interval_of_its_own_keeps_it(desk: Newsroom) -> None:
    """What the config says of one feed is not overruled by its hub."""
    desk.house.store.sync_feeds([FeedSource(desk.url, every=timedelta(minutes=7))], NOW)
    desk.publish(OLD)
    await desk.poll()
    await desk.tend()
    await desk.hub.deliver(rss(NEWS))
    await desk.settle()
    await desk.poll()
    assert desk.told() == "pushing"
    assert desk.wait() <= timedelta(minutes=8)


def test_nothing_logs_at_debug_what_a_hub_signs_with() -> None:
    """The client keeps its secrets out of its repr."""
    logging.getLogger().setLevel(logging.WARNING)
    client = HubClient(None, "https://m.example")  # type: ignore[arg-type]
    client._secrets["path"] = "s3cret"
    assert "s3cret" not in repr(client)
