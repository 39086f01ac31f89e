"""poll() and deliver() over fakes: order, isolation of faults, and at-least-once delivery."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from monitor.adapters.database import open_database
from monitor.adapters.outbox import SqliteOutbox
from monitor.adapters.records import Filter, Records
from monitor.adapters.store import SqliteStore
from monitor.domain.channel import Channel
from monitor.domain.feed import FeedSource, ParsedFeed, Retrieved, Unchanged
from monitor.domain.item import Item, identity_of
from monitor.domain.message import Message
from monitor.domain.resemblance import by_length
from monitor.errors import DeliveryError, EngineError, FetchError, ModelError, ParseError, StorageError
from monitor.pipeline import (
    LEASE,
    Deciding,
    DeliverParts,
    DeliverySummary,
    Policy,
    PollParts,
    PollSummary,
    deliver,
    poll,
)
from monitor.ports import PollResult
from tests.fakes import FakeClock, FakeFetcher, FakeGeographer, FakeNotifier, FakeParser, FakeReader, FakeScorer

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
FIGHTERS, TRAFFICKING = "foreign_fighter_recruitment", "human_trafficking"
WORDS = {FIGHTERS: {"mercenaries": 0.9, "volunteers": 0.6}, TRAFFICKING: {"trafficked": 0.8}}
THRESHOLDS = {FIGHTERS: 0.5, TRAFFICKING: 0.5}


def news(title: str, *, at: datetime | None = NOW, guid: str = "") -> Item:
    url = f"https://news.example/{title.replace(' ', '-')}"
    return Item(guid or title, url, title, "", "en", at, identity_of(guid or title, url, title, at))


@dataclass
class Desk:
    """The pipeline over a real database and faked surroundings."""

    store: SqliteStore
    outbox: SqliteOutbox
    records: Records
    deciding: Deciding
    clock: FakeClock = field(default_factory=lambda: FakeClock(NOW))
    fetcher: FakeFetcher = field(default_factory=lambda: FakeFetcher({}))
    parser: FakeParser = field(default_factory=lambda: FakeParser({}))
    notifier: FakeNotifier = field(default_factory=FakeNotifier)
    policy: Policy = field(default_factory=lambda: Policy(THRESHOLDS, {"desk": Channel("desk")}, timedelta(minutes=15)))

    def publish(self, url: str, *items: Item, body: bytes | None = None) -> None:
        """Let a feed list these items from now on."""
        body = body or f"{url}:{'|'.join(item.title + item.guid for item in items)}".encode()
        self.fetcher.answers[url] = Retrieved(body, url, body_hash=body.hex())
        self.parser.answers[body] = ParsedFeed(items)

    def follow(self, *urls: str) -> None:
        """Configure these feeds."""
        self.store.sync_feeds([FeedSource(url) for url in urls], self.clock.now())

    async def poll(self) -> PollSummary:
        scorer = FakeScorer(WORDS)
        parts = PollParts(
            fetcher=self.fetcher,
            parser=self.parser,
            reader=FakeReader(),
            first_looks=scorer,
            scorer=scorer,
            store=self.store,
            clock=self.clock,
            geographer=FakeGeographer({"Cuba": "CU", "Russia": "RU"}),
            weigh=by_length,
            deciding=self.deciding,
        )
        return await poll(parts, self.policy, force=True)

    async def deliver(self) -> DeliverySummary:
        return await deliver(DeliverParts(self.outbox, self.notifier, self.clock), self.policy)

    def reasons(self) -> list[tuple[str, str]]:
        return [(str(row["state"]), str(row["reason"])) for row in self.records.alerts(Filter(limit=None))]

    def feed(self, url: str) -> dict[str, object]:
        return next(row for row in self.records.feeds(self.clock.now()) if row["url"] == url)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with open_database(tmp_path / "monitor.db") as database:
        yield Desk(SqliteStore(database), SqliteOutbox(database), Records(database), Deciding(database.transaction))


A, B, C = "https://a.example/feed", "https://b.example/feed", "https://c.example/feed"


async def test_a_hit_is_stored_with_its_story_and_one_alert_per_channel(desk: Desk) -> None:
    """From feed to message: items, scores, hits, one story, one alert a channel, sent once."""
    desk.policy = replace(desk.policy, channels={name: Channel(name) for name in ("desk", "mail")})
    desk.follow(A)
    desk.publish(A, news("mercenaries were trafficked"), news("weather"))

    assert await desk.poll() == PollSummary(1, 0, 0, new_items=2, hits=2, stories=1, alerts=2)
    assert (await desk.deliver()).sent == 2
    assert (await desk.deliver()).sent == 0
    assert sorted(channel for channel, _ in desk.notifier.sent) == ["desk", "mail"]
    assert len(desk.records.items()) == 2


async def test_the_counts_of_feeds_polled_side_by_side_add_up(desk: Desk) -> None:
    """Twenty feeds at once are twenty feeds in the summary."""
    urls = [f"https://{number}.example/feed" for number in range(20)]
    desk.follow(*urls)
    for url in urls:
        desk.publish(url, news(f"weather of {url}"))
    assert await desk.poll() == PollSummary(feeds_ok=20, new_items=20)


async def test_what_was_seen_is_not_stored_or_alerted_again(desk: Desk) -> None:
    """The same items in a changed document, with an edited title under the same guid, bring nothing."""
    desk.follow(A)
    desk.publish(A, news("mercenaries hired", guid="tag:news.example,1"))
    await desk.poll()
    await desk.deliver()
    desk.publish(A, news("mercenaries hired, police say", guid="tag:news.example,1"), body=b"edited")
    assert await desk.poll() == PollSummary(feeds_ok=1)
    assert (await desk.deliver()).sent == 0


async def test_one_story_from_two_outlets_is_alerted_once(desk: Desk) -> None:
    """The second outlet's item joins the story; its alert is decided against, with the reason."""
    desk.follow(A, B)
    desk.publish(A, news("Court jails agent who sent mercenaries to war", guid="a"))
    await desk.poll()
    desk.publish(B, news("Court jails agent who sent mercenaries to war", guid="b"))
    await desk.poll()
    assert (await desk.deliver()).sent == 1
    assert sorted(desk.reasons()) == [("sent", "first_hit"), ("suppressed", "already_told")]
    (story,) = desk.records.stories()
    assert len(story["outlets"]) == 2


