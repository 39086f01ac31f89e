"""The alert policy over weeks of polls, failures, crashes and nights: nothing is told twice, nothing goes missing."""

from collections import Counter
from dataclasses import replace
from datetime import datetime, time, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from monitor.domain import delivery
from monitor.domain.alert import AlertState, Reason, Report, plan_alerts
from monitor.domain.channel import Channel, QuietHours, Schedule
from monitor.domain.hit import Hit
from monitor.domain.message import PendingAlert
from monitor.domain.sending import plan_sending
from monitor.ports import PollResult
from tests.adapters.storage import FIGHTERS, NOW, TRAFFICKING, Stores, item, scored, story, update
from tests.memory import MemoryOutbox, MemoryStore

LEASE = timedelta(minutes=5)
NIGHT = QuietHours(time(22), time(6), "UTC", except_score=0.97)
CHANNELS = (
    Channel("all", max_per_hour=3),
    Channel("night", quiet=NIGHT),
    Channel("picky", signals=frozenset({TRAFFICKING}), min_score=0.8, max_per_hour=2),
    Channel("cuba", countries=frozenset({"CU"}), when=Schedule("hourly")),
    Channel("daily", when=Schedule("daily", time(8)), quiet=NIGHT),
)
SCORES = st.sampled_from([0.3, 0.5, 0.79, 0.8, 0.94, 0.95, 0.97, 1.0])


