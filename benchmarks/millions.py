"""What polls, lists and upkeep cost with five million items stored, beside the same with fifty thousand.

    python -m benchmarks.millions FOLDER [--items 5000000] [--beside 50000] [--repeat 5] [--json OUT.json]

FOLDER keeps the databases, so that a second run need not fill them: see `stock.py` for what they hold. Each question is
asked of the product's own storage classes, as a poll or a command asks it. Prints milliseconds: the first time, which
reads from the disk what the system has not kept in memory, and the median of all times.
"""

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from itertools import cycle
from pathlib import Path
from statistics import median

from benchmarks.stock import SIGNALS, SUMMARY_WORDS, TITLE_WORDS, UNTIL, fill, words_of
from monitor.adapters.columns import to_time
from monitor.adapters.database import Database, open_database
from monitor.adapters.outbox import SqliteOutbox
from monitor.adapters.records import Filter, Records
from monitor.adapters.store import SqliteStore
from monitor.adapters.stream import StreamReader
from monitor.adapters.troubles import SqliteTroubles
from monitor.adapters.upkeep import Upkeep
from monitor.domain.story import STORY_WINDOW
from monitor.ports import PollResult
from tests.adapters.storage import alert, item, scored, story, update

DAY = timedelta(days=1)

NEW = 3
"""Items that a poll brings, of LISTED that its feed lists."""

LISTED = 30

FLOOR = 0.1
"""Score above which `tune` looks at items one by one."""

Work = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Told:
    """Milliseconds that one question took."""

    first: float
    median: float


def polling(database: Database, repeat: int) -> dict[str, Work]:
    """What the poll of one feed reads and writes; another feed each time, one item a hit that starts a story."""
    store = SqliteStore(database)
    feeds = store.due_feeds(UNTIL + timedelta(hours=1))[: 2 * repeat + 2]
    keys = "SELECT key FROM seen WHERE feed_id = ? LIMIT ?"
    listed = {feed.id: [row["key"] for row in database.rows(keys, (feed.id, 3 * LISTED))] for feed in feeds}
    terms = [row["term"] for row in database.rows("SELECT term FROM story_terms ORDER BY term LIMIT 16")]
    turn = cycle(feeds)

    def known() -> object:
        one = next(turn)
        return store.known_keys(one.id, listed[one.id])

    def record() -> None:
        one, name = next(turn), f"{time.time_ns()}"
        fresh = [item(f"{name} {number}") for number in range(NEW)]
        items = [scored(fresh[0], story_id=-1), *(scored(each, score=0.01) for each in fresh[1:])]
        seen = listed[one.id] + [key for each in fresh for key in each.identity.keys()]  # noqa: SIM118  # no dict
        stories, alerts = (story(-1, name, at=UNTIL),), (alert(-1, at=UNTIL, key=name),)
        store.record(PollResult(update(one, polled_at=UNTIL), tuple(items), tuple(seen), stories, alerts))

    return {
        "poll: feeds that are due": lambda: store.due_feeds(UNTIL + timedelta(seconds=64)),
        "poll: known keys of a feed": known,
        "poll: open stories with a word": lambda: store.open_stories(UNTIL - STORY_WINDOW, terms),
        f"poll: store {NEW} new items": record,
        "deliver: alerts that wait": lambda: SqliteOutbox(database).waiting(UNTIL),
    }


def listing(database: Database, words: Sequence[str]) -> dict[str, Work]:
    """What people list and search, fifty records of each, as the commands do."""
    records, counted = Records(database), Counter(words)

    def told_by(share: float) -> Filter:
        """Looks for the word that about such a share of the items has."""
        wanted = share * len(words) / (TITLE_WORDS + SUMMARY_WORDS)
        return Filter(query=min(counted, key=lambda word: (abs(counted[word] - wanted), word)))

    since, common, rare = Filter(since=UNTIL - DAY), told_by(0.1), told_by(0.001)
    return {
        "items": records.items,
        "items --since 1d": lambda: records.items(since),
        "items --query, 1 item in 10": lambda: records.items(common),
        "items --query, 1 in 1,000": lambda: records.items(rare),
        "items --signal": lambda: records.items(Filter(signal=SIGNALS[0])),
        "hits": records.hits,
        "hits --signal --since 1d": lambda: records.hits(replace(since, signal=SIGNALS[0])),
        "hits --query, 1 in 1,000": lambda: records.hits(rare),
        "stories": records.stories,
        "stories --country": lambda: records.stories(Filter(country="NP")),
        "alerts": records.alerts,
        "feeds list": lambda: records.feeds(UNTIL),
    }


def upkeep(database: Database) -> dict[str, Work]:
    """What the service and its keepers ask now and then."""
    return {
        "health": lambda: Upkeep(database).health(UNTIL),
        "watch: facts": lambda: SqliteTroubles(database, Path()).facts(UNTIL),
        "tune, 30 days": lambda: StreamReader(database).read(SIGNALS[0], None, FLOOR),
    }


def prune_a_day(database: Database) -> object:
    """Forget what was seen on the first day that is stored."""
    oldest = to_time(database.value("SELECT min(first_seen_at) FROM items"))
    return Upkeep(database).prune(items=UNTIL - oldest - DAY, hits=None, now=UNTIL)


def asked(path: Path, words: Sequence[str], repeat: int) -> dict[str, Told]:
    """Every question to one database, by name."""
    with open_database(path, create=False) as database:
        questions = polling(database, repeat) | listing(database, words) | upkeep(database)
        found = {name: told(work, repeat) for name, work in questions.items()}
        return found | {"db prune, a day": told(lambda: prune_a_day(database), 1)}


def told(work: Work, repeat: int) -> Told:
    """How long it takes."""
    times = []
    for _ in range(repeat):
        began = time.perf_counter()
        work()
        times.append(1000 * (time.perf_counter() - began))
    return Told(times[0], median(times))


def main() -> None:
    """Prints each question's times in both databases."""
    parser = argparse.ArgumentParser(description="Measures a database of millions of items.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seeds", type=Path, default=Path("seeds"))
    parser.add_argument("--items", type=int, default=5_000_000)
    parser.add_argument("--beside", type=int, default=50_000)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    words, found = words_of(options.seeds), {}
    options.folder.mkdir(parents=True, exist_ok=True)
    for size in (options.beside, options.items):
        path = options.folder / f"items-{size}.db"
        if not path.exists():
            print(f"{path} filled in {fill(path, size, words):.0f} s", file=sys.stderr)
        print(f"{size:,} items: {path.stat().st_size / 1e9:.2f} GB", file=sys.stderr)
        found[size] = asked(path, words, options.repeat)
    print(f"{'milliseconds: first, median':32}" + "".join(f"{f'{size:,} items':>22}" for size in found))
    for name in found[options.items]:
        cells = (found[size][name] for size in found)
        print(f"{name:32}" + "".join(f"{cell.first:11,.1f}{cell.median:11,.1f}" for cell in cells))
    if options.json:
        told_of = {size: {name: asdict(one) for name, one in some.items()} for size, some in found.items()}
        options.json.write_text(json.dumps(told_of, indent=1))


if __name__ == "__main__":
    main()
