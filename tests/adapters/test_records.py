"""The read side: what people list, search and export."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from monitor.adapters.database import Database, Row
from monitor.adapters.journal import Journal
from monitor.adapters.listings import LISTINGS
from monitor.adapters.outbox import SqliteOutbox
from monitor.adapters.records import Filter, Records
from monitor.adapters.store import SqliteStore
from monitor.domain.alert import AlertState
from monitor.domain.delivery import Attempt
from monitor.errors import InputError
from monitor.ports import PollResult
from tests.adapters.storage import DAY, FIGHTERS, HOUR, NOW, TRAFFICKING, URL, Stores, item, scored, update


@pytest.fixture
def stores(database: Database) -> Stores:
    return Stores(SqliteStore(database), SqliteOutbox(database))


@pytest.fixture
def records(database: Database) -> Records:
    return Records(database)


def titles(rows: list[dict[str, object]]) -> list[object]:
    return [row["title"] for row in rows]


def test_items_come_newest_first_with_feed_and_scores(stores: Stores, records: Records) -> None:
    feed = stores.feed()
    stores.store.record(PollResult(update(feed), items=(scored(item("old")), scored(item("also")))))
    stores.store.record(PollResult(update(feed, polled_at=NOW + HOUR), items=(scored(item("new"), score=0.25),)))
    rows = records.items()
    assert titles(rows) == ["new", "also", "old"]
    new = rows[0]
    assert (new["feed"], new["feed_id"], new["scores"]) == ("Desk", feed.id, {TRAFFICKING: 0.25})
    assert new["published_at"] == "2026-11-23T08:40:00.000000Z"
    assert new["first_seen_at"] == "2026-11-23T09:40:00.000000Z"


def test_hits_carry_what_an_analyst_needs_to_judge_them(stores: Stores, records: Records, database: Database) -> None:
    stores.tell(stores.feed(), "Lured")
    (row,) = records.hits()
    Journal(database).label(row["item_id"], TRAFFICKING, verdict=True, now=NOW)
    (row,) = records.hits()
    shown = ("signal", "score", "threshold", "model_id", "title", "url", "feed", "verdict")
    expected = (TRAFFICKING, 0.9, 0.5, "m1", "Lured", "https://news.example/Lured", "Desk", "yes")
    assert tuple(row[name] for name in shown) == expected
    assert row["why"] == [["lured", 2.5], ["abroad", 1.25]]
    assert (row["nearest_seed"], row["confident"]) == (f"{TRAFFICKING}/one.txt", False)


def test_hits_stories_and_alerts_are_found_by_the_countries_they_name(stores: Stores, records: Records) -> None:
    feed = stores.feed()
    stores.tell(feed, "Lured")
    (known,) = stores.store.open_stories(NOW)
    named = {"b": ("CU", "RU"), "c": ("RU",)}
    told = [scored(item(name), story_id=known.id, countries=codes) for name, codes in named.items()]
    stores.store.record(PollResult(update(feed), items=tuple(told)))
    stores.tell(feed, "Elsewhere")
    cuba, nepal = Filter(country="CU"), Filter(country="NP")
    (found,) = records.hits(cuba)
    assert (found["title"], found["countries"]) == ("b", ["CU", "RU"])
    assert [(row["title"], sorted(row["countries"])) for row in records.stories(cuba)] == [("Lured", ["CU", "RU"])]
    assert titles(records.alerts(cuba)) == ["Lured"]
    assert titles(list(records.export("hits", cuba))) == ["b"]
    assert [records.hits(nepal), records.stories(nepal), records.alerts(nepal)] == [[], [], []]
    assert [row["countries"] for row in records.get_item(found["item_id"])["hits"]] == [["CU", "RU"]]
    with pytest.raises(InputError, match="items cannot be filtered by country"):
        records.items(cuba)


def test_stories_carry_outlets_and_the_best_score_of_each_signal(stores: Stores, records: Records) -> None:
    feed = stores.feed()
    stores.tell(feed, "Lured", score=0.7)
    (known,) = stores.store.open_stories(NOW)
    stores.store.record(PollResult(update(feed), items=(scored(item("b"), score=0.8, story_id=known.id),)))
    (row,) = records.stories()
    assert (row["title"], row["outlets"], row["signals"], row["hits"]) == ("Lured", ["Desk"], {TRAFFICKING: 0.8}, 2)


def test_alerts_carry_their_story_and_the_last_error(stores: Stores, records: Records) -> None:
    one = stores.tell(stores.feed(), "Lured")
    for error in ("first", "second"):
        stores.outbox.finish(Attempt(one, NOW, False, error, AlertState.PENDING, NOW))
    (row,) = records.alerts(Filter(state="pending"))
    assert row["confident"] is False
    assert (row["id"], row["title"], row["error"], row["attempts"]) == (one, "Lured", "second", 2)
    assert [(row["ok"], row["error"]) for row in records.deliveries()] == [(False, "second"), (False, "first")]
    assert records.alerts(Filter(state="sent")) == []


def test_filters_narrow_the_lists(stores: Stores, records: Records) -> None:
    feed, other = stores.feed(), stores.feed(URL + "/2")
    stores.tell(feed, "Early")
    stores.tell(other, "Late", channel="mail", at=NOW + DAY)
    stores.store.record(PollResult(update(feed), items=(scored(item("Quiet")),)))
    since = Filter(since=NOW + HOUR)
    assert titles(records.items(since)) == titles(records.hits(since)) == titles(records.stories(since)) == ["Late"]
    assert titles(records.alerts(since)) == titles(records.alerts(Filter(channel="mail"))) == ["Late"]
    assert titles(records.items(Filter(signal=TRAFFICKING))) == ["Late", "Early"]
    assert records.items(Filter(signal=FIGHTERS)) == records.stories(Filter(signal=FIGHTERS)) == []
    by_feed = Filter(feed_id=other.id)
    assert (
        titles(records.items(by_feed)) == titles(records.hits(by_feed)) == titles(records.stories(by_feed)) == ["Late"]
    )
    assert titles(records.items(Filter(limit=2))) == ["Late", "Quiet"]
    assert records.items(Filter(limit=0)) == []


def test_a_search_ends_once_enough_is_found(
    stores: Stores, records: Records, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is found comes in the order asked for, the last stored first: of common words not everything is read."""
    feed = stores.feed()
    for number in range(9):
        stores.store.record(PollResult(update(feed), items=(scored(item(f"common {number}")),)))
    asked, rows = [], Database.rows

    def noted(database: Database, *given: Any) -> list[Row]:
        asked.append(given)
        return rows(database, *given)

    with monkeypatch.context() as patched:
        patched.setattr(Database, "rows", noted)
        assert titles(records.items(Filter(query="common", limit=2))) == ["common 8", "common 7"]
        assert titles(list(records.export("items", Filter(query="common", limit=1)))) == ["common 8"]
    assert len(asked) == 2
    for sql, parameters in asked:
        plan = [step["detail"] for step in database.rows(f"EXPLAIN QUERY PLAN {sql}", parameters)]
        assert not [step for step in plan if "TEMP B-TREE" in step]


