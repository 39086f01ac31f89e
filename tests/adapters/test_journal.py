"""Model versions, verdicts and runs."""

import pytest

from monitor.adapters.database import Database
from monitor.adapters.journal import RUN_COUNTS, Journal
from monitor.adapters.outbox import SqliteOutbox
from monitor.adapters.store import SqliteStore
from monitor.errors import InputError
from tests.adapters.storage import DAY, FIGHTERS, HOUR, NOW, TRAFFICKING, Stores


@pytest.fixture
def journal(database: Database) -> Journal:
    return Journal(database)


def test_a_model_is_registered_with_its_manifest_and_not_yet_in_use(journal: Journal) -> None:
    journal.add_model("m1", "models/m1", {"seeds": "abc", "auc": 0.91, "note": "é"}, NOW)
    assert journal.active_model() is None
    (model,) = journal.list_models()
    assert (model.id, model.path, model.created_at, model.active, model.activated_at) == (
        "m1",
        "models/m1",
        NOW,
        False,
        None,
    )
    assert model.manifest == {"seeds": "abc", "auc": 0.91, "note": "é"}


def test_one_model_is_in_use_at_a_time_and_the_one_before_is_known(journal: Journal) -> None:
    for number in (1, 2, 3):
        journal.add_model(f"m{number}", "p", {}, NOW + number * HOUR)
        journal.activate_model(f"m{number}", NOW + number * HOUR)
    active, previous = journal.active_model(), journal.previous_model()
    assert (active and active.id, previous and previous.id) == ("m3", "m2")
    journal.activate_model("m2", NOW + DAY)
    active, previous = journal.active_model(), journal.previous_model()
    assert (active and active.id, previous and previous.id) == ("m2", "m3")
    assert [(model.id, model.active) for model in journal.list_models()] == [("m3", False), ("m2", True), ("m1", False)]


def test_activating_the_active_model_again_keeps_it(journal: Journal) -> None:
    journal.add_model("m1", "p", {}, NOW)
    journal.activate_model("m1", NOW)
    journal.activate_model("m1", NOW)
    active = journal.active_model()
    assert active is not None
    assert journal.previous_model() is None


def test_an_unknown_model_is_an_input_error_and_the_active_one_stays(journal: Journal) -> None:
    journal.add_model("m1", "p", {}, NOW)
    journal.activate_model("m1", NOW)
    with pytest.raises(InputError, match="no model m2"):
        journal.activate_model("m2", NOW)
    active = journal.active_model()
    assert active is not None
    assert active.id == "m1"


def test_a_model_id_is_taken_once(journal: Journal) -> None:
    journal.add_model("m1", "p", {}, NOW)
    with pytest.raises(InputError, match="registered already"):
        journal.add_model("m1", "q", {}, NOW)
    assert [model.path for model in journal.list_models()] == ["p"]


def test_the_last_verdict_counts(journal: Journal, database: Database) -> None:
    stores = Stores(SqliteStore(database), SqliteOutbox(database))
    stores.tell(stores.feed(), "Lured")
    journal.label(1, TRAFFICKING, verdict=True, now=NOW)
    journal.label(1, FIGHTERS, verdict=True, now=NOW)
    journal.label(1, TRAFFICKING, verdict=False, now=NOW + HOUR)
    rows = database.rows("SELECT signal, verdict, at FROM verdicts ORDER BY signal")
    assert rows == [
        {"signal": FIGHTERS, "verdict": "yes", "at": "2026-11-23T08:40:00.000000Z"},
        {"signal": TRAFFICKING, "verdict": "no", "at": "2026-11-23T09:40:00.000000Z"},
    ]


@pytest.mark.parametrize("item_id", [1, -1, 2**70])
def test_a_verdict_on_an_unknown_item_is_an_input_error(journal: Journal, item_id: int) -> None:
    with pytest.raises(InputError):
        journal.label(item_id, TRAFFICKING, verdict=True, now=NOW)


def test_a_run_is_noted_from_start_to_end(journal: Journal) -> None:
    assert journal.last_run() is None
    run_id = journal.start_run(NOW)
    running = journal.last_run()
    assert running is not None
    assert (running.id, running.started_at, running.finished_at) == (run_id, NOW, None)
    assert journal.last_run(finished=True) is None
    journal.finish_run(run_id, {"feeds_ok": 3, "new_items": 12}, NOW + HOUR)
    done = journal.last_run(finished=True)
    assert done is not None
    assert done.finished_at == NOW + HOUR
    assert done.counts == dict.fromkeys(RUN_COUNTS, 0) | {"feeds_ok": 3, "new_items": 12}


def test_a_count_without_a_column_is_a_mistake(journal: Journal) -> None:
    with pytest.raises(KeyError, match="feeds_lost"):
        journal.finish_run(journal.start_run(NOW), {"feeds_lost": 1}, NOW)
