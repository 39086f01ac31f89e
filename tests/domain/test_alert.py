"""Every hit ends in one decision for each channel, with a reason; every alert decided for leaves in time, once."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.alert import Alert, AlertState, Reason, Report, plan_alerts
from monitor.domain.channel import Channel, QuietHours, Schedule, due_at
from monitor.domain.hit import Hit
from monitor.domain.item import Identity, Item
from monitor.domain.sending import SendingPlan, Waiting, plan_sending

NOW = datetime(2026, 3, 1, 12, 20, tzinfo=UTC)
DESK = Channel("desk")
NIGHT = QuietHours(time(22), time(6), "UTC", except_score=0.97)


def report(
    story_id: int = -1, *, age: timedelta | None = timedelta(hours=1), name: str = "a", **scores: float
) -> Report:
    published = None if age is None else NOW - age
    item = Item("", "", name, "", "en", published, Identity(f"guid:{name}", None, f"title:{name}"))
    hits = tuple(Hit(signal, score, 0.5, "m") for signal, score in (scores or {"ht": 0.9}).items())
    return Report(story_id, item, hits)


def naming(*countries: str) -> Report:
    return replace(report(), countries=countries)


def decide(
    *reports: Report, channel: Channel = DESK, told: bool = False, primed: bool = True, feed_id: int = 1
) -> Alert:
    pairs = {(reports[0].story_id, channel.name)} if told else set()
    [alert] = plan_alerts(reports, [channel], pairs, feed_id=feed_id, primed=primed, now=NOW)
    return alert


def test_the_first_hit_of_a_story_is_alerted_at_once() -> None:
    alert = decide(report())
    assert (alert.state, alert.reason, alert.due_at) == (AlertState.PENDING, Reason.FIRST_HIT, NOW)


@pytest.mark.parametrize(
    ("story", "channel", "told", "primed", "reason"),
    [
        (report(ht=0.9), Channel("desk", signals=frozenset({"ff"})), False, True, Reason.SIGNAL_NOT_WANTED),
        (report(ht=0.9, ff=0.6), Channel("desk", frozenset({"ff"}), 0.8), False, True, Reason.BELOW_MIN_SCORE),
        (report(ht=0.79), Channel("desk", min_score=0.8), True, True, Reason.BELOW_MIN_SCORE),
        (report(ht=0.8), Channel("desk", min_score=0.8), False, True, Reason.FIRST_HIT),
        (report(ht=0.51), DESK, False, True, Reason.FIRST_HIT),
        (report(), DESK, True, True, Reason.ALREADY_TOLD),
        (report(), Channel("desk", countries=frozenset({"CU"})), True, True, Reason.COUNTRY_NOT_WANTED),
        (naming("NP"), Channel("desk", countries=frozenset({"CU"})), False, True, Reason.COUNTRY_NOT_WANTED),
        (naming("NP", "CU"), Channel("desk", countries=frozenset({"CU"})), False, True, Reason.FIRST_HIT),
        (naming("NP"), DESK, False, True, Reason.FIRST_HIT),
        (report(age=timedelta(hours=72)), DESK, False, True, Reason.FIRST_HIT),
        (report(age=timedelta(hours=72, seconds=1)), DESK, False, True, Reason.OLD_NEWS),
        (report(age=timedelta(hours=73)), DESK, False, False, Reason.OLD_NEWS),
        (report(age=timedelta(hours=24)), DESK, False, False, Reason.FIRST_HIT),
        (report(age=timedelta(hours=25)), DESK, False, False, Reason.BACKLOG),
        (report(age=None), DESK, False, False, Reason.FIRST_HIT),
    ],
)
def test_each_decision_has_its_reason(
    story: Report, channel: Channel, told: bool, primed: bool, reason: Reason
) -> None:
    alert = decide(story, channel=channel, told=told, primed=primed)
    assert alert.reason is reason
    assert alert.state is (AlertState.PENDING if reason is Reason.FIRST_HIT else AlertState.SUPPRESSED)


def test_a_fresh_item_makes_a_story_fresh_only_if_the_channel_wants_it() -> None:
    old, fresh = report(age=timedelta(days=9), ht=0.9), report(name="b", ff=0.9)
    assert decide(old, fresh).reason is Reason.FIRST_HIT
    assert decide(old, fresh, channel=Channel("desk", signals=frozenset({"ht"}))).reason is Reason.OLD_NEWS


def test_a_country_counts_only_in_an_item_the_channel_wants() -> None:
    """The wanted country in an item about the other signal, or only in old news, does not make the story theirs."""
    there = replace(report(name="b", ff=0.9), countries=("CU",))
    cuba = Channel("desk", signals=frozenset({"ht"}), countries=frozenset({"CU"}))
    assert decide(report(ht=0.9), there, channel=cuba).reason is Reason.COUNTRY_NOT_WANTED
    old = replace(report(name="c", age=timedelta(days=9), ht=0.9), countries=("CU",))
    assert decide(report(ht=0.9), old, channel=cuba).reason is Reason.OLD_NEWS


def test_the_key_is_one_per_channel_reason_feed_and_first_item() -> None:
    """Feeds number their entries alike, so the feed is part of it; the order of a poll is not."""
    one, other = report(name="a"), report(name="b")
    alert = decide(one, other)
    assert alert.key == decide(other, one).key
    different = [
        decide(one, channel=Channel("mail")),
        decide(one, told=True),
        decide(one, feed_id=2),
        decide(other),
    ]
    assert len({alert.key, *(each.key for each in different)}) == 5


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("channel", "score", "since", "due"),
    [
        (DESK, 0.9, "2026-03-01 12:20", "2026-03-01 12:20"),
        (Channel("d", when=Schedule("hourly")), 0.9, "2026-03-01 12:20", "2026-03-01 13:00"),
        (Channel("d", when=Schedule("daily", time(8))), 0.9, "2026-03-01 12:20", "2026-03-02 08:00"),
        (Channel("d", when=Schedule("daily", time(8), "Asia/Manila")), 0.9, "2026-03-01 12:20", "2026-03-02 00:00"),
        (Channel("d", quiet=NIGHT), 0.9, "2026-03-01 21:59", "2026-03-01 21:59"),
        (Channel("d", quiet=NIGHT), 0.9, "2026-03-01 22:00", "2026-03-02 06:00"),
        (Channel("d", quiet=NIGHT), 0.9, "2026-03-02 05:59", "2026-03-02 06:00"),
        (Channel("d", quiet=NIGHT), 0.97, "2026-03-02 05:59", "2026-03-02 05:59"),
        (Channel("d", quiet=replace(NIGHT, except_score=None)), 1.0, "2026-03-02 05:59", "2026-03-02 06:00"),
        (Channel("d", when=Schedule("hourly"), quiet=NIGHT), 0.9, "2026-03-01 21:20", "2026-03-02 06:00"),
    ],
)
def test_when_an_alert_may_leave(channel: Channel, score: float, since: str, due: str) -> None:
    assert due_at(channel, score, at(since)) == at(due)


reports = st.lists(
    st.builds(
        lambda story_id, hours, name, scores: report(
            story_id, age=None if hours is None else timedelta(hours=hours), name=name, **scores
        ),
        st.integers(-3, 3),
        st.none() | st.integers(0, 100),
        st.uuids().map(str),
        st.dictionaries(st.sampled_from(["ht", "ff"]), st.floats(0.5, 1), min_size=1),
    ),
    max_size=8,
)
channels = st.lists(
    st.builds(
        Channel,
        name=st.sampled_from(["a", "b", "c"]),
        signals=st.frozensets(st.sampled_from(["ht", "ff"])),
        min_score=st.none() | st.floats(0, 1),
        when=st.sampled_from([Schedule(), Schedule("hourly"), Schedule("daily", time(8))]),
        quiet=st.sampled_from([None, NIGHT]),
        max_per_hour=st.integers(1, 5),
    ),
    unique_by=lambda channel: channel.name,
    max_size=3,
)


@given(reports, channels, st.sets(st.tuples(st.integers(1, 3), st.sampled_from("abc"))), st.booleans())
def test_every_story_gets_one_decision_for_each_channel(
    made: list[Report], listeners: list[Channel], told: set[tuple[int, str]], primed: bool
) -> None:
    alerts = plan_alerts(made, listeners, told, feed_id=1, primed=primed, now=NOW)
    expected = {(each.story_id, channel.name) for each in made for channel in listeners}
    assert Counter((alert.story_id, alert.channel) for alert in alerts) == Counter(expected)
    assert len({alert.key for alert in alerts}) == len(alerts)
    assert alerts == plan_alerts(made[::-1], listeners, told, feed_id=1, primed=primed, now=NOW)
    for alert in alerts:
        assert (alert.state is AlertState.PENDING) == (alert.reason is Reason.FIRST_HIT)
        assert alert.due_at >= NOW
        if (alert.story_id, alert.channel) in told:
            assert alert.state is AlertState.SUPPRESSED


def waiting(
    alert_id: int, score: float = 0.9, channel: str = "desk", reason: Reason = Reason.FIRST_HIT, since: datetime = NOW
) -> Waiting:
    return Waiting(alert_id, channel, reason, since, NOW, score)


def plan(*alerts: Waiting, channel: Channel = DESK, sent: int = 0) -> SendingPlan:
    return plan_sending(alerts, {channel.name: sent}, [channel], NOW)


def folded(made: SendingPlan) -> list[tuple[int, ...]]:
    return [fold.alert_ids for fold in made.folds]


def test_alerts_within_the_limit_go_as_they_are_highest_first() -> None:
    made = plan(waiting(1, 0.6), waiting(2, 0.9), channel=Channel("desk", max_per_hour=2))
    assert (made.send, made.folds) == ((2, 1), ())


def test_above_the_limit_the_rest_goes_as_one_digest_within_the_limit() -> None:
    made = plan(*(waiting(number, number / 10) for number in range(1, 7)), channel=Channel("desk", max_per_hour=3))
    assert (made.send, folded(made)) == ((6, 5), [(4, 3, 2, 1)])


def test_a_channel_that_used_up_its_hour_keeps_what_waits() -> None:
    assert plan(waiting(1), waiting(2), channel=Channel("desk", max_per_hour=3), sent=3) == SendingPlan((), ())


def test_the_last_message_of_the_hour_is_a_digest_of_all_that_waits() -> None:
    made = plan(waiting(1), waiting(2), channel=Channel("desk", max_per_hour=3), sent=2)
    assert (made.send, folded(made)) == ((), [(1, 2)])


@pytest.mark.parametrize("when", [Schedule("hourly"), Schedule("daily", time(8))])
def test_a_scheduled_channel_gets_one_digest_and_one_alert_alone(when: Schedule) -> None:
    channel = Channel("desk", when=when)
    assert folded(plan(waiting(1), waiting(2, 0.95), channel=channel)) == [(2, 1)]
    assert plan(waiting(1), channel=channel) == SendingPlan((1,), ())


def test_what_quiet_hours_held_back_is_one_digest_and_what_came_after_is_not() -> None:
    channel = Channel("desk", quiet=NIGHT)
    night = at("2026-03-01 02:00")
    made = plan(
        waiting(1, since=night), waiting(2, since=night), waiting(3, 0.98, since=night), waiting(4), channel=channel
    )
    assert (made.send, folded(made)) == ((3, 4), [(1, 2)])


def test_quiet_hours_hold_back_a_retry_as_well() -> None:
    made = plan_sending([waiting(1), waiting(2, 0.99)], {}, [Channel("desk", quiet=NIGHT)], at("2026-03-01 23:00"))
    assert made == SendingPlan((2,), ())


def test_a_digest_is_never_folded_and_counts_as_one_message() -> None:
    digest = waiting(9, 0.1, reason=Reason.DIGEST)
    made = plan(waiting(1), waiting(2), waiting(3), digest, channel=Channel("desk", max_per_hour=2))
    assert (made.send, folded(made)) == ((9,), [(1, 2, 3)])
    assert plan(waiting(1), digest, channel=Channel("desk", max_per_hour=1)).send == (9,)


def test_alerts_for_a_channel_that_left_the_config_are_given_up() -> None:
    assert plan(waiting(1, channel="gone"), waiting(2)) == SendingPlan((2,), (), dead=(1,))


queues = st.lists(
    st.builds(
        waiting,
        st.integers(1, 10_000),
        st.floats(0, 1),
        st.sampled_from(["a", "b", "gone"]),
        st.sampled_from([Reason.FIRST_HIT, Reason.FIRST_HIT, Reason.DIGEST]),
        st.sampled_from([NOW, NOW - timedelta(hours=11)]),
    ),
    unique_by=lambda alert: alert.alert_id,
    max_size=20,
)


@given(queues, channels, st.dictionaries(st.sampled_from("abc"), st.integers(0, 6)), st.booleans())
def test_nothing_is_lost_or_sent_twice_and_the_limit_holds(
    queue: list[Waiting], listeners: list[Channel], sent: dict[str, int], night: bool
) -> None:
    now = NOW + timedelta(hours=11) if night else NOW
    made = plan_sending(queue, sent, listeners, now)
    assert made == plan_sending(queue[::-1], sent, listeners, now)
    named = [*made.send, *made.dead, *(alert_id for fold in made.folds for alert_id in fold.alert_ids)]
    by_id = {alert.alert_id: alert for alert in queue}
    assert len(named) == len(set(named))
    assert set(named) <= set(by_id)
    known = {channel.name: channel for channel in listeners}
    assert {alert.alert_id for alert in queue if alert.channel not in known} == set(made.dead)
    messages = Counter([*(by_id[alert_id].channel for alert_id in made.send), *(fold.channel for fold in made.folds)])
    for name, channel in known.items():
        room = channel.max_per_hour - sent.get(name, 0)
        assert messages[name] <= max(room, 0)
        left = [alert for alert in queue if alert.channel == name and alert.alert_id not in named]
        awake = [alert for alert in left if not night or channel.quiet is None or alert.score >= 0.97]
        assert not awake or messages[name] == max(room, 0)
    for fold in made.folds:
        assert len(fold.alert_ids) >= 2
        assert all(by_id[alert_id].channel == fold.channel for alert_id in fold.alert_ids)
        assert all(by_id[alert_id].reason is not Reason.DIGEST for alert_id in fold.alert_ids)


@given(queues, channels)
def test_a_queue_drains_in_as_many_hours_as_there_are_digests_in_it(
    queue: list[Waiting], listeners: list[Channel]
) -> None:
    for hours in range(len(queue) + 1):
        made = plan_sending(queue, {}, listeners, NOW + timedelta(hours=24 * hours))
        gone = {*made.send, *made.dead, *(alert_id for fold in made.folds for alert_id in fold.alert_ids)}
        queue = [alert for alert in queue if alert.alert_id not in gone]
    assert not queue
