"""Every hit ends in one decision for each channel, with a reason; news of a story is told once."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.alert import (
    Alert,
    AlertState,
    Facts,
    History,
    News,
    Reason,
    Report,
    news_since,
    plan_alerts,
    strongest_first,
)
from monitor.domain.channel import Channel, QuietHours
from monitor.domain.hit import Evidence, Hit
from monitor.domain.item import Identity, Item, text_hash

NOW = datetime(2026, 3, 1, 12, 20, tzinfo=UTC)
DESK = Channel("desk")
NIGHT = QuietHours(time(12), time(18), "UTC", except_score=0.97)
PENDING = {Reason.FIRST_HIT, Reason.SCORE_BAND_UP, Reason.NEW_COUNTRY, Reason.TENTH_OUTLET, Reason.THIRD_OUTLET}
THIRD, TENTH = News(Reason.THIRD_OUTLET, "3"), News(Reason.TENTH_OUTLET, "10")


def report(
    story_id: int = 7, *, age: timedelta | None = timedelta(hours=1), name: str = "a", **scores: float
) -> Report:
    published = None if age is None else NOW - age
    item = Item("", "", name, "", "en", published, Identity(f"guid:{name}", None, f"title:{name}"))
    hits = tuple(Hit(signal, score, 0.5, "m") for signal, score in (scores or {"ht": 0.9}).items())
    return Report(story_id, item, hits)


def naming(*countries: str) -> Report:
    return replace(report(), countries=countries)


def facts(outlets: int = 1, *countries: str, score: float = 0.9) -> Facts:
    return Facts(outlets, frozenset(countries), score)


def decide(
    *reports: Report,
    channel: Channel = DESK,
    told: Facts | None = None,
    history: History | None = None,
    outlets: int = 1,
    primed: bool = True,
    feed_id: int = 1,
) -> Alert:
    """The decision about the reports' story; `told` is what the channel knows of it."""
    before = replace(history or History(), told={channel.name: told} if told else {})
    story_id = reports[0].story_id
    [alert] = plan_alerts(
        reports, [channel], {story_id: outlets}, {story_id: before}, feed_id=feed_id, primed=primed, now=NOW
    )
    return alert


def test_the_first_hit_of_a_story_is_alerted_at_once() -> None:
    alert = decide(naming("NP"), outlets=2)
    assert (alert.state, alert.reason, alert.due_at) == (AlertState.PENDING, Reason.FIRST_HIT, NOW)
    assert (alert.told, alert.news) == (facts(2, "NP"), ())


