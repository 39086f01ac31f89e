"""Story grouping against stories grouped by hand: B-cubed and pairwise figures, and the time it takes.

    python -m benchmarks.stories stream.jsonl.gz [more.jsonl.gz …] stories.tsv --model FOLDER [--backfill] [--errors]

The items named in the table of stories (item id, tab, story) are told one by one in the order they were published, as
with all thresholds at 0 and the published time as the clock. Prints a table and writes it as JSON beside it.
"""

import argparse
import gzip
import json
import math
import os
import random
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import combinations
from pathlib import Path
from tempfile import TemporaryDirectory

from classifiers.background import Counts, shipped
from classifiers.tokens import read_token, surfaces
from monitor.adapters.classify import ModelScorer
from monitor.adapters.countries import CldrGeographer
from monitor.adapters.database import open_database
from monitor.adapters.store import SqliteStore
from monitor.adapters.termweights import TermWeights
from monitor.domain.feed import FeedSource, FeedState, FeedUpdate
from monitor.domain.item import Identity, IdentityKind, Item
from monitor.domain.resemblance import Weigh, by_length
from monitor.domain.story import STORY_WINDOW, Story, Told, assign, fingerprints, search_terms
from monitor.ports import PollResult, ScoredItem

Grouping = Mapping[str, int]
"""Item id → number of its group."""

_UNDATED = datetime.max.replace(tzinfo=UTC)

NEIGHBOURS = 3
"""Members of a story whose mean cosine the baseline takes."""


@dataclass(frozen=True, slots=True)
class Figures:
    """B-cubed (Amigó et al. 2009) and pairwise precision, recall and F1, each from 0 to 1."""

    b_cubed_precision: float
    b_cubed_recall: float
    b_cubed_f1: float
    pair_precision: float
    pair_recall: float
    pair_f1: float
    stories: int


def read(paths: Sequence[Path], gold: Mapping[str, str]) -> list[Item]:
    """The items that `gold` names, in the order they were published; the key of an item's identity is its id."""
    items = []
    for path in paths:
        opener = gzip.open if path.suffix == ".gz" else open
        with opener(path, "rt", encoding="utf-8") as lines:
            items += [_item(raw) for raw in map(json.loads, lines) if raw["id"] in gold]
    return sorted(items, key=lambda item: (item.published_at, item.identity.title))


def _item(raw: Mapping[str, str]) -> Item:
    at = datetime.fromisoformat(raw["published"]).replace(tzinfo=UTC)
    identity = Identity(None, None, raw["id"])
    return Item("", raw["url"], raw["title"], raw.get("summary") or "", raw.get("lang"), at, identity)


def alone(items: Sequence[Item]) -> Grouping:
    """Every item its own story."""
    return {item.identity.title: number for number, item in enumerate(items)}


def same_title(items: Sequence[Item]) -> Grouping:
    """Items of one title within the window are one story."""

    def likeness(one: Item, members: Sequence[Item]) -> float:
        return float(any(one.title.casefold() == other.title.casefold() for other in members))

    return _grown(items, likeness, 1.0)


def closest_cosine(threshold: float) -> Callable[[Sequence[Item]], Grouping]:
    """The baseline: mean TF-IDF cosine to a story's closest members, words weighed by the shipped background."""
    counts = shipped().counts["en"]

    def group(items: Sequence[Item]) -> Grouping:
        vectors = {item.identity.title: _tfidf(item, counts) for item in items}

        def likeness(one: Item, members: Sequence[Item]) -> float:
            mine = vectors[one.identity.title]
            cosines = sorted((_cosine(mine, vectors[other.identity.title]) for other in members), reverse=True)
            return sum(cosines[:NEIGHBOURS]) / len(cosines[:NEIGHBOURS])

        return _grown(items, likeness, threshold)

    return group


def _grown(items: Sequence[Item], likeness: Callable[[Item, Sequence[Item]], float], threshold: float) -> Grouping:
    stories: list[list[Item]] = []
    chosen: dict[str, int] = {}
    for item in items:
        near = [(likeness(item, members), -n) for n, members in enumerate(stories) if _open(members[-1], item)]
        best, number = max(near, default=(0.0, 0))
        if best < threshold:
            stories.append([])
            number = 1 - len(stories)
        stories[-number].append(item)
        chosen[item.identity.title] = -number
    return chosen


def _open(last: Item, item: Item) -> bool:
    return (item.published_at or _UNDATED) - (last.published_at or _UNDATED) <= STORY_WINDOW


def _tfidf(item: Item, counts: Counts) -> dict[str, float]:
    words = {read_token(surface, item.lang).word for surface in surfaces(f"{item.title} {item.summary}")}
    weights = {word: math.log(counts.items / counts.words.get(word, 5)) for word in words}
    length = math.sqrt(sum(weight * weight for weight in weights.values())) or 1.0
    return {word: weight / length for word, weight in weights.items()}


