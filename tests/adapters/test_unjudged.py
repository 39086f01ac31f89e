"""What there is to ask about: found by indexes, without what was judged, the same draw for the same seed."""

import pytest

from monitor.adapters.database import Database, Parameters
from monitor.adapters.journal import Journal
from monitor.adapters.outbox import SqliteOutbox
from monitor.adapters.records import Filter
from monitor.adapters.store import SqliteStore
from monitor.adapters.unjudged import Choice, UnjudgedReader
from monitor.domain.review import Question, Reason, Unjudged
from monitor.ports import PollResult
from tests.adapters.storage import FIGHTERS, HOUR, NOW, TRAFFICKING, Stores, item, scored, story, update

ALL = Filter()


@pytest.fixture
def stores(database: Database) -> Stores:
    return Stores(SqliteStore(database), SqliteOutbox(database))


def choice(database: Database, wanted: Filter = ALL, *, signal: str = TRAFFICKING, seed: str = "1") -> Choice:
    return UnjudgedReader(database).choice(signal, 0.5, wanted, seed)


def titles(database: Database, several: list[Unjudged]) -> list[str]:
    asked = [Question(one, Reason.HIT_WITHOUT_VERDICT) for one in several]
    return [row["title"] for row in UnjudgedReader(database).shown(asked)]


def test_hits_what_scored_next_and_a_draw_of_the_rest(stores: Stores, database: Database) -> None:
    """What has a hit, what has none but a chance, and of what has neither whatever is drawn."""
    feed = stores.feed()
    stores.tell(feed, "Lured", score=0.6)
    low = [scored(item(f"low {n}"), score=0.001) for n in range(5)]
    near = [scored(item("near"), score=0.3), scored(item("nearer"), score=0.49)]
    stores.store.record(PollResult(update(feed), items=(*low, *near)))
    found = choice(database)
    assert titles(database, found.hits) == ["Lured"]
    assert titles(database, found.others) == ["nearer", "near"]
    assert sorted(titles(database, found.drawn)) == [f"low {n}" for n in range(5)]
    assert found.hits == [Unjudged(1, TRAFFICKING, 0.6, 0.5, frozenset({"title lured", "story 1"}))]


def test_an_item_that_reaches_a_threshold_lowered_since_is_asked_about(stores: Stores, database: Database) -> None:
    """It is no hit, as it was stored under a higher one, and scores the highest of those."""
    stores.store.record(PollResult(update(stores.feed()), items=(scored(item("raised since"), score=0.8),)))
    assert titles(database, choice(database).others) == ["raised since"]


def test_what_has_a_verdict_on_the_signal_is_left_out(stores: Stores, database: Database) -> None:
    """A verdict on the other signal leaves the question open."""
    feed, journal = stores.feed(), Journal(database)
    stores.tell(feed, "hit")
    rest = (scored(item("near"), score=0.3), scored(item("low"), score=0.0))
    stores.store.record(PollResult(update(feed), items=rest))
    for item_id in (1, 2, 3):
        journal.label(item_id, FIGHTERS, verdict=True, now=NOW)
    found = choice(database)
    assert [len(found.hits), len(found.others), len(found.drawn)] == [1, 1, 1]
    for item_id in (1, 2, 3):
        journal.label(item_id, TRAFFICKING, verdict=False, now=NOW)
    assert choice(database) == Choice([], [], [])


def test_a_hit_knows_that_its_story_was_judged(stores: Stores, database: Database) -> None:
    """By another outlet's report of it, for the same signal."""
    feed = stores.feed()
    stores.tell(feed, "first")
    told = PollResult(update(feed), items=(scored(item("second"), story_id=1),), stories=(story(1, "first"),))
    stores.store.record(told)
    assert [one.judged for one in choice(database).hits] == [False, False]
    Journal(database).label(1, TRAFFICKING, verdict=True, now=NOW)
    assert [(one.item_id, one.judged) for one in choice(database).hits] == [(2, True)]


def test_headlines_that_differ_in_spelling_only_are_one_story(stores: Stores, database: Database) -> None:
    """Below the threshold nothing is put into stories; what outlets take over word by word is told apart from here."""
    rows = (scored(item("Women RESCUED: 12 held"), score=0.3), scored(item("women rescued – 12 held"), score=0.2))
    stores.store.record(PollResult(update(stores.feed()), items=rows))
    one, other = choice(database).others
    assert one.stories == other.stories == {"title women rescued 12 held"}


