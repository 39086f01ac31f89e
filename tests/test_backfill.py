"""backfill() over a real database: nothing lost, nothing doubled, whatever stops it; stories by the archive's clock."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.adapters.archive import FsspecArchive
from monitor.adapters.archives import SqliteArchives
from monitor.adapters.columns import to_time
from monitor.adapters.database import Database, open_database
from monitor.adapters.records import Filter, Records
from monitor.adapters.store import SqliteStore
from monitor.domain.archive import JsonLine, Raw
from monitor.domain.channel import Channel
from monitor.domain.feed import FeedSource
from monitor.domain.resemblance import by_length
from monitor.errors import InputError, StorageError, WorkerCrashError, WorkerTimeoutError
from monitor.pipeline import BackfillParts, BackfillSummary, Policy, Step, backfill
from monitor.ports.archives import ChunkResult, Prepared
from monitor.preparing import Work, prepared
from tests.archives import FEED, lines, record, web_archive, written
from tests.fakes import FakeClock, FakeGeographer, FakeScorer
from tests.servers import Entry, rss

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
TRAFFICKING = "human_trafficking"
STOLEN = "Twelve women trafficked from the coast of Cuba, police say"


class Stopped(Exception):  # noqa: N818 - not an error of ours
    """Power is cut."""


@dataclass
class InThisProcess:
    """A Preparer without workers. `fails` may raise for what it is given."""

    width: int = 2
    fails: Callable[[Sequence[Raw]], None] = lambda _: None
    seen: list[int] = field(default_factory=list)

    async def prepare(self, records: Sequence[Raw]) -> Prepared:
        await asyncio.sleep(0)
        self.seen.append(len(records))
        self.fails(records)
        work = Work({TRAFFICKING: 0.5}, "archive", NOW)
        return prepared(records, work, FakeScorer({TRAFFICKING: {"trafficked": 0.9}}), FakeGeographer({"Cuba": "CU"}))


@dataclass
class Shelf:
    """A database to fill, and what fills it."""

    database: Database
    preparer: InThisProcess = field(default_factory=InThisProcess)
    channels: tuple[Channel, ...] = ()
    steps: list[Step] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.store = SqliteStore(self.database)
        self.archives = SqliteArchives(self.database, self.store)
        self.records = Records(self.database)

    def fill(self, path: Path, *, chunk: int = 3, archives: SqliteArchives | None = None) -> BackfillSummary:
        parts = BackfillParts(self.preparer, archives or self.archives, FakeClock(NOW), by_length)
        archive = FsspecArchive(str(path), records=chunk)
        policy = Policy({TRAFFICKING: 0.5}, {one.name: one for one in self.channels}, timedelta(minutes=15))
        return asyncio.run(backfill(parts, policy, archive, self.steps.append))

    def contents(self) -> dict[str, list[tuple[object, ...]]]:
        """Everything stored, but for when the archive was read."""
        tables = {
            "feeds": "url, name, state, reason",
            "items": "id, feed_id, guid, url, title, summary, lang, published_at, key",
            "seen": "feed_id, key, item_id",
            "scores": "item_id, signal, score",
            "hits": "item_id, signal, score, story_id, countries",
            "stories": "id, title, first_seen_at, last_seen_at, outlets, members",
        }
        return {
            table: [tuple(row.values()) for row in self.database.rows(f"SELECT {columns} FROM {table} ORDER BY 1, 2")]
            for table, columns in tables.items()
        }


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    with open_database(tmp_path / "monitor.db") as database:
        yield Shelf(database)


@pytest.fixture
def news(tmp_path: Path) -> Path:
    """Ten items of two outlets, four of them about one event, told within a day; one line is no JSON."""
    told = [
        record(n, STOLEN if n in {2, 3, 5} else "", feed=FEED if n % 2 else "https://other.example/rss")
        for n in range(9)
    ]
    return written(tmp_path / "news.jsonl", lines([*told[:4], "{", *told[4:], record(9, STOLEN)]))


def test_what_an_archive_holds_is_stored_as_a_poll_would_store_it(shelf: Shelf, news: Path) -> None:
    """Items, scores, hits with countries, one story of both outlets; no alert; the bad line told by its number."""
    assert shelf.fill(news) == BackfillSummary(records=11, new_items=10, bad=1, hits=4, stories=1)
    assert [fault.place for step in shelf.steps for fault in step.faults] == [5]
    (story,) = shelf.records.stories()
    assert sorted(story["outlets"]) == [FEED, "https://other.example/rss"]
    assert {tuple(row["countries"]) for row in shelf.records.hits()} == {("CU",)}
    assert shelf.records.alerts() == []
    assert all(row["scores"] for row in shelf.records.items())


def test_stories_go_by_the_time_of_publication(shelf: Shelf, tmp_path: Path) -> None:
    """The same words two weeks later are another event, though both are read in one second."""
    told = [record(0, STOLEN), record(1, STOLEN), record(400, STOLEN)]
    assert shelf.fill(written(tmp_path / "a.jsonl", lines(told)), chunk=10).stories == 2
    later, first = shelf.records.stories()
    assert to_time(first["first_seen_at"]) == datetime(2021, 3, 1, 0, tzinfo=UTC)
    assert to_time(first["last_seen_at"]) == datetime(2021, 3, 1, 1, tzinfo=UTC)
    assert to_time(later["last_seen_at"]) == datetime(2021, 3, 17, 16, tzinfo=UTC)


def test_a_second_run_adds_nothing(shelf: Shelf, news: Path) -> None:
    """Neither of the same file nor of a copy of it."""
    shelf.fill(news)
    before = shelf.contents()
    assert shelf.fill(news) == BackfillSummary()
    copy = written(news.with_name("copy.jsonl.gz"), news.read_bytes())
    assert shelf.fill(copy) == BackfillSummary(records=11, known_items=10, bad=1)
    assert shelf.contents() == before


@dataclass
class OneByOne(InThisProcess):
    """Has a chunk ready only when those before it are stored."""

    steps: Sequence[Step] = ()

    async def prepare(self, records: Sequence[Raw]) -> Prepared:
        before = len(self.seen)
        prepared = await super().prepare(records)
        while len(self.steps) < before:  # noqa: ASYNC110  # nothing else tells of it
            await asyncio.sleep(0)
        return prepared


class Cut(SqliteArchives):
    """Loses power when so many chunks are written, at the end of the next one."""

    def __init__(self, shelf: Shelf, at: int) -> None:
        super().__init__(shelf.database, shelf.store)
        self._left = at

    def record_chunk(self, result: ChunkResult) -> None:
        self._left -= 1
        super().record_chunk(result)
        if self._left < 0:
            raise Stopped


@pytest.mark.parametrize("together", [False, True])
@pytest.mark.parametrize("at", range(4))
def test_a_run_that_was_cut_off_goes_on_where_it_stopped(
    shelf: Shelf, news: Path, tmp_path: Path, at: int, *, together: bool
) -> None:
    """With the same result as one that was not; what is inside the transaction that was cut is undone.

    Chunks that are ready at the same time are in one.
    """
    if not together:
        shelf.preparer = OneByOne(steps=shelf.steps)
    with pytest.raises(Stopped):
        shelf.fill(news, archives=Cut(shelf, at))
    done = shelf.archives.checkpoint(FsspecArchive(str(news)).name).records
    assert done in (range(0, 3 * at + 1, 3) if together else [3 * at])
    shelf.steps.clear()
    shelf.preparer = InThisProcess()
    assert shelf.fill(news).records == 11 - done
    with open_database(tmp_path / "whole.db") as database:
        whole = Shelf(database)
        whole.fill(news)
        assert shelf.contents() == whole.contents()


@dataclass
class FirstAfterAll(InThisProcess):
    """Has the first chunk ready when four are."""

    async def prepare(self, records: Sequence[Raw]) -> Prepared:
        first = not self.seen
        prepared = await super().prepare(records)
        while first and len(self.seen) < 4:  # noqa: ASYNC110  # nothing else tells of it
            await asyncio.sleep(0)
        return prepared


class Counted(SqliteArchives):
    """Counts its transactions."""

    transactions = 0

    def deciding(self) -> AbstractContextManager[None]:
        self.transactions += 1
        return super().deciding()


@pytest.mark.parametrize(("preparer", "transactions"), [(FirstAfterAll, 1), (OneByOne, 4)])
def test_chunks_that_are_ready_at_the_same_time_are_stored_in_one_transaction(
    shelf: Shelf, news: Path, preparer: type[InThisProcess], transactions: int
) -> None:
    """It takes less writing; each is told of by itself all the same."""
    shelf.preparer = preparer() if preparer is FirstAfterAll else OneByOne(steps=shelf.steps)
    counted = Counted(shelf.database, shelf.store)
    assert shelf.fill(news, archives=counted).records == 11
    assert counted.transactions == transactions
    assert [step.total.records for step in shelf.steps] == [3, 6, 9, 11]


def test_two_runs_over_one_archive_do_not_mix(shelf: Shelf, news: Path) -> None:
    """The one that is overtaken ends, and its chunk is undone."""
    archive = FsspecArchive(str(news), records=3)
    first, second, *_ = archive.chunks(shelf.archives.checkpoint(archive.name))
    for chunk in (first, second):
        shelf.archives.record_chunk(ChunkResult(chunk.before, chunk.after, NOW))
    with pytest.raises(StorageError, match=r"news\.jsonl: another backfill of it is under way"):
        shelf.archives.record_chunk(ChunkResult(second.before, second.after, NOW))


def test_an_archive_of_a_polled_feed_leaves_its_polling_alone(shelf: Shelf, news: Path) -> None:
    """Its items belong to it, and what it listed before is known."""
    shelf.store.sync_feeds([FeedSource(FEED, "Desk")], NOW)
    (before,) = shelf.store.due_feeds(NOW)
    shelf.fill(news)
    assert shelf.store.due_feeds(NOW, force=True) == [before]
    names = {row["feed"] for row in shelf.records.items()}
    assert names == {"Desk", "https://other.example/rss"}


def test_a_feed_of_an_archive_is_never_polled_until_it_is_configured(shelf: Shelf, news: Path) -> None:
    """Then it knows what the archive brought."""
    shelf.fill(news)
    assert shelf.store.due_feeds(NOW + timedelta(days=999), force=True) == []
    shelf.store.sync_feeds([FeedSource(FEED, "Desk")], NOW)
    (feed,) = shelf.store.due_feeds(NOW)
    keys = {key for row in shelf.records.items(Filter(feed_id=feed.id, limit=None)) for key in str(row["guid"]).split()}
    assert keys
    assert shelf.database.value("SELECT count(*) FROM seen WHERE feed_id = ?", (feed.id,)) >= len(keys)


def test_an_outlet_known_by_name_is_the_live_feed_of_that_name(shelf: Shelf, tmp_path: Path) -> None:
    """What the monitor exported is read back into the same feed."""
    shelf.store.sync_feeds([FeedSource(FEED, "Desk")], NOW)
    shelf.fill(written(tmp_path / "a.jsonl", lines([record(1, feed="Desk"), record(2, feed="Unheard of")])))
    assert {row["feed"] for row in shelf.records.items()} == {"Desk", "Unheard of"}
    assert [row["url"] for row in shelf.records.feeds(NOW)] == [FEED, "archive:Unheard of"]


def test_alerts_are_planned_only_where_they_are_asked_for(shelf: Shelf, tmp_path: Path) -> None:
    """One a story, whichever of its outlets is read first; what is old has its reason."""
    recent = (NOW - timedelta(hours=3)).isoformat()
    told = [
        record(1, STOLEN, published=recent),
        record(2, STOLEN, published=recent, feed="https://other.example/rss"),
        record(3, "Forty miners trafficked to a gold pit in the north"),
    ]
    shelf.channels = (Channel("desk"),)
    assert shelf.fill(written(tmp_path / "a.jsonl", lines(told)), chunk=10).alerts == 1
    decided = sorted((str(row["state"]), str(row["reason"])) for row in shelf.records.alerts())
    assert decided.count(("pending", "first_hit")) == 1
    assert ("suppressed", "old_news") in decided


def test_edited_and_repeated_captures_of_a_feed_bring_an_item_once(shelf: Shelf, tmp_path: Path) -> None:
    """Each capture is a document, and what an earlier one listed is known to the next, also within a chunk."""

    def listing(title: str) -> bytes:
        return rss(Entry(title, "https://a.example/1", "Nothing.", "tag:a.example,1"))

    captures = [("https://a.example/rss", "application/rss+xml", listing(title)) for title in ("One", "One, edited")]
    path = written(tmp_path / "crawl.warc", web_archive(captures))
    assert shelf.fill(path, chunk=10) == BackfillSummary(records=2, new_items=1, known_items=1)


def killer(*, times: int) -> Callable[[Sequence[Raw]], None]:
    left = [times]

    def fail(_: Sequence[Raw]) -> None:
        left[0] -= 1
        if left[0] >= 0:
            raise WorkerCrashError("killed")

    return fail


def test_work_whose_worker_was_killed_is_done_again(shelf: Shelf, news: Path) -> None:
    shelf.preparer.fails = killer(times=1)
    assert shelf.fill(news) == BackfillSummary(records=11, new_items=10, bad=1, hits=4, stories=1)


@pytest.mark.parametrize("error", [WorkerCrashError, WorkerTimeoutError])
def test_a_record_that_kills_its_worker_each_time_costs_itself_only(
    shelf: Shelf, tmp_path: Path, error: type[WorkerCrashError | WorkerTimeoutError]
) -> None:
    """It is found by halving."""

    def fails(records: Sequence[Raw]) -> None:
        if any(isinstance(one, JsonLine) and b"poison" in one.line for one in records):
            raise error("too much")

    shelf.preparer.fails = fails
    told = [record(n, "poison" if n == 5 else "") for n in range(8)]
    summary = shelf.fill(written(tmp_path / "a.jsonl", lines(told)), chunk=8)
    assert (summary.new_items, summary.bad) == (7, 1)
    assert [(fault.place, fault.message) for step in shelf.steps for fault in step.faults] == [(6, "too much")]


def test_what_was_read_before_damage_is_stored(shelf: Shelf, tmp_path: Path) -> None:
    path = written(tmp_path / "a.jsonl.gz", lines([record(n, summary="x" * n) for n in range(300)]))
    path.write_bytes(path.read_bytes()[:-900])
    with pytest.raises(InputError, match="damaged gzip data"):
        shelf.fill(path)
    assert 100 < len(shelf.records.items(Filter(limit=None))) < 300


@given(st.lists(st.integers(0, 9), max_size=30), st.integers(1, 7))
def test_however_it_is_cut_the_result_is_the_same(numbers: list[int], chunk: int) -> None:
    """Repeated records in any order, chunks of any size: each item is stored once."""
    with TemporaryDirectory() as folder, open_database(Path(folder) / "monitor.db") as database:
        shelf = Shelf(database)
        path = written(Path(folder) / "a.jsonl", lines([record(n) for n in numbers] or [record(0)]))
        summary = shelf.fill(path, chunk=chunk)
        assert summary.new_items == len(set(numbers) or {0})
        assert len(shelf.records.items(Filter(limit=None))) == summary.new_items