@pytest.mark.parametrize(
    ("story", "channel", "told", "primed", "reason"),
    [
        (report(ht=0.9), Channel("desk", signals=frozenset({"ff"})), False, True, Reason.SIGNAL_NOT_WANTED),
        (report(ht=0.9, ff=0.6), Channel("desk", frozenset({"ff"}), 0.8), False, True, Reason.BELOW_MIN_SCORE),
        (report(ht=0.79), Channel("desk", min_score=0.8), True, True, Reason.BELOW_MIN_SCORE),
        (report(ht=0.8), Channel("desk", min_score=0.8), False, True, Reason.FIRST_HIT),
        (report(ht=0.51), DESK, False, True, Reason.FIRST_HIT),
        (report(), DESK, True, True, Reason.ALREADY_TOLD),
        (report(age=timedelta(days=9)), DESK, True, True, Reason.ALREADY_TOLD),
        (report(), Channel("desk", countries=frozenset({"CU"})), True, True, Reason.COUNTRY_NOT_WANTED),
        (naming("NP"), Channel("desk", countries=frozenset({"CU"})), False, True, Reason.COUNTRY_NOT_WANTED),
        (naming("NP", "CU"), Channel("desk", countries=frozenset({"CU"})), False, True, Reason.FIRST_HIT),
        (naming("NP"), DESK, False, True, Reason.FIRST_HIT),
        (naming("NP"), DESK, True, True, Reason.NEW_COUNTRY),
        (replace(report(age=timedelta(days=4)), countries=("NP",)), DESK, True, True, Reason.OLD_NEWS),
        (replace(report(age=timedelta(hours=30)), countries=("NP",)), DESK, True, False, Reason.BACKLOG),
        (report(age=timedelta(hours=72)), DESK, False, True, Reason.FIRST_HIT),
        (report(age=timedelta(hours=72, seconds=1)), DESK, False, True, Reason.OLD_NEWS),
        (report(age=timedelta(hours=73)), DESK, False, False, Reason.OLD_NEWS),
        (report(age=timedelta(hours=24)), DESK, False, False, Reason.FIRST_HIT),
        (report(age=timedelta(hours=25)), DESK, False, False, Reason.BACKLOG),
        (report(age=None), DESK, False, True, Reason.FIRST_HIT),
        (report(age=None), DESK, False, False, Reason.UNDATED),
        (report(age=None), DESK, True, False, Reason.ALREADY_TOLD),
        (replace(report(age=None), countries=("NP",)), DESK, True, False, Reason.UNDATED),
        (replace(report(age=None), countries=("NP",)), DESK, True, True, Reason.NEW_COUNTRY),
    ],
)
def test_each_decision_has_its_reason(
    story: Report, channel: Channel, told: bool, primed: bool, reason: Reason
) -> None:
    alert = decide(story, channel=channel, told=facts() if told else None, primed=primed)
    assert alert.reason is reason
    assert alert.state is (AlertState.PENDING if reason in PENDING else AlertState.SUPPRESSED)
    assert (alert.told is None) == (alert.state is AlertState.SUPPRESSED)


@pytest.mark.parametrize(("hours", "reason"), [(1, Reason.FIRST_HIT), (30, Reason.BACKLOG), (80, Reason.OLD_NEWS)])
def test_at_a_first_poll_a_story_is_as_old_as_its_youngest_dated_report(hours: int, reason: Reason) -> None:
    """A report without a date makes it neither younger nor older."""
    assert decide(report(age=timedelta(hours=hours)), report(age=None, name="b"), primed=False).reason is reason


@pytest.mark.parametrize(
    ("told", "now", "news"),
    [
        (facts(1), facts(2), ()),
        (facts(2), facts(3), (THIRD,)),
        (facts(1), facts(9), (THIRD,)),
        (facts(3), facts(9), ()),
        (facts(9), facts(10), (TENTH,)),
        (facts(2), facts(12), (TENTH, THIRD)),
        (facts(10), facts(100), ()),
        (facts(1, "CU"), facts(1, "CU", "NP"), (News(Reason.NEW_COUNTRY, "NP"),)),
        (facts(), facts(1, "RU", "CU"), (News(Reason.NEW_COUNTRY, "CU"), News(Reason.NEW_COUNTRY, "RU"))),
        (facts(1, "CU", "NP"), facts(1, "CU"), ()),
        (facts(score=0.3), facts(score=0.49), ()),
        (facts(score=0.49), facts(score=0.5), (News(Reason.SCORE_BAND_UP, "0.5"),)),
        (facts(score=0.5), facts(score=0.79), ()),
        (facts(score=0.79), facts(score=0.8), (News(Reason.SCORE_BAND_UP, "0.8"),)),
        (facts(score=0.3), facts(score=0.96), (News(Reason.SCORE_BAND_UP, "0.95"),)),
        (facts(score=0.95), facts(score=1.0), ()),
        (facts(score=0.9), facts(score=0.6), ()),
    ],
)
def test_what_is_news_to_a_channel_that_knows_the_story(told: Facts, now: Facts, news: tuple[News, ...]) -> None:
    assert news_since(told, now) == news


def test_several_reasons_at_once_are_one_update_that_names_the_strongest() -> None:
    """… and keeps the others, and leaves the channel knowing all of it."""
    alert = decide(
        replace(report(ht=0.96), countries=("NP",)),
        told=facts(2),
        outlets=3,
        history=History({"ht": 0.9, "ff": 0.99}, frozenset({"CU"})),
        channel=Channel("desk", signals=frozenset({"ht"})),
    )
    assert alert.reason is Reason.SCORE_BAND_UP
    assert alert.news == (
        News(Reason.SCORE_BAND_UP, "0.95"),
        News(Reason.NEW_COUNTRY, "CU"),
        News(Reason.NEW_COUNTRY, "NP"),
        THIRD,
    )
    assert alert.told == facts(3, "CU", "NP", score=0.96)