def test_the_same_seed_draws_the_same(stores: Stores, database: Database) -> None:
    """Another seed, and the other signal, draw others."""
    low = tuple(scored(item(f"low {n}"), score=0.001) for n in range(40))
    stores.store.record(PollResult(update(stores.feed()), items=low))
    drawn = choice(database).drawn
    assert choice(database).drawn == drawn
    assert choice(database, seed="2").drawn != drawn
    assert choice(database, signal=FIGHTERS).drawn == []


def test_time_and_country_narrow_every_kind(stores: Stores, database: Database) -> None:
    """A hit's countries are stored; of the rest the text is searched for the country's names."""
    feed = stores.feed()
    old = (scored(item("old near Nepal"), score=0.3), scored(item("old low Nepal"), score=0.001))
    stores.store.record(PollResult(update(feed, polled_at=NOW), items=old))
    new = (
        scored(item("hit"), story_id=-1, countries=("NP",)),
        scored(item("near"), score=0.3),
        scored(item("near Nepal"), score=0.3),
        scored(item("low"), score=0.001),
        scored(item("low Nepali"), score=0.001),
    )
    later = update(feed, polled_at=NOW + HOUR)
    stores.store.record(PollResult(later, items=new, stories=(story(-1, "hit", at=NOW + HOUR),)))
    nepal = Filter(since=NOW + HOUR, country="NP", phrases=("nepal*",))
    found = choice(database, nepal)
    assert [titles(database, several) for several in (found.hits, found.others, found.drawn)] == [
        ["hit"],
        ["near Nepal"],
        ["low Nepali"],
    ]
    assert choice(database, Filter(country="CU", phrases=("cuba*",))) == Choice([], [], [])


def test_a_question_shows_what_a_person_judges_by(stores: Stores, database: Database) -> None:
    """Columns as the tables name them, with the words that weighed where they were stored."""
    stores.tell(stores.feed(), "Lured")
    (hit,) = choice(database).hits
    (row,) = UnjudgedReader(database).shown([Question(hit, Reason.HIT_WITHOUT_VERDICT)])
    expected = {"item_id": 1, "signal": TRAFFICKING, "score": 0.9, "threshold": 0.5, "reason": "hit_without_verdict",
                "title": "Lured", "feed": "Desk", "lang": "en", "confident": False, "on_fulltext": False,
                "why": [["lured", 2.5], ["abroad", 1.25]]}  # fmt: skip
    assert {name: row[name] for name in expected} == expected


def test_an_item_forgotten_meanwhile_is_not_shown(database: Database) -> None:
    """Pruning goes on beside a review."""
    asked = Question(Unjudged(77, TRAFFICKING, 0.9, 0.5, frozenset()), Reason.HIT_WITHOUT_VERDICT)
    assert UnjudgedReader(database).shown([asked]) == []


def test_no_table_is_walked(stores: Stores, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Millions of stored items cost no more than a few."""
    stores.tell(stores.feed(), "hit")
    asked: dict[str, Parameters] = {}
    rows = Database.rows

    def noted(self: Database, sql: str, parameters: Parameters = ()) -> object:
        asked[sql] = parameters
        return rows(self, sql, parameters)

    monkeypatch.setattr(Database, "rows", noted)
    found = choice(database, Filter(since=NOW, country="NP", phrases=("nepal*",)))
    UnjudgedReader(database).shown([Question(one, Reason.HIT_WITHOUT_VERDICT) for one in choice(database).hits])
    monkeypatch.undo()
    assert found == Choice([], [], [])
    plans = {
        sql: [step["detail"] for step in database.rows(f"EXPLAIN QUERY PLAN {sql}", parameters)]
        for sql, parameters in asked.items()
    }
    assert len(plans) >= 5
    fine = ("drawn VIRTUAL TABLE", "json_each", "items_fts VIRTUAL TABLE")
    walks = [step for steps in plans.values() for step in steps if step.startswith("SCAN ")]
    assert [step for step in walks if not any(one in step for one in fine)] == []
    sorting = [sql for sql, steps in plans.items() if "USE TEMP B-TREE FOR ORDER BY" in steps]
    assert all(":ids" in sql for sql in sorting)  # of the draw's few rows
