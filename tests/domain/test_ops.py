"""When something is wrong with the monitor, and who is told how often."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.ops import (
    GATHERED_FOR,
    LISTED,
    Condition,
    Facts,
    FeedRecord,
    Known,
    Trouble,
    Word,
    after_telling,
    follow,
    is_silent,
    troubles,
    words,
)

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
GB = 1_000_000_000


def conditions(facts: Facts, known: tuple[Known, ...] = ()) -> list[Condition]:
    return [trouble.condition for trouble in troubles(facts, known, NOW)]


def failing(number: int = 1, *, since: timedelta = 25 * HOUR) -> FeedRecord:
    return FeedRecord(number, f"Desk {number}", failing=True, reason="http_500", good_at=NOW - since)


def quiet(days: float, *, items: int = 100, over: float = 50) -> FeedRecord:
    """A feed that brought `items` over so many days, and nothing for `days`."""
    last = NOW - days * DAY
    return FeedRecord(1, "Desk", False, "unchanged", NOW, known_from=last - over * DAY, last_item_at=last, items=items)


def test_a_feed_that_fails_for_a_day_is_a_trouble() -> None:
    """Not sooner; with its reason."""
    assert conditions(Facts(feeds=(failing(since=23 * HOUR),))) == []
    (trouble,) = troubles(Facts(feeds=(failing(7),)), (), NOW)
    assert trouble == Trouble(Condition.FEED_FAILING, "7", "Desk 7: http_500 since 2026-11-22 07:00 UTC")


@pytest.mark.parametrize(
    ("feed", "silent"),
    [
        (quiet(7), True),  # two a day, fourteen missed
        (quiet(5), False),  # ten missed
        (quiet(2.9, items=1000), False),  # a weekend
        (quiet(3, items=1000), True),
        (quiet(30, items=12, over=60), False),  # one in five days
        (quiet(70, items=12, over=60), True),
        (quiet(90, items=9, over=1), False),  # nine items tell no rate
        (quiet(90, items=100, over=0), False),
        (FeedRecord(1, "Desk", False, "ok", NOW), False),
    ],
)
def test_silence_is_judged_by_the_feeds_own_rate(feed: FeedRecord, silent: bool) -> None:
    """A dozen items must be missing, and three days have passed."""
    assert is_silent(feed) is silent
    assert conditions(Facts(feeds=(feed,))) == ([Condition.FEED_SILENT] if silent else [])


def test_no_successful_poll_is_judged_by_the_shortest_interval() -> None:
    """One feed asked every six hours may be quiet for thirteen."""
    assert conditions(Facts(last_ok_at=NOW - 2 * HOUR)) == [Condition.NO_POLL]
    assert conditions(Facts(last_ok_at=NOW - HOUR)) == []
    assert conditions(Facts(last_ok_at=NOW - 13 * HOUR, shortest=6 * HOUR)) == []
    assert conditions(Facts(last_ok_at=NOW - 14 * HOUR, shortest=6 * HOUR)) == [Condition.NO_POLL]


def test_while_no_feed_answers_none_is_called_failing_for_it() -> None:
    """The network is one trouble; a feed that was told of before stays told."""
    down = Facts(feeds=(failing(1), failing(2)), last_ok_at=NOW - 30 * HOUR)
    assert conditions(down) == [Condition.NO_POLL]
    known = (Known(Trouble(Condition.FEED_FAILING, "2", ""), NOW - 99 * HOUR, NOW - 99 * HOUR),)
    assert conditions(down, known) == [Condition.FEED_FAILING, Condition.NO_POLL]


@pytest.mark.parametrize(
    ("free", "size", "full"),
    [(0.9, 8, True), (1.1, 8, False), (4, 100, True), (6, 100, False), (21, 4000, False), (19, 4000, True)],
)
def test_a_disk_is_nearly_full_by_share_and_by_bytes(free: float, size: float, full: bool) -> None:
    """Sizes in GB."""
    found = conditions(Facts(disk_free=int(free * GB), disk_size=int(size * GB)))
    assert found == ([Condition.DISK_FULL] if full else [])


def test_a_disk_at_the_limit_is_not_told_again_and_again() -> None:
    """It is over with half as much again."""
    known = (Known(Trouble(Condition.DISK_FULL, "", ""), NOW, NOW),)
    size = 100 * GB
    assert conditions(Facts(disk_free=6 * GB, disk_size=size), known) == [Condition.DISK_FULL]
    assert conditions(Facts(disk_free=8 * GB, disk_size=size), known) == []


def test_a_model_older_than_its_seeds_is_told_once_the_writing_is_done() -> None:
    """A day after the last change."""
    facts = Facts(model_at=NOW - 9 * DAY, seeds_at=NOW - 2 * DAY)
    assert conditions(facts) == [Condition.MODEL_OLD]
    assert conditions(replace(facts, seeds_at=NOW - HOUR)) == []
    assert conditions(replace(facts, model_at=NOW - DAY)) == []
    assert conditions(replace(facts, seeds_at=None)) == []


def test_each_channel_with_dead_alerts_is_a_trouble_of_its_own() -> None:
    """So that a second broken channel is told too."""
    found = troubles(Facts(dead_alerts={"mail": 2, "desk": 1}), (), NOW)
    assert [(one.subject, one.detail) for one in found] == [
        ("desk", "channel desk: 1 alert could not be delivered"),
        ("mail", "channel mail: 2 alerts could not be delivered"),
    ]


WELL = Facts()


class Watch:
    """Looks again and again, and keeps what was told."""

    def __init__(self) -> None:
        self.known: tuple[Known, ...] = ()
        self.last: dict[Condition, datetime] = {}
        self.now = NOW

    def look(self, *feeds: FeedRecord, after: timedelta = HOUR, facts: Facts = WELL) -> list[Word]:
        self.now += after
        self.known = follow(self.known, troubles(replace(facts, feeds=feeds), self.known, self.now), self.now)
        told = words(self.known, self.last, self.now)
        self.known = after_telling(self.known, told, self.now)
        self.last |= {word.condition: self.now for word in told}
        return list(told)


def test_a_trouble_is_told_when_it_begins_and_when_it_is_over() -> None:
    """Once each, however often somebody looks; a second time it is a new one."""
    watch = Watch()
    down = Facts(disk_free=0, disk_size=GB)
    for _ in range(2):
        (began,) = watch.look(facts=down)
        assert began.subject == "[Monitor] The disk is nearly full"
        assert began.lines[0].startswith("0.0 of 1.0 GB free")
        assert "retention" in began.lines[-1]
        assert watch.look(facts=down) == []
        (over,) = watch.look(facts=Facts(disk_free=GB * 2, disk_size=GB))
        assert over.subject == "[Monitor] The disk has room again"
        assert over.lines[0].startswith("Over: ")
        assert watch.look() == []
        assert watch.known == ()


def test_many_feeds_are_one_message_and_the_next_comes_hours_later() -> None:
    """Fifty thousand feeds that break one by one do not flood the channel."""
    watch = Watch()
    (word,) = watch.look(*map(failing, range(50_000)))
    assert word.subject == "[Monitor] 50000 feeds have failed for a day"
    assert len(word.lines) == LISTED + 2
    assert f"and {50_000 - LISTED} more" in word.lines[LISTED]
    assert watch.look(*map(failing, range(50_010))) == []
    (later,) = watch.look(*map(failing, range(50_020)), after=GATHERED_FOR)
    assert later.subject == "[Monitor] 20 feeds have failed for a day"
    assert "50020 in all now." in later.lines


def test_a_feed_that_recovers_before_anybody_was_told_is_not_told() -> None:
    """Nor one that breaks again before its recovery was told."""
    watch = Watch()
    assert len(watch.look(failing(1))) == 1
    assert watch.look(failing(1), failing(2)) == []
    assert watch.look(failing(1)) == []  # 2 is well again: nobody knew
    assert watch.look() == []  # 1 is well: told with the next message
    assert watch.look(failing(1)) == []  # and failing again before that
    assert watch.look(failing(1), after=GATHERED_FOR) == []
    (word,) = watch.look()
    assert (word.began, len(word.over)) == ((), 1)


@given(st.lists(st.tuples(st.sets(st.integers(1, 5)), st.integers(1, 9)), max_size=40))
def test_every_beginning_that_lasts_is_told_and_every_end_of_it(history: list[tuple[set[int], int]]) -> None:
    """Whatever comes and goes: told began and over alternate per feed, and in the end all is told."""
    watch = Watch()
    open_told: set[str] = set()
    for feeds, hours in [*history, (set(), 9), (set(), 9)]:
        for word in watch.look(*map(failing, sorted(feeds)), after=hours * HOUR):
            began, over = ({one.trouble.subject for one in part} for part in (word.began, word.over))
            assert not began & open_told
            assert over <= open_told
            open_told = (open_told | began) - over
    assert open_told == set()
    assert watch.known == ()