async def test_a_bad_feed_costs_itself_and_says_why(desk: Desk) -> None:
    """Fetch errors, parse errors and bugs are recorded on their feed with a named reason; the others are stored."""
    desk.follow(A, B, C)
    desk.fetcher.answers[A] = FetchError("a: not found", reason="http_404")
    desk.fetcher.answers[B] = Retrieved(b"<html>", B, body_hash="h")
    desk.parser.answers[b"<html>"] = ParseError("b: a web page", reason="html")
    desk.publish(C, news("mercenaries hired"))
    assert await desk.poll() == PollSummary(1, 0, 2, new_items=1, hits=1, stories=1, alerts=1)
    assert (desk.feed(A)["state"], desk.feed(A)["reason"]) == ("failing", "http_404")
    assert (desk.feed(B)["state"], desk.feed(B)["reason"], desk.feed(B)["error"]) == (
        "failing",
        "html",
        "b: a web page",
    )
    assert desk.feed(C)["state"] == "ok"


async def test_a_bug_met_by_one_feed_is_logged_and_costs_that_feed_only(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """An exception nobody planned for becomes the reason `internal_error`; its traceback is in the log."""
    desk.follow(A, B)
    desk.publish(A, news("weather"))
    desk.publish(B, news("mercenaries hired"))
    real = desk.fetcher.fetch

    async def broken(request: object) -> Retrieved | Unchanged:
        if request.url == A:  # type: ignore[attr-defined]
            raise ZeroDivisionError("bug")
        return await real(request)  # type: ignore[arg-type]

    monkeypatch.setattr(desk.fetcher, "fetch", broken)
    assert await desk.poll() == PollSummary(1, 0, 1, new_items=1, hits=1, stories=1, alerts=1)
    assert desk.feed(A)["reason"] == "internal_error"
    assert "ZeroDivisionError" in caplog.text


async def test_a_database_that_cannot_be_written_ends_the_cycle(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk is told as what it is, and the feed stays due."""
    desk.follow(A)
    desk.publish(A, news("mercenaries hired"))

    def full(_: PollResult) -> None:
        raise StorageError("monitor.db: the disk is full")

    monkeypatch.setattr(desk.store, "record", full)
    with pytest.raises(StorageError, match="disk is full"):
        await desk.poll()
    assert desk.store.due_feeds(NOW)
    assert desk.records.items() == []


@pytest.mark.parametrize("error", [ModelError("a worker cannot score"), EngineError("no workers left")])
async def test_where_nobody_can_score_no_feed_is_blamed(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """The cycle ends with what is wrong, and its feeds stay as they were, and due."""
    desk.follow(A)
    desk.publish(A, news("mercenaries hired"))

    async def take(*_: object) -> None:
        raise error

    monkeypatch.setattr(FakeScorer, "take", take)
    with pytest.raises(type(error), match=str(error)):
        await desk.poll()
    assert (desk.feed(A)["state"], desk.records.items()) == ("new", [])
    assert desk.store.due_feeds(NOW)


async def test_an_unchanged_body_is_not_parsed(desk: Desk) -> None:
    """The same bytes as last time count as unchanged without a 304."""
    desk.follow(A)
    desk.publish(A, news("weather"))
    await desk.poll()
    desk.parser.answers.clear()
    assert await desk.poll() == PollSummary(feeds_unchanged=1)


async def test_when_everything_fails_at_network_level_no_feed_is_blamed(desk: Desk) -> None:
    """Four feeds without an answer, and none with one, are this machine's network: the feeds keep their state."""
    urls = [f"https://{number}.example/feed" for number in range(4)]
    desk.follow(*urls)
    for url in urls:
        desk.publish(url, news(f"weather of {url}"))
    await desk.poll()
    desk.fetcher.answers = {url: FetchError("no route", reason="connect") for url in urls}
    assert await desk.poll() == PollSummary(feeds_failed=4)
    assert {desk.feed(url)["state"] for url in urls} == {"ok"}


async def test_the_first_poll_of_a_feed_does_not_alert_its_backlog(desk: Desk) -> None:
    """Of a new feed's items only the fresh ones are told; the rest is stored with the reason why not."""
    desk.follow(A)
    desk.publish(
        A,
        news("mercenaries hired in spring", at=NOW - timedelta(days=40)),
        news("mercenaries seen at port", at=NOW - timedelta(hours=30)),
        news("volunteers leave for front", at=NOW - timedelta(hours=1)),
    )
    await desk.poll()
    await desk.deliver()
    assert sorted(desk.reasons()) == [("sent", "first_hit"), ("suppressed", "backlog"), ("suppressed", "old_news")]


async def test_a_failing_channel_does_not_delay_another_and_is_tried_again(desk: Desk) -> None:
    """The webhook is down, the mail goes out at once; the webhook's alert goes out when it is back."""
    desk.policy = replace(desk.policy, channels={name: Channel(name) for name in ("desk", "mail")})
    desk.notifier.failures["desk"] = [DeliveryError("desk: HTTP 500", permanent=False)]
    desk.follow(A)
    desk.publish(A, news("mercenaries hired"))
    await desk.poll()

    assert await desk.deliver() == DeliverySummary(sent=1, retried=1, dead=0, pending=1)
    assert (await desk.deliver()).sent == 0  # its next attempt is not due yet
    desk.clock.advance(timedelta(minutes=5))
    assert (await desk.deliver()).sent == 1
    assert sorted(channel for channel, _ in desk.notifier.sent) == ["desk", "mail"]


async def test_a_permanent_error_sets_the_alert_apart(desk: Desk) -> None:
    """What cannot succeed is not tried again, stays visible with its error, and can be queued again by hand."""
    desk.notifier.failures["desk"] = [DeliveryError("desk: HTTP 404", permanent=True)]
    desk.follow(A)
    desk.publish(A, news("mercenaries hired"))
    await desk.poll()
    assert (await desk.deliver()).dead == 1
    (row,) = desk.records.alerts(Filter(state="dead"))
    assert row["error"] == "desk: HTTP 404"
    desk.outbox.requeue_dead(desk.clock.now())
    assert (await desk.deliver()).sent == 1


async def test_a_crash_after_sending_sends_twice_rather_than_never(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The service took the message, the process died before it was confirmed: after the lease it is sent again."""
    desk.follow(A)
    desk.publish(A, news("mercenaries hired"))
    await desk.poll()
    with monkeypatch.context() as crash:

        def die(_: object) -> None:
            raise SystemError("killed")

        crash.setattr(desk.outbox, "finish", die)
        with pytest.raises(SystemError):
            await desk.deliver()
    assert (await desk.deliver()).sent == 0  # leased to the dead process
    desk.clock.advance(LEASE)
    assert (await desk.deliver()).sent == 1
    assert len(desk.notifier.sent) == 2


async def test_above_the_hourly_limit_the_rest_is_one_digest(desk: Desk) -> None:
    """Five alerts for a channel that takes three an hour: two alone, three in one digest."""
    desk.policy = replace(desk.policy, channels={"desk": Channel("desk", max_per_hour=3)})
    desk.follow(A)
    titles = ["Lima", "Quito", "Havana", "Bogota", "Caracas"]
    desk.publish(A, *(news(f"mercenaries {' '.join(title * n for n in range(1, 8))}") for title in titles))
    await desk.poll()
    assert (await desk.deliver()).sent == 3
    digest = desk.notifier.sent[-1][1]
    assert digest.subject.startswith("3 ")
    told = "".join(message.subject + message.body for _, message in desk.notifier.sent)
    assert all(title in told for title in titles)


async def test_an_alert_of_a_channel_that_left_the_config_is_given_up_with_its_reason(desk: Desk) -> None:
    """It is set apart as dead, not kept pending for ever and not sent elsewhere."""

    async def refuse(channel: str, message: Message) -> None:
        del message
        raise DeliveryError(f"channel {channel}: not in the config", permanent=True)

    desk.follow(A)
    desk.publish(A, news("mercenaries hired"))
    await desk.poll()
    desk.policy = replace(desk.policy, channels={"other": Channel("other")})
    desk.notifier.send = refuse  # type: ignore[method-assign]
    assert (await desk.deliver()).dead == 1
    assert "not in the config" in str(desk.records.alerts(Filter(state="dead"))[0]["error"])


async def test_every_hit_ends_with_an_alert_or_a_reason(desk: Desk) -> None:
    """Whatever a channel wants, each story has one decision for it, named."""
    picky = Channel("picky", signals=frozenset({TRAFFICKING}), min_score=0.9)
    desk.policy = replace(desk.policy, channels={"desk": Channel("desk"), "picky": picky})
    desk.follow(A)
    desk.publish(A, news("mercenaries hired"), news("girls trafficked"))
    await desk.poll()
    assert sorted(desk.reasons()) == [
        ("pending", "first_hit"),
        ("pending", "first_hit"),
        ("suppressed", "below_min_score"),
        ("suppressed", "signal_not_wanted"),
    ]


async def test_a_channel_for_a_country_hears_of_that_country_only(desk: Desk) -> None:
    """What names another country, or none, is decided against by name; the alert says which countries are named."""
    desk.policy = replace(desk.policy, channels={"havana": Channel("havana", countries=frozenset({"CU"}))})
    desk.follow(A)
    desk.publish(A, news("mercenaries from Cuba hired"), news("girls trafficked abroad"))
    await desk.poll()
    assert sorted(desk.reasons()) == [("pending", "first_hit"), ("suppressed", "country_not_wanted")]
    await desk.deliver()
    assert "Countries: CU" in desk.notifier.sent[0][1].body


async def test_a_later_outlet_that_names_the_country_brings_the_story_to_the_channel(desk: Desk) -> None:
    """What was held back for its countries alerts once an item of the story names a wanted one."""
    desk.policy = replace(desk.policy, channels={"desk": Channel("desk", countries=frozenset({"CU"}))})
    desk.follow(A, B)
    desk.publish(A, news("Court jails agent who sent mercenaries to war", guid="a"))
    await desk.poll()
    desk.publish(B, news("Court jails Cuba agent who sent mercenaries to war", guid="b"))
    await desk.poll()
    assert len(desk.records.stories()) == 1
    assert (await desk.deliver()).sent == 1


async def test_a_feed_that_fails_from_the_start_waits_the_configured_interval(desk: Desk) -> None:
    """Nothing is known of its own rhythm yet: `poll.every` counts, as it does for a feed that answers."""
    desk.policy = replace(desk.policy, every=timedelta(hours=2))
    desk.follow(A)
    desk.fetcher.answers[A] = FetchError("a: not found", reason="http_404")
    await desk.poll()
    assert desk.store.due_feeds(NOW + timedelta(hours=1)) == []


async def test_a_story_that_spreads_is_told_again_when_it_matters_and_not_before(desk: Desk) -> None:
    """The second outlet is counted, the third is told, with its reason; a new country is another update."""
    urls = [f"https://{number}.example/feed" for number in range(5)]
    desk.follow(*urls)
    titles = ["Court jails agent who sent mercenaries to war"] * 4 + [
        "Court jails Cuba agent who sent mercenaries to war"
    ]
    for url, title in zip(urls, titles, strict=True):
        desk.publish(url, news(title, guid=url))
        for other in urls:
            desk.fetcher.answers.setdefault(other, Unchanged())
        await desk.poll()
        await desk.deliver()
    assert desk.reasons()[::-1] == [
        ("sent", "first_hit"),
        ("suppressed", "already_told"),
        ("sent", "third_outlet"),
        ("suppressed", "already_told"),
        ("sent", "new_country"),
    ]
    assert len(desk.notifier.sent) == 3


async def test_news_of_a_story_whose_first_alert_still_waits_goes_with_it(desk: Desk) -> None:
    """The channel was down: one message says the newer state, and the update is kept as folded into it."""
    desk.notifier.failures["desk"] = [DeliveryError("desk: HTTP 500", permanent=False)]
    desk.follow(A)
    desk.publish(A, news("Court jails agent who sent mercenaries to war", guid="a"))
    await desk.poll()
    assert (await desk.deliver()).retried == 1
    desk.follow(A, B)
    desk.publish(B, news("Court jails Cuba agent who sent mercenaries to war", guid="b"))
    await desk.poll()
    assert await desk.deliver() == DeliverySummary(sent=1)
    assert desk.reasons() == [("folded", "new_country"), ("sent", "first_hit")]
    assert "Countries: CU" in desk.notifier.sent[0][1].body


async def test_what_an_undated_feed_listed_already_is_no_news_and_what_it_adds_is(desk: Desk) -> None:
    """Nobody can say that the items of its first poll are young; those of the next were not there before."""
    desk.follow(A)
    listed = [news(f"mercenaries {deed} town", at=None) for deed in ("leave", "enter", "shell")]
    desk.publish(A, *listed)
    await desk.poll()
    assert set(desk.reasons()) == {("suppressed", "undated")}
    desk.publish(A, *listed, news("volunteers lured to distant war", at=None))
    await desk.poll()
    assert desk.reasons().count(("pending", "first_hit")) == 1


async def test_the_first_poll_of_a_feed_sends_no_updates_for_its_backlog(desk: Desk) -> None:
    """Three new feeds that list the same story of yesterday count as outlets and tell nobody."""
    desk.follow(A, B, C)
    desk.publish(A, news("Court jails agent who sent mercenaries to war", guid="a"))
    desk.fetcher.answers |= {B: Unchanged(), C: Unchanged()}
    await desk.poll()
    for url in (B, C):
        title = "Court jails Cuba agent who sent mercenaries to war"
        desk.publish(url, news(title, guid=url, at=NOW - timedelta(hours=25)))
    await desk.poll()
    assert sorted(desk.reasons()) == [("pending", "first_hit"), ("suppressed", "backlog"), ("suppressed", "backlog")]
    (told,) = desk.records.stories()
    assert len(told["outlets"]) == 3


async def test_where_people_are_taken_is_stored_with_the_hit_and_shown_as_an_arrow(desk: Desk) -> None:
    """Both sides are columns of the hit; the alert's line has the arrow."""
    desk.follow(A)
    desk.publish(A, news("mercenaries from Cuba hired for Russia"))
    await desk.poll()
    (row,) = desk.records.hits()
    assert (row["countries"], row["origins"], row["destinations"]) == (["CU", "RU"], ["CU"], ["RU"])
    await desk.deliver()
    assert "CU → RU" in desk.notifier.sent[0][1].body