def test_news_of_several_updates_together_is_each_once_and_the_highest_band() -> None:
    one, other = News(Reason.SCORE_BAND_UP, "0.8"), News(Reason.SCORE_BAND_UP, "0.95")
    assert strongest_first([THIRD, one, TENTH, other, THIRD]) == (other, TENTH, THIRD)
    assert strongest_first([]) == ()


def test_a_score_that_reaches_the_channels_least_only_now_is_its_first_alert() -> None:
    """The weak report before counts for the country, the strong one for the score: they tell one event."""
    picky = Channel("desk", min_score=0.8, countries=frozenset({"CU"}))
    assert decide(report(ht=0.7), channel=picky).reason is Reason.BELOW_MIN_SCORE
    before = History({"ht": 0.7}, frozenset({"CU"}))
    assert decide(report(ht=0.85), channel=picky, history=before).reason is Reason.FIRST_HIT
    strong = History({"ht": 0.85})
    assert decide(replace(report(ht=0.6), countries=("CU",)), channel=picky, history=strong).reason is Reason.FIRST_HIT


def test_a_fresh_report_of_a_story_held_back_for_its_age_is_alerted() -> None:
    """Old news stays silent until somebody reports the event again; then the channel hears of it."""
    old = report(age=timedelta(days=9), name="old")
    assert decide(old).reason is Reason.OLD_NEWS
    assert decide(report(ht=0.55), history=History({"ht": 0.9}), outlets=2).reason is Reason.FIRST_HIT
    assert decide(old, report(name="fresh")).reason is Reason.FIRST_HIT


def test_news_that_only_old_reports_bring_waits_for_a_fresh_one() -> None:
    """A new feed's backlog sends no updates; the next fresh report tells what it brought."""
    old = replace(report(age=timedelta(days=4), name="old"), countries=("NP",))
    assert decide(old, told=facts(), outlets=3).reason is Reason.OLD_NEWS
    fresh = decide(report(), told=facts(), outlets=4, history=History({"ht": 0.9}, frozenset({"NP"})))
    assert fresh.news == (News(Reason.NEW_COUNTRY, "NP"), THIRD)


def test_a_fresh_item_makes_a_story_fresh_only_if_the_channel_wants_it() -> None:
    old, fresh = report(age=timedelta(days=9), ht=0.9), report(name="b", ff=0.9)
    assert decide(old, fresh).reason is Reason.FIRST_HIT
    assert decide(old, fresh, channel=Channel("desk", signals=frozenset({"ht"}))).reason is Reason.OLD_NEWS


@pytest.mark.parametrize(
    ("scored", "told", "waits"),
    [
        (report(ht=0.96), None, True),
        (report(ht=0.97), None, False),
        (report(ht=0.97), facts(score=0.9), False),  # a band up
        (replace(report(ht=0.99), countries=("NP",)), facts(score=0.99), True),
    ],
)
def test_quiet_hours_let_the_news_of_a_high_score_pass_and_no_other(
    scored: Report, told: Facts | None, waits: bool
) -> None:
    alert = decide(scored, told=told, channel=Channel("desk", quiet=NIGHT))
    assert (alert.due_at > NOW) is waits


def test_the_key_is_one_per_channel_reason_feed_and_first_item() -> None:
    """Feeds number their entries alike, so the feed is part of it; the order of a poll is not."""
    one, other = report(name="a"), report(name="b")
    alert = decide(one, other)
    assert alert.key == decide(other, one).key
    linked = replace(one, item=one.item.with_identity(one.item.identity._replace(link="link:x")))
    different = [
        decide(one, channel=Channel("mail")),
        decide(one, told=facts()),
        decide(one, feed_id=2),
        decide(other),
        decide(linked),  # stored as another item, so decided anew
    ]
    assert len({alert.key, *(each.key for each in different)}) == 6


