"""Every alert that waits leaves in time, once: alone, with others of its story, or in a digest."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.alert import Reason, waking_score
from monitor.domain.channel import Channel, QuietHours, Schedule
from monitor.domain.sending import Join, SendingPlan, Waiting, plan_sending

NOW = datetime(2026, 3, 1, 12, 20, tzinfo=UTC)
DESK = Channel("desk")
NIGHT = QuietHours(time(22), time(6), "UTC", except_score=0.97)

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


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def waiting(
    alert_id: int,
    score: float = 0.9,
    channel: str = "desk",
    reason: Reason = Reason.FIRST_HIT,
    since: datetime = NOW,
    story_id: int | None = None,
) -> Waiting:
    """An alert that waits; each about a story of its own unless said otherwise."""
    own = None if reason is Reason.DIGEST else 1000 + alert_id
    return Waiting(alert_id, channel, reason, since, NOW, score, story_id or own)


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


def test_alerts_of_one_story_go_as_one_message_led_by_the_first() -> None:
    """Also where the first is not due yet, as after a failed attempt; the update alone would tell half the story."""
    first = replace(waiting(5, story_id=7), due_at=NOW + timedelta(hours=1))
    update = waiting(3, story_id=7, reason=Reason.THIRD_OUTLET)
    made = plan(first, update, waiting(6, 0.5, story_id=8))
    assert (made.send, made.joins, made.folds) == ((5, 6), (Join(5, (3,)),), ())
    assert plan(first).send == ()


def test_in_a_digest_the_alerts_of_one_story_count_as_one() -> None:
    channel = Channel("desk", when=Schedule("hourly"))
    one, two = waiting(1, story_id=7), waiting(2, story_id=7, reason=Reason.THIRD_OUTLET)
    assert plan(one, two, channel=channel).joins == (Join(1, (2,)),)
    assert folded(plan(one, two, waiting(3, 0.5, story_id=8), channel=channel)) == [(1, 2, 3)]


def test_an_update_waits_for_the_end_of_quiet_hours_unless_the_score_rose() -> None:
    night, channel = at("2026-03-01 23:00"), Channel("desk", quiet=NIGHT)
    spread = waiting(1, 0.99, story_id=7, reason=Reason.TENTH_OUTLET)
    rose = waiting(2, 0.98, story_id=8, reason=Reason.SCORE_BAND_UP)
    assert plan_sending([spread, rose], {}, [channel], night) == SendingPlan((2,), ())


def test_a_score_that_rises_at_night_wakes_for_the_first_alert_too() -> None:
    night, channel = at("2026-03-01 23:00"), Channel("desk", quiet=NIGHT)
    first = replace(waiting(1, 0.98, story_id=7, since=night), due_at=at("2026-03-02 06:00"))
    rose = replace(waiting(2, 0.98, story_id=7, reason=Reason.SCORE_BAND_UP, since=night), due_at=night)
    made = plan_sending([first, rose], {}, [channel], night)
    assert (made.send, made.joins) == ((1,), (Join(1, (2,)),))


queues = st.lists(
    st.builds(
        lambda alert_id, score, channel, reason, since, story_id: waiting(
            alert_id, score, channel, reason, since, story_id if reason is not Reason.DIGEST else None
        ),
        st.integers(1, 10_000),
        st.floats(0, 1),
        st.sampled_from(["a", "b", "gone"]),
        st.sampled_from([Reason.FIRST_HIT, Reason.THIRD_OUTLET, Reason.SCORE_BAND_UP, Reason.DIGEST]),
        st.sampled_from([NOW, NOW - timedelta(hours=11)]),
        st.integers(1, 8),
    ),
    unique_by=lambda alert: alert.alert_id,
    max_size=20,
)


def named(made: SendingPlan) -> list[int]:
    """Every alert the plan says something about, as often as it does."""
    joined = [alert_id for join in made.joins for alert_id in join.alert_ids]
    return [*made.send, *made.dead, *joined, *(alert_id for fold in made.folds for alert_id in fold.alert_ids)]


@given(queues, channels, st.dictionaries(st.sampled_from("abc"), st.integers(0, 6)), st.booleans())
def test_nothing_is_lost_or_sent_twice_and_the_limit_holds(
    queue: list[Waiting], listeners: list[Channel], sent: dict[str, int], night: bool
) -> None:
    now = NOW + timedelta(hours=11) if night else NOW
    made = plan_sending(queue, sent, listeners, now)
    assert made == plan_sending(queue[::-1], sent, listeners, now)
    gone = named(made)
    by_id = {alert.alert_id: alert for alert in queue}
    assert len(gone) == len(set(gone))
    assert set(gone) <= set(by_id)
    known = {channel.name: channel for channel in listeners}
    assert {alert.alert_id for alert in queue if alert.channel not in known} == set(made.dead)
    messages = Counter([*(by_id[alert_id].channel for alert_id in made.send), *(fold.channel for fold in made.folds)])
    for name, channel in known.items():
        room = channel.max_per_hour - sent.get(name, 0)
        assert messages[name] <= max(room, 0)
        left = [alert for alert in queue if alert.channel == name and alert.alert_id not in gone]
        awake = [
            alert
            for alert in left
            if not night or channel.quiet is None or waking_score(alert.reason, alert.score) >= 0.97
        ]
        assert not awake or messages[name] == max(room, 0)
    for fold in made.folds:
        assert len({by_id[alert_id].story_id for alert_id in fold.alert_ids}) >= 2
        assert all(by_id[alert_id].channel == fold.channel for alert_id in fold.alert_ids)
        assert all(by_id[alert_id].reason is not Reason.DIGEST for alert_id in fold.alert_ids)
    for join in made.joins:
        assert join.into in made.send
        told = {(by_id[alert_id].channel, by_id[alert_id].story_id) for alert_id in (join.into, *join.alert_ids)}
        assert len(told) == 1


@given(queues, channels)
def test_no_story_is_told_by_two_messages_of_one_round(queue: list[Waiting], listeners: list[Channel]) -> None:
    made = plan_sending(queue, {}, listeners, NOW)
    by_id = {alert.alert_id: alert for alert in queue}
    messages = [(alert_id,) for alert_id in made.send] + [fold.alert_ids for fold in made.folds]
    told = Counter(
        (by_id[alert_ids[0]].channel, story_id)
        for alert_ids in messages
        for story_id in {by_id[alert_id].story_id for alert_id in alert_ids} - {None}
    )
    assert set(told.values()) <= {1}


@given(queues, channels)
def test_a_queue_drains_in_as_many_hours_as_there_are_digests_in_it(
    queue: list[Waiting], listeners: list[Channel]
) -> None:
    for hours in range(len(queue) + 1):
        gone = named(plan_sending(queue, {}, listeners, NOW + timedelta(hours=24 * hours)))
        queue = [alert for alert in queue if alert.alert_id not in gone]
    assert not queue
