"""The record of an alert: what was decided, on what text, by what, and what came of it."""

from dataclasses import replace

import pytest

from monitor.adapters.database import Database
from monitor.adapters.dossier import Dossiers
from monitor.adapters.journal import Journal
from monitor.adapters.outbox import SqliteOutbox
from monitor.adapters.store import SqliteStore
from monitor.domain.alert import AlertState, Facts, News, Reason
from monitor.domain.delivery import Attempt
from monitor.domain.hit import evidence
from monitor.domain.route import Route
from monitor.domain.sending import Join
from monitor.errors import InputError
from monitor.ports import PollResult
from tests.adapters.storage import HOUR, NOW, Stores, alert, item, scored, story, update


@pytest.fixture
def stores(database: Database) -> Stores:
    """A story of one item, told to one channel, with an update folded into its first alert."""
    stores = Stores(SqliteStore(database), SqliteOutbox(database))
    feed = stores.feed()
    entry = replace(
        scored(item("Lured", "from Cuba"), story_id=-1, countries=("CU", "RU")), route=Route(("CU",), ("RU",))
    )
    first = replace(alert(-1), evidence=evidence(entry.item, entry.hits), told=Facts(1, frozenset({"CU", "RU"}), 0.9))
    told = PollResult(update(feed), (entry,), (), (story(-1, "Lured"),), (first,), config_hash="c1")
    stores.store.record(told)
    third = News(Reason.THIRD_OUTLET, "3")
    later = alert(1, key="later", reason=third.reason, news=(third,), at=NOW + HOUR)
    stores.store.record(PollResult(update(feed, polled_at=NOW + HOUR), alerts=(later,), config_hash="c2"))
    stores.outbox.join([Join(1, (2,))], NOW + HOUR)
    stores.outbox.finish(Attempt(1, NOW, False, "HTTP 500", AlertState.PENDING, NOW))
    stores.outbox.finish(Attempt(1, NOW + HOUR, True, None, AlertState.SENT, None))
    return stores


@pytest.mark.usefixtures("stores")
def test_a_record_holds_everything_and_says_what_it_tells_besides(database: Database) -> None:
    Journal(database).keep_config("c1", '{"signals": {}}', NOW)
    record = Dossiers(database).alert(1)
    assert (record["state"], record["reason"], record["config_hash"]) == ("sent", "first_hit", "c1")
    assert record["config"]["settings"] == {"signals": {}}
    assert [(one["ok"], one["error"]) for one in record["deliveries"]] == [(False, "HTTP 500"), (True, None)]
    assert [(one["id"], one["reason"], one["news"]) for one in record["folded"]] == [
        (2, "third_outlet", [["third_outlet", "3"]])
    ]
    (told,) = record["stories"]
    (entry,) = told["items"]
    assert (entry["origins"], entry["destinations"], entry["text_unchanged"]) == (["CU"], ["RU"], True)
    assert record["evidence"][0]["text_hash"] == entry["text_hash"]
    assert [one["id"] for one in told["decisions"]] == [1, 2]
    assert record["told"] == {"outlets": 1, "countries": ["CU", "RU"], "score": 0.9}


@pytest.mark.usefixtures("stores")
def test_a_text_changed_since_it_was_scored_is_told(database: Database) -> None:
    database.execute("UPDATE items SET summary = 'edited by hand'")
    assert Dossiers(database).alert(1)["stories"][0]["items"][0]["text_unchanged"] is False


@pytest.mark.usefixtures("stores")
def test_a_config_that_was_not_kept_leaves_its_hash(database: Database) -> None:
    record = Dossiers(database).alert(2)
    assert (record["config_hash"], record["config"], record["folded_into"]) == ("c2", None, 1)


@pytest.mark.usefixtures("stores")
def test_a_digest_has_the_stories_of_its_alerts(database: Database) -> None:
    database.execute("UPDATE alerts SET story_id = NULL, reason = 'digest' WHERE id = 1")
    assert [one["id"] for one in Dossiers(database).alert(1)["stories"]] == [1]


def test_a_config_is_kept_once_with_its_first_use(database: Database) -> None:
    journal = Journal(database)
    for hours in range(2):
        journal.keep_config("c1", "{}", NOW + hours * HOUR)
    assert database.rows("SELECT hash, first_used_at FROM configs") == [
        {"hash": "c1", "first_used_at": "2026-11-23T08:40:00.000000Z"}
    ]


def test_an_unknown_alert_is_refused(database: Database) -> None:
    with pytest.raises(InputError, match="no alert 5"):
        Dossiers(database).alert(5)