def test_the_key_of_an_update_is_its_news_whoever_brings_it() -> None:
    """So that no race, crash or restart can tell it twice."""
    one = decide(report(name="a"), told=facts(), outlets=3)
    assert one.key == decide(report(name="b"), told=facts(2), outlets=3, feed_id=2).key
    assert one.key != decide(report(8, name="a"), told=facts(), outlets=3).key
    assert one.key != decide(report(name="a"), told=facts(9), outlets=10).key


def test_a_decision_keeps_what_it_rested_on() -> None:
    """Also one against an alert: the texts by their hash, the scores, thresholds and model."""
    first = report(ht=0.9, ff=0.6)
    alert = decide(first, told=facts())
    told = text_hash(first.item.title, first.item.summary)
    assert alert.evidence == (
        Evidence(told, "feed", "ht", 0.9, 0.5, "m"),
        Evidence(told, "feed", "ff", 0.6, 0.5, "m"),
    )


signals = st.sampled_from(["ht", "ff"])
codes = st.frozensets(st.sampled_from(["CU", "NP", "RU"]))
reports = st.lists(
    st.builds(
        lambda story_id, hours, name, scores, countries: replace(
            report(story_id, age=None if hours is None else timedelta(hours=hours), name=name, **scores),
            countries=tuple(sorted(countries)),
        ),
        st.integers(-3, 3).filter(bool),
        st.none() | st.integers(0, 100),
        st.uuids().map(str),
        st.dictionaries(signals, st.floats(0.1, 1), min_size=1),
        codes,
    ),
    max_size=8,
)
channels = st.lists(
    st.builds(
        Channel,
        name=st.sampled_from(["a", "b", "c"]),
        signals=st.frozensets(signals),
        min_score=st.none() | st.floats(0, 1),
        countries=codes,
        quiet=st.sampled_from([None, NIGHT]),
    ),
    unique_by=lambda channel: channel.name,
    max_size=3,
)
histories = st.dictionaries(
    st.integers(1, 3),
    st.builds(
        History,
        st.dictionaries(signals, st.floats(0.1, 1)),
        codes,
        st.dictionaries(st.sampled_from("abc"), st.builds(Facts, st.integers(1, 12), codes, st.floats(0, 1))),
    ),
)


@given(reports, channels, st.integers(1, 12), histories, st.booleans(), st.randoms(use_true_random=False))
def test_every_story_gets_one_decision_for_each_channel_in_any_order(
    made: list[Report],
    listeners: list[Channel],
    outlets: int,
    before: dict[int, History],
    primed: bool,
    random: Random,
) -> None:
    def planned(reports: list[Report]) -> tuple[Alert, ...]:
        counts = dict.fromkeys((each.story_id for each in made), outlets)
        return plan_alerts(reports, listeners, counts, before, feed_id=1, primed=primed, now=NOW)

    alerts = planned(made)
    expected = {(each.story_id, channel.name) for each in made for channel in listeners}
    assert Counter((alert.story_id, alert.channel) for alert in alerts) == Counter(expected)
    assert len({alert.key for alert in alerts}) == len(alerts)
    shuffled = random.sample(made, len(made))
    assert set(alerts) == set(planned(shuffled))
    for alert in alerts:
        known = before.get(alert.story_id, History()).told.get(alert.channel)
        assert (alert.state is AlertState.PENDING) == (alert.reason in PENDING)
        assert alert.due_at >= NOW
        assert bool(alert.news) == (alert.reason in PENDING - {Reason.FIRST_HIT})
        assert alert.evidence
        if known is not None:
            assert alert.reason is not Reason.FIRST_HIT
        if alert.news:
            assert alert.told is not None
            assert alert.reason is alert.news[0].reason
            assert news_since(known or facts(), alert.told) == alert.news
            assert news_since(alert.told | (known or facts()), alert.told) == ()
