"""watch() and deliver() over a real database: word of troubles goes the way of alerts."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest

from monitor.adapters.database import Database, open_database
from monitor.adapters.dossier import Dossiers
from monitor.adapters.outbox import SqliteOutbox
from monitor.adapters.records import Filter, Records
from monitor.adapters.troubles import SqliteTroubles
from monitor.cli.dossier import lines
from monitor.domain.channel import Channel, QuietHours, Schedule
from monitor.domain.ops import Condition, Facts, FeedRecord
from monitor.errors import DeliveryError
from monitor.pipeline import DeliverParts, Policy, WatchParts, deliver, watch
from tests.fakes import FakeClock, FakeNotifier

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
FULL = Facts(disk_free=1, disk_size=10**12)


class SetTroubles(SqliteTroubles):
    """The real store, with the facts a test sets."""

    set_to = Facts()

    def facts(self, now: datetime) -> Facts:
        del now
        return self.set_to


@dataclass
class Desk:
    """A service's watch and delivery; `restart` gives a new one over the same database."""

    database: Database
    clock: FakeClock = field(default_factory=lambda: FakeClock(NOW))
    notifier: FakeNotifier = field(default_factory=FakeNotifier)
    channels: list[Channel] = field(default_factory=lambda: [Channel("desk"), Channel("ops", ops=True, news=False)])

    def __post_init__(self) -> None:
        self.troubles = SetTroubles(self.database, Path("seeds"))

    async def look(self, facts: Facts, *, since: datetime | None = None, after: timedelta = HOUR) -> list[str]:
        """Let time pass, look, deliver; what was sent now, as `channel: subject`."""
        self.clock.advance(after)
        self.troubles.set_to = facts
        before = len(self.notifier.sent)
        await watch(WatchParts(self.troubles, self.clock, since), self.channels)
        policy = Policy({}, {channel.name: channel for channel in self.channels}, HOUR)
        await deliver(DeliverParts(SqliteOutbox(self.database), self.notifier, self.clock), policy)
        return [f"{channel}: {message.subject}" for channel, message in self.notifier.sent[before:]]

    def restart(self) -> "Desk":
        return replace(self)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with open_database(tmp_path / "monitor.db") as database:
        yield Desk(database)


async def test_a_trouble_is_told_once_and_its_end_once_across_restarts(desk: Desk) -> None:
    """To channels with `ops`, and no other."""
    assert await desk.look(FULL) == ["ops: [Monitor] The disk is nearly full"]
    assert await desk.restart().look(FULL) == []
    assert await desk.restart().look(Facts()) == ["ops: [Monitor] The disk has room again"]
    assert await desk.restart().look(Facts()) == []
    (channel, message), _ = desk.notifier.sent
    assert channel == "ops"
    assert "What to do: free space" in message.body
    assert "Alert 1" in message.body
    record = Dossiers(desk.database).alert(1)
    assert record["memo"][0] == message.subject
    assert f"  says: {message.subject}" in lines(record)


async def test_word_of_a_trouble_is_retried_like_any_alert(desk: Desk) -> None:
    """The outbox has it until the service took it; a permanent refusal makes it dead, and retry brings it back."""
    desk.notifier.failures["ops"] = [
        DeliveryError("busy", permanent=False),
        DeliveryError("no such room", permanent=True),
    ]
    assert await desk.look(FULL) == []
    assert await desk.look(FULL) == []
    (alert,) = Records(desk.database).alerts(Filter())
    assert (alert["state"], alert["reason"], alert["title"]) == ("dead", "ops", "[Monitor] The disk is nearly full")
    assert SqliteOutbox(desk.database).requeue_dead(desk.clock.now()) == 1
    assert await desk.look(FULL) == ["ops: [Monitor] The disk is nearly full"]


async def test_neither_hours_nor_limits_hold_it_back(desk: Desk) -> None:
    """Quiet hours, a daily schedule and max_per_hour are for stories."""
    quiet = QuietHours(time(0), time(23, 59), "UTC", None)
    desk.channels = [Channel("ops", ops=True, when=Schedule("daily", time(7)), quiet=quiet, max_per_hour=1)]
    down = replace(FULL, last_ok_at=NOW - 9 * HOUR)
    assert await desk.look(down) == ["ops: [Monitor] No feed answers", "ops: [Monitor] The disk is nearly full"]


async def test_each_ops_channel_is_told(desk: Desk) -> None:
    """A broken one keeps nothing from the other."""
    desk.channels = [Channel("a", ops=True), Channel("b", ops=True)]
    desk.notifier.failures["a"] = [DeliveryError("busy", permanent=False)]
    assert await desk.look(FULL) == ["b: [Monitor] The disk is nearly full"]
    assert await desk.look(FULL) == ["a: [Monitor] The disk is nearly full"]


async def test_without_a_channel_it_is_logged_and_told_once_there_is_one(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    """The log has it when it begins, not at every look."""
    ops, desk.channels = desk.channels, [Channel("desk")]
    assert await desk.look(FULL) == []
    assert await desk.look(FULL) == []
    assert [record.message for record in caplog.records if "trouble" in record.message] == [
        "trouble (disk_full): 0.0 of 1000.0 GB free where the database lies"
    ]
    desk.channels = ops
    assert await desk.look(FULL) == ["ops: [Monitor] The disk is nearly full"]


async def test_fifty_thousand_failing_feeds_are_one_message(desk: Desk) -> None:
    """And take one look each, within seconds."""
    feeds = tuple(
        FeedRecord(n, f"Desk {n}", failing=True, reason="dns", good_at=NOW - 48 * HOUR) for n in range(50_000)
    )
    assert await desk.look(Facts(feeds=feeds)) == ["ops: [Monitor] 50000 feeds have failed for a day"]
    assert await desk.look(Facts(feeds=feeds)) == []
    assert await desk.look(Facts(), after=7 * HOUR) == ["ops: [Monitor] Feeds work again (50000)"]
    assert desk.troubles.known() == []


async def test_a_service_answers_for_no_time_before_its_start(desk: Desk) -> None:
    """After a weekend switched off, there is no word of a weekend without polls."""
    facts = Facts(last_ok_at=NOW - 60 * HOUR)
    assert await desk.look(facts, since=NOW) == []
    assert await desk.look(facts, since=NOW) == ["ops: [Monitor] No feed answers"]


async def test_what_is_wrong_now_is_given_back(desk: Desk) -> None:
    """For health and metrics."""
    desk.troubles.set_to = FULL
    (known,) = await watch(WatchParts(desk.troubles, desk.clock), desk.channels)
    assert known.trouble.condition is Condition.DISK_FULL
    desk.troubles.set_to = Facts()
    assert await watch(WatchParts(desk.troubles, desk.clock), desk.channels) == ()