def test_a_filter_that_means_nothing_for_the_records_is_an_input_error(records: Records) -> None:
    with pytest.raises(InputError, match="items cannot be filtered by channel, state"):
        records.items(Filter(channel="desk", state="sent"))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("nepal", True),
        ("NEPAL recruits", True),
        ("nepal nowhere", False),
        ("recr*", True),
        ("recr", False),
        ('"russian army"', True),
        ('"army russian"', False),
        ("cafe", True),
        ("café", True),
        ("नेपाली", True),
        ("नेपाल*", True),
        ("नेप", False),
        ("", False),
        ("*", False),
    ],
)
def test_a_query_finds_items_by_all_their_words(stores: Stores, records: Records, query: str, found: bool) -> None:
    feed = stores.feed()
    entry = item("Nepal recruits for the Russian army", "in a café, a cafe\u0301 नेपाली युवा")
    stores.store.record(PollResult(update(feed), items=(scored(entry, story_id=None), scored(item("Other")))))
    assert bool(records.items(Filter(query=query))) is found


def test_phrases_find_items_with_any_of_them(stores: Stores, records: Records) -> None:
    feed = stores.feed()
    stores.tell(feed, "Recruits from Sri Lanka")
    stores.tell(feed, "Recruits from Nepal")
    names = Filter(phrases=("Sri Lanka", "Ceylon", *(f"Country {number}" for number in range(300))))
    assert titles(records.hits(names)) == titles(records.stories(names)) == titles(records.alerts(names))
    assert titles(records.hits(names)) == ["Recruits from Sri Lanka"]
    both = Filter(query="recruits", phrases=("Nepal",))
    assert titles(records.items(both)) == ["Recruits from Nepal"]


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(query=st.text(st.characters(codec=None), max_size=40) | st.text('"*()+-^:{}ANDORNTabc \0', max_size=40))
@example('"')
@example("NEAR(a b)")
@example("title : x OR AND NOT")
@example("\udc80")
@example("a " * 1000)
def test_no_text_is_a_syntax_error_in_a_query(records: Records, query: str) -> None:
    """Queries come from the command line and the web; FTS5 has an operator for nearly every character."""
    for kind in ("items", "hits", "stories", "alerts", "verdicts"):
        list(records.export(kind, Filter(query=query, phrases=(query, "x"), limit=None)))