def _cosine(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    return sum(weight * other.get(word, 0.0) for word, weight in one.items())


def told(weigh: Weigh, *, by_keys: bool = True) -> Callable[[Sequence[Item]], Grouping]:
    """As the monitor tells them: `story.assign`, among the open stories that the database finds by key."""

    def group(items: Sequence[Item]) -> Grouping:
        stories: dict[int, Story] = {}
        chosen: dict[str, int] = {}
        for item in items:
            now = item.published_at or _UNDATED
            keys = search_terms(fingerprints([Told(item, "outlet", now)], weigh))
            candidates = [
                story
                for story in stories.values()
                if story.last_seen_at >= now - STORY_WINDOW
                and (not by_keys or any(keys & set(member.keys) for member in story.members))
            ]
            [story] = assign([item], candidates, "outlet", now, weigh).stories
            story = replace(story, id=len(stories) + 1) if story.id < 0 else story
            stories[story.id] = story
            chosen[item.identity.title] = story.id
        return chosen

    return group


def backfilled(model: Path) -> Callable[[Sequence[Item]], Grouping]:
    """As `monitor backfill` tells them, the whole way into a database, with every item a hit."""

    def group(items: Sequence[Item]) -> Grouping:
        with TemporaryDirectory() as name:
            folder = Path(name)
            signals = "".join(f"\n  {signal}: {{threshold: 0.000000001}}" for signal in _SIGNALS)
            config = folder / "config.yaml"
            config.write_text(f"database: stories.db\nsignals:{signals}\n", encoding="utf-8")
            archive = folder / "items.jsonl"
            archive.write_text("".join(json.dumps(_published(item)) + "\n" for item in items), encoding="utf-8")
            command = [sys.executable, "-m", "monitor", "backfill", str(archive), "-c", str(config)]
            subprocess.run(command, check=True, env=os.environ | {"MONITOR_SHIPPED_MODEL": str(model)})
            with open_database(folder / "stories.db") as database:
                rows = database.rows(
                    "SELECT guid, min(story_id) AS story FROM items JOIN hits ON item_id = items.id GROUP BY 1"
                )
        return {row["guid"].removeprefix(_NAMED): row["story"] for row in rows}

    return group


_NAMED = "item:"  # an id may be all digits, and would be taken for a row number
_SIGNALS = ("foreign_fighter_recruitment", "human_trafficking")


def _published(item: Item) -> dict[str, object]:
    return {
        "guid": f"{_NAMED}{item.identity.title}",
        "title": item.title,
        "summary": item.summary,
        "lang": item.lang,
        "url": item.url,
        "published": item.published_at.isoformat() if item.published_at else None,
        "feed": "outlet",
    }


def measure(found: Grouping, gold: Mapping[str, str]) -> Figures:
    """The figures of a grouping."""
    in_gold, in_found = defaultdict(set), defaultdict(set)
    for item, number in found.items():
        in_gold[gold[item]].add(item)
        in_found[number].add(item)
    shared = {item: len(in_gold[gold[item]] & in_found[number]) for item, number in found.items()}
    precision = sum(shared[item] / len(in_found[number]) for item, number in found.items()) / len(found)
    recall = sum(shared[item] / len(in_gold[gold[item]]) for item in found) / len(found)
    pairs = Counter((gold[a] == gold[b], found[a] == found[b]) for a, b in combinations(found, 2))
    right, wrong, missed = pairs[True, True], pairs[False, True], pairs[True, False]
    pair_precision = right / (right + wrong) if right + wrong else 1.0
    pair_recall = right / (right + missed) if right + missed else 1.0
    return Figures(
        precision, recall, _f1(precision, recall), pair_precision, pair_recall, _f1(pair_precision, pair_recall),
        len(in_found),
    )  # fmt: skip


def _f1(precision: float, recall: float) -> float:
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def errors(items: Sequence[Item], found: Grouping, gold: Mapping[str, str]) -> list[str]:
    """The wrong merges and wrong splits, largest first, as lines to read."""
    lines = []
    for kind, outer, inner in (("merged", found, gold), ("split", gold, found)):
        groups = defaultdict(list)
        for item in items:
            groups[outer[item.identity.title]].append(item)
        for number, members in sorted(groups.items(), key=lambda pair: -len(pair[1])):
            if len({inner[item.identity.title] for item in members}) > 1:
                lines.append(f"{kind} {number}")
                lines += [
                    f"    {inner[item.identity.title]:>4} {item.published_at:%Y-%m-%d %H:%M} {item.title[:110]}"
                    for item in members
                ]
    return lines


def time_with_many(items: Sequence[Item], weigh: Weigh, many: int) -> dict[str, float]:
    """Seconds to find the story of one hit, and to store it, with so many items in open stories."""
    now, rng = datetime(2026, 1, 5, tzinfo=UTC), random.Random(1)  # noqa: S311  # made-up texts
    words = sorted({word for item in items for word in f"{item.title} {item.summary}".split()})
    texts = [" ".join(rng.choices(words, k=30)) + f" name{number % (many // 3)}" for number in range(many)]
    with TemporaryDirectory() as folder, open_database(Path(folder) / "stories.db") as database:
        store = SqliteStore(database)
        store.sync_feeds([FeedSource("https://news.example/feed", "Desk")], now)
        feed = store.due_feeds(now, force=True)[0]
        for start in range(0, many, 1000):
            batch = [_made(text, start + n, now - timedelta(hours=rng.randrange(96))) for n, text in enumerate(texts[start : start + 1000])]  # fmt: skip  # noqa: E501
            _settle(store, feed.id, batch, now, weigh, join=False)
        looks, stores = [], []
        for number in range(50):
            looked, stored = _settle(store, feed.id, [_made(rng.choice(texts), many + number, now)], now, weigh)
            looks.append(looked)
            stores.append(stored)
        size = database.value("SELECT count(*) FROM stories")
    return {"items": many, "stories": float(size), "decide_s": sorted(looks)[25], "store_s": sorted(stores)[25]}


def _made(text: str, number: int, at: datetime) -> Item:
    title, summary = text[:80], text[80:]
    return Item("", "", title, summary, "en", at, Identity(f"guid:{number}", None, f"title:{number}"))


def _settle(
    store: SqliteStore, feed_id: int, items: Sequence[Item], now: datetime, weigh: Weigh, *, join: bool = True
) -> tuple[float, float]:
    start = time.perf_counter()
    keys = search_terms(fingerprints([Told(item, "outlet", now) for item in items], weigh))
    found = assign(items, store.open_stories(now - STORY_WINDOW, keys) if join else [], "Desk", now, weigh)
    decided = time.perf_counter()
    update = FeedUpdate(
        feed_id, FeedState.OK, "ok", polled_at=now, next_poll_at=now, interval=timedelta(hours=1), last_ok_at=now,
        failures=0.0, etag=None, last_modified=None, body_hash=None, unchanged_polls=0, moved_to=None, moved_polls=0,
        identity=IdentityKind.GUID, primed=True,
    )  # fmt: skip
    scored = tuple(ScoredItem(item, (), (), number) for item, number in zip(items, found.story_ids, strict=True))
    store.record(PollResult(update, items=scored, stories=found.stories))
    return decided - start, time.perf_counter() - decided


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.stories", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("items", type=Path, nargs="+", help="JSON lines with id, title, summary, published; .gz or not")
    parser.add_argument("stories", type=Path, help="tab-separated: item id, story")
    parser.add_argument("--model", type=Path, required=True, help="folder of a model, which says how common words are")
    parser.add_argument("--backfill", action="store_true", help="also tell the items through `monitor backfill`")
    parser.add_argument("--errors", action="store_true", help="list wrong merges and splits")
    parser.add_argument("--many", type=int, default=0, help="also time one hit among so many items in open stories")
    parser.add_argument("--json", type=Path, help="file for the figures")
    options = parser.parse_args(arguments)
    lines = options.stories.read_text(encoding="utf-8").splitlines()
    gold = dict(line.split("\t")[:2] for line in lines if line.strip())
    items = read(options.items, gold)
    weigh = TermWeights(ModelScorer.load(options.model), CldrGeographer())
    rules: dict[str, Callable[[Sequence[Item]], Grouping]] = {
        "every item alone": alone,
        "same title": same_title,
        "closest cosine, 0.25": closest_cosine(0.25),
        "closest cosine, 0.20": closest_cosine(0.2),
        "ours, words by length": told(by_length),
        "ours, all open stories": told(weigh, by_keys=False),
        "ours": told(weigh),
    }
    if options.backfill:
        rules["ours, through backfill"] = backfilled(options.model)
    found = {name: rule(items) for name, rule in rules.items()}
    figures = {name: measure(grouping, gold) for name, grouping in found.items()}
    print(f"{len(items)} items, {len(set(gold.values()))} stories")
    print(f"{'':26}{'B-cubed P':>10}{'R':>7}{'F1':>7}{'pair P':>10}{'R':>7}{'F1':>7}{'stories':>9}")
    for name, row in figures.items():
        *rates, stories = asdict(row).values()
        b_p, b_r, b_f, p_p, p_r, p_f = (f"{rate:.3f}" for rate in rates)
        print(f"{name:26}{b_p:>10}{b_r:>7}{b_f:>7}{p_p:>10}{p_r:>7}{p_f:>7}{stories:>9}")
    if options.errors:
        print(*errors(items, found["ours"], gold), sep="\n")
    timing = time_with_many(items, weigh, options.many) if options.many else {}
    if timing:
        print(", ".join(f"{name} {value:g}" for name, value in timing.items()))
    if options.json:
        results = {name: asdict(row) for name, row in figures.items()} | {"timing": timing}
        options.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
