"""Everything that the storage classes can be asked, asked once of a small database: see `test_query_plans.py`."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from monitor.adapters.archives import SqliteArchives
from monitor.adapters.columns import filed
from monitor.adapters.database import Database
from monitor.adapters.dossier import Dossiers
from monitor.adapters.dossiers import Dossiers as Pages
from monitor.adapters.journal import Journal
from monitor.adapters.ordinary import OrdinaryItems
from monitor.adapters.outbox import SqliteOutbox
from monitor.adapters.records import Filter, Records
from monitor.adapters.store import SqliteStore
from monitor.adapters.stream import StreamReader
from monitor.adapters.subscriptions import SqliteSubscriptions
from monitor.adapters.troubles import SqliteTroubles
from monitor.adapters.unjudged import UnjudgedReader
from monitor.adapters.upkeep import Upkeep
from monitor.domain import websub
from monitor.domain.archive import Checkpoint, Outlet
from monitor.domain.channel import Channel
from monitor.domain.delivery import Attempt
from monitor.domain.feed import FeedSource, ParsedFeed, Retrieved, Unchanged
from monitor.domain.fulltext import Mode
from monitor.domain.item import Item, identity_of
from monitor.domain.resemblance import by_length
from monitor.domain.review import questions as review_questions
from monitor.domain.sending import Fold, Join
from monitor.domain.websub import Announcement, Delivered
from monitor.pipeline import DeliverParts, Policy, PollParts, WatchParts, deliver, poll, watch
from monitor.ports import Listed, PollResult
from monitor.ports.archives import ChunkResult
from tests.adapters.storage import DAY, HOUR, NOW, TRAFFICKING, Stores, scored
from tests.adapters.storage import item as named
from tests.fakes import FakeClock, FakeFetcher, FakeGeographer, FakeNotifier, FakeParser, FakeReader, FakeScorer

BY_SINCE, BY_SIGNAL, BY_QUERY = Filter(since=NOW), Filter(signal=TRAFFICKING), Filter(query="trafficked")
BY_COUNTRY, BY_CHANNEL, BY_STATE = Filter(country="CU"), Filter(channel="desk"), Filter(state="sent")
BY_FEED = Filter(feed_id=1)

FILTERS = {
    "items": (BY_SINCE, BY_SIGNAL, BY_QUERY, BY_FEED),
    "hits": (BY_SINCE, BY_SIGNAL, BY_QUERY, BY_COUNTRY, BY_FEED),
    "stories": (BY_SINCE, BY_SIGNAL, BY_QUERY, BY_COUNTRY, BY_FEED),
    "alerts": (BY_SINCE, BY_SIGNAL, BY_QUERY, BY_COUNTRY, BY_CHANNEL, BY_STATE),
    "deliveries": (BY_SINCE, BY_CHANNEL),
    "verdicts": (BY_SINCE, BY_SIGNAL, BY_QUERY, BY_FEED),
}
"""Each kind of record by each filter it knows."""


async def ask_everything(database: Database, folder: Path) -> None:
    """Run the service, then whatever people and their tools ask for."""
    await run_the_service(database, folder)
    look_after_alerts(database)
    follow_hubs(database)
    list_records(database)
    learn(database)
    review(database)
    tune(database)
    fill_from_an_archive(database)
    tune(database)  # as an archive's: most items are old by now
    keep_house(database)


def news(title: str) -> Item:
    url = f"https://news.example/{title.replace(' ', '-')}"
    return Item(title, url, title, "", "en", NOW, identity_of(title, url, title, NOW))


async def run_the_service(database: Database, folder: Path) -> None:
    """Two cycles over feeds of which one is new in each way, one unchanged, one failing; deliver, and watch."""
    store, clock = SqliteStore(database), FakeClock(NOW)
    urls = [f"https://{number}.example/feed" for number in range(3)]
    store.sync_feeds([FeedSource(url, fulltext=Mode.GRAY) for url in urls], NOW)
    fetcher, parser = FakeFetcher({}), FakeParser({})
    scorer = FakeScorer({TRAFFICKING: {"trafficked": 0.9}})
    parts = PollParts(
        fetcher=fetcher, parser=parser, reader=FakeReader(), first_looks=scorer, scorer=scorer,
        store=store, clock=clock, geographer=FakeGeographer({"Cuba": "CU"}), weigh=by_length,
    )  # fmt: skip
    policy = Policy({TRAFFICKING: 0.5}, {"desk": Channel("desk", ops=True)}, timedelta(minutes=15))
    for titles in (["Women trafficked to Cuba"], ["Women trafficked to Cuba", "Women from Cuba trafficked", "Rain"]):
        for url in urls[:2]:
            body = f"{url} {titles}".encode()
            fetcher.answers[url] = Retrieved(body, url, body_hash=body.hex())
            hub = Announcement("https://hub.example/", url)
            parser.answers[body] = ParsedFeed(tuple(news(title) for title in titles), announced=hub)
        await poll(parts, policy)
        await deliver(DeliverParts(SqliteOutbox(database), FakeNotifier(), clock), policy)
        fetcher.answers[urls[0]] = Unchanged()
        clock.advance(HOUR)
    await poll(parts, policy, force=True)
    await watch(WatchParts(SqliteTroubles(database, folder), clock), policy.channels.values())


def look_after_alerts(database: Database) -> None:
    """What single deliveries come to: digests, joins, failures, and another try."""
    stores = Stores(SqliteStore(database), SqliteOutbox(database))
    feed = stores.feed()
    first, second, third = (stores.tell(feed, title) for title in ("a", "b", "c"))
    (digest,) = stores.outbox.fold([Fold("desk", (first, second), "digest")], NOW)
    stores.outbox.join([Join(third, (digest,))], NOW)
    stores.outbox.lease([digest, third], NOW, NOW + HOUR)
    stores.outbox.finish(Attempt(digest, NOW, True, None, "sent", None))
    stores.outbox.requeue_dead(NOW)
    Dossiers(database).alert(digest)
    pages = Pages(database)
    (shown, *_) = pages.recent()
    pages.story(shown["id"])
    pages.tells(shown["id"], 1)


def follow_hubs(database: Database) -> None:
    """From the first look at what feeds name to the end of a lease."""
    hubs, store = SqliteSubscriptions(database), SqliteStore(database)
    (feed_id, announced), *_ = hubs.unsubscribed(10)
    hubs.begin(websub.begun(feed_id, announced, "path", NOW))
    hubs.to_tend(NOW, limit=10, each=2)
    hubs.change("path", lambda one: replace(one, state=websub.State.ACTIVE, expires_at=NOW + HOUR))
    store.feed(feed_id)
    store.record(PollResult(Delivered(feed_id, "path", NOW), items=(scored(named("pushed")),)))
    hubs.begin_anew(NOW)
    hubs.told(NOW)
    hubs.hurry(feed_id, NOW)
    hubs.change("path", lambda _: None)


def fill_from_an_archive(database: Database) -> None:
    """One chunk of old news."""
    old = [named(f"old {number}", published_at=NOW - 999 * DAY) for number in range(40)]
    archives = SqliteArchives(database, SqliteStore(database))
    before, outlet = archives.checkpoint("old.jsonl"), Outlet("https://old.example/", "Old")
    with archives.deciding():
        ((feed_id, _),) = archives.archive_feeds([outlet], NOW).values()
        archives.known_of({feed_id: ["guid:a"]})
        archives.histories([story.id for story in archives.open_stories(NOW - DAY, [1])])
        keys = tuple(key for one in old for key in one.identity.keys())  # noqa: SIM118  # no dict
        listed = Listed(feed_id, tuple(filed(scored(one)) for one in old), keys)
        after = Checkpoint("old.jsonl", 1, "digest", finished=True)
        archives.record_chunk(ChunkResult(before, after, NOW, (listed,)))


def list_records(database: Database) -> None:
    """What people list and search, with each filter by itself, and export."""
    records = Records(database)
    for kind, filters in FILTERS.items():
        listing: Callable[[Filter], object] = getattr(records, kind)
        for wanted in (Filter(), *filters):
            listing(wanted)
            list(records.export(kind, wanted))
    records.get_item(1)
    records.feeds(NOW)


def learn(database: Database) -> None:
    """Verdicts, model versions, and what training reads of the stream."""
    journal = Journal(database)
    journal.label(1, TRAFFICKING, verdict=True, now=NOW)
    journal.add_model("m1", "m1", {}, NOW)
    journal.activate_model("m1", NOW)
    journal.active_model()
    journal.previous_model()
    journal.list_models()
    list(OrdinaryItems(database).read(10))


def review(database: Database) -> None:
    """What an analyst is asked about next, with and without a country."""
    reader = UnjudgedReader(database)
    for wanted in (Filter(), Filter(since=NOW - DAY, country="CU", phrases=("cuba",))):
        choice = reader.choice(TRAFFICKING, 0.5, wanted, "seed")
        reader.shown(review_questions(choice.hits, choice.others, choice.drawn))


def tune(database: Database) -> None:
    """The stream of the last days, and since a day."""
    reader = StreamReader(database)
    reader.read(TRAFFICKING, None, 0.1)
    reader.read(TRAFFICKING, NOW - 9999 * DAY, 0.1)


def keep_house(database: Database) -> None:
    """Runs, configs, health, and forgetting."""
    journal, upkeep = Journal(database), Upkeep(database)
    journal.keep_config("hash", "{}", NOW)
    journal.finish_run(journal.start_run(NOW), {}, NOW)
    journal.last_run(finished=True)
    SqliteTroubles(database, Path()).record([], [], NOW)
    upkeep.health(NOW)
    upkeep.moments(NOW)
    upkeep.prune(items=DAY, hits=DAY, now=NOW + 40 * DAY)