class Weeks(RuleBasedStateMachine):
    """A desk with five channels; stories are given, so that what is tested is what becomes of them."""

    def __init__(self) -> None:
        super().__init__()
        memory = MemoryStore()
        self.stores = Stores(memory, MemoryOutbox(memory))
        self.memory = memory
        self.now = NOW
        self.items = 0
        self.touched: list[tuple[int, str]] = []
        self.sent: list[tuple[datetime, PendingAlert]] = []

    @initialize()
    def follow_feeds(self) -> None:
        self.feeds = [self.stores.feed(f"https://{number}.example/feed", f"Desk {number}") for number in range(12)]

    @rule(
        told=st.lists(
            st.tuples(
                st.integers(-1, 3),
                st.dictionaries(st.sampled_from([TRAFFICKING, FIGHTERS]), SCORES, min_size=1),
                st.frozensets(st.sampled_from(["CU", "NP", "RU"]), max_size=2),
                st.sampled_from([None, 1, 30, 80]),
            ),
            min_size=1,
            max_size=4,
        ),
        feed=st.integers(0, 11),
        primed=st.booleans(),
    )
    def poll(
        self, told: list[tuple[int, dict[str, float], frozenset[str], int | None]], feed: int, primed: bool
    ) -> None:
        """A feed brings items about stories known and new."""
        outlet = f"Desk {feed}"
        known = self.memory.stories
        reports, entries = [], []
        for number, scores, countries, age in told:
            story_id = number if number in known else -1
            self.items += 1
            published = None if age is None else self.now - timedelta(hours=age)
            entry = item(f"item {self.items}", published_at=published)
            hits = tuple(Hit(signal, score, 0.3, "m1") for signal, score in sorted(scores.items()))
            entries.append(replace(scored(entry, story_id=story_id, countries=tuple(sorted(countries))), hits=hits))
            reports.append(Report(story_id, entry, hits, tuple(sorted(countries))))
        changed = {
            report.story_id: replace(
                known.get(report.story_id) or story(-1, report.item.title, outlets=()), last_seen_at=self.now
            )
            for report in reports
        }
        changed = {
            key: replace(one, outlets=tuple(dict.fromkeys((*one.outlets, outlet)))) for key, one in changed.items()
        }
        alerts = plan_alerts(
            reports,
            CHANNELS,
            {key: len(one.outlets) for key, one in changed.items()},
            self.stores.store.histories({key for key in changed if key > 0}),
            feed_id=self.feeds[feed].id,
            primed=primed,
            now=self.now,
        )
        before = len(known)
        polled = update(self.feeds[feed], polled_at=self.now)
        self.stores.store.record(PollResult(polled, tuple(entries), (), tuple(changed.values()), alerts))
        for story_id in changed:
            stored = story_id if story_id > 0 else before + 1
            self.touched += [(stored, channel.name) for channel in CHANNELS]

    @rule(minutes=st.sampled_from([1, 10, 61, 300, 1500]))
    def wait(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule(outcomes=st.lists(st.sampled_from(["ok", "ok", "later", "never", "crash"]), max_size=6))
    def deliver(self, outcomes: list[str]) -> None:
        """A round of deliveries; services take messages, are down, refuse for good, or we die in the middle."""
        outbox = self.stores.outbox
        since = self.now - timedelta(hours=1)
        plan = plan_sending(outbox.waiting(self.now), outbox.sent_since(since), CHANNELS, self.now)
        digests = outbox.fold(plan.folds, self.now)
        outbox.join(plan.joins, self.now)
        assert not plan.dead
        for alert_id in (*plan.send, *digests):
            outcome = outcomes.pop(0) if outcomes else "ok"
            for leased in outbox.lease([alert_id], self.now, self.now + LEASE):
                self.finish(leased, outcome)

    def finish(self, leased: PendingAlert, outcome: str) -> None:
        if outcome == "crash":
            return
        if outcome == "ok":
            self.sent.append((self.now, leased))
            self.stores.outbox.finish(delivery.succeeded(leased, self.now))
            return
        permanent = outcome == "never"
        attempt = delivery.failed(leased, "no", permanent=permanent, retry_after=None, now=self.now, jitter=0)
        self.stores.outbox.finish(attempt)

    @precondition(lambda self: any(one.state is AlertState.DEAD for one in self.memory.alerts.values()))
    @rule()
    def requeue(self) -> None:
        self.stores.outbox.requeue_dead(self.now)

    @invariant()
    def every_story_has_a_decision_for_each_channel_whenever_it_is_told(self) -> None:
        decided = Counter(
            (one.story_id, one.channel) for one in self.memory.alerts.values() if one.story_id is not None
        )
        assert decided == Counter(self.touched)

    @invariant()
    def no_story_is_alerted_twice_for_the_same_reason(self) -> None:
        decided: Counter[tuple[object, ...]] = Counter()
        for one in self.memory.alerts.values():
            if one.state is not AlertState.SUPPRESSED and one.reason is not Reason.DIGEST:
                decided[one.story_id, one.channel, "first hit or news"] += one.reason is Reason.FIRST_HIT
                decided.update((one.story_id, one.channel, news) for news in one.news)
        assert set(decided.values()) <= {0, 1}

    @invariant()
    def what_is_folded_is_told_by_one_that_is_not(self) -> None:
        for one in self.memory.alerts.values():
            assert (one.folded_into is not None) == (one.state is AlertState.FOLDED)
            if one.folded_into is not None:
                carrier = self.memory.alerts[one.folded_into]
                assert carrier.state is not AlertState.FOLDED
                assert carrier.channel == one.channel

    def teardown(self) -> None:
        """In the end every alert is sent, folded into one that is, or suppressed, and its story was told since."""
        if not hasattr(self, "feeds"):
            return
        self.stores.outbox.requeue_dead(self.now)
        for _ in range(len(self.memory.alerts) + 2):
            self.now += timedelta(hours=25)
            self.deliver([])
            self.now = self.now.replace(hour=9)
            self.deliver([])
        states = {one.state for one in self.memory.alerts.values()}
        assert states <= {AlertState.SENT, AlertState.FOLDED, AlertState.SUPPRESSED}
        told = {
            (leased.channel, notice.story_id): at for at, leased in self.sent for notice in leased.notices
        }  # the last time
        for one in self.memory.alerts.values():
            if one.state is AlertState.FOLDED:
                assert one.folded_into is not None
                assert self.memory.alerts[one.folded_into].state is AlertState.SENT
            if one.story_id is not None and one.state is not AlertState.SUPPRESSED:
                assert told[one.channel, one.story_id] >= one.created_at


TestWeeks = Weeks.TestCase
TestWeeks.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