def test_an_edited_or_deleted_item_is_found_by_its_present_words_only(
    stores: Stores, records: Records, database: Database
) -> None:
    feed = stores.feed()
    stores.store.record(PollResult(update(feed), items=(scored(item("before")), scored(item("gone")))))
    database.execute("UPDATE items SET title = 'after' WHERE title = 'before'")
    database.execute("DELETE FROM items WHERE title = 'gone'")
    found = [titles(records.items(Filter(query=word))) for word in ("before", "after", "gone")]
    assert found == [[], ["after"], []]
    database.execute("INSERT INTO items_fts (items_fts, rank) VALUES ('integrity-check', 1)")


def test_whatever_was_stored_together_is_found_by_its_words(
    stores: Stores, records: Records, database: Database
) -> None:
    feeds = [stores.feed(f"{URL}/{number}") for number in range(3)]
    with database.transaction():
        for feed in feeds:
            for again in range(2):
                result = PollResult(update(feed), items=(scored(item(f"news of {feed.id}, {again}")),))
                stores.store.record(result)
                stores.store.record(result)  # adds nothing
    by_hand = (
        "INSERT INTO items (feed_id, guid, url, title, summary, first_seen_at, key) VALUES (1, '', '', ?, '', '', ?)"
    )
    database.execute(by_hand, ("more news", "by hand"))
    assert len(titles(records.items(Filter(query="news")))) == 7
    database.execute("DELETE FROM items")
    assert titles(records.items(Filter(query="news"))) == []
    database.execute("INSERT INTO items_fts (items_fts, rank) VALUES ('integrity-check', 1)")


def test_an_export_gives_every_row_once_page_by_page(stores: Stores, records: Records) -> None:
    feed = stores.feed()
    many = tuple(scored(item(f"item {number}")) for number in range(2500))
    stores.store.record(PollResult(update(feed), items=many))
    exported = [row["title"] for row in records.export("items")]
    assert exported == [f"item {number}" for number in reversed(range(2500))]
    assert len(list(records.export("items", Filter(limit=1001)))) == 1001


def test_an_export_goes_on_while_others_write(stores: Stores, records: Records) -> None:
    feed = stores.feed()
    stores.store.record(PollResult(update(feed), items=tuple(scored(item(str(number))) for number in range(1500))))
    rows = records.export("items")
    first = next(rows)
    stores.store.record(PollResult(update(feed), items=(scored(item("late")),)))
    assert 1 + len(list(rows)) == 1500
    assert first["title"] == "1499"


@pytest.mark.parametrize("kind", LISTINGS)
def test_every_kind_can_be_listed_when_there_is_nothing(records: Records, kind: str) -> None:
    assert list(records.export(kind)) == []
    assert getattr(records, kind)() == []


def test_verdicts_come_with_the_text_they_are_about(stores: Stores, records: Records, database: Database) -> None:
    stores.tell(stores.feed(), "Lured")
    (row,) = records.items()
    journal = Journal(database)
    journal.label(row["id"], TRAFFICKING, verdict=False, now=NOW)
    journal.label(row["id"], FIGHTERS, verdict=True, now=NOW)
    found = {(one["signal"], one["verdict"], one["title"], one["score"]) for one in records.verdicts()}
    assert found == {(TRAFFICKING, "no", "Lured", 0.9), (FIGHTERS, "yes", "Lured", None)}
    assert len(list(records.export("verdicts"))) == 2


def test_feeds_are_listed_with_what_they_brought_removed_ones_last(stores: Stores, records: Records) -> None:
    gone, feed = stores.feed(URL + "/gone", "A gone one"), stores.feed()
    stores.tell(feed, "Lured")
    stores.store.sync_feeds([feed.source], NOW)
    kept, removed = records.feeds(NOW + timedelta(days=4))
    assert (kept["name"], kept["state"], kept["items"], kept["hits"]) == ("Desk", "ok", 1, 1)
    assert (kept["items_a_day"], kept["hit_share"]) == (0.25, 1.0)
    assert (removed["items_a_day"], removed["hit_share"]) == (0.0, 0.0)
    assert (kept["tags"], kept["primed"], kept["polls"]) == ([], True, 1)
    assert (removed["id"], removed["state"], removed["reason"]) == (gone.id, "removed", "not_in_config")


def test_one_item_is_shown_with_scores_hits_and_verdicts(stores: Stores, records: Records, database: Database) -> None:
    stores.tell(stores.feed(), "Lured")
    Journal(database).label(1, TRAFFICKING, verdict=True, now=NOW)
    row = records.get_item(1)
    assert (row["title"], row["feed"], row["scores"]) == ("Lured", "Desk", {TRAFFICKING: 0.9})
    assert [(hit["score"], hit["why"][0], hit["confident"]) for hit in row["hits"]] == [(0.9, ["lured", 2.5], False)]
    assert [(one["signal"], one["verdict"]) for one in row["verdicts"]] == [(TRAFFICKING, "yes")]


@pytest.mark.parametrize("item_id", [7, -1, 2**70])
def test_an_unknown_item_is_an_input_error(records: Records, item_id: int) -> None:
    with pytest.raises(InputError):
        records.get_item(item_id)
