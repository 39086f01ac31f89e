"""Which items deserve a second look, and what it is worth."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.fulltext import GATE, MOST_AT_ONCE, UNASKED, Look, Mode, Spent, choose, weigh, with_text
from monitor.domain.item import Item, identity_of
from monitor.domain.score import Score

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
THRESHOLDS = {"trafficking": 0.5, "fighters": 0.8}


def item(url: str = "https://news.example/a", summary: str = "Men left.", age: timedelta | None = None) -> Item:
    published = None if age is None else NOW - age
    return Item("g", url, "Title", summary, "en", published, identity_of("g", url, "Title", published))


def scores(trafficking: float, fighters: float = 0.0) -> tuple[Score, ...]:
    return Score("trafficking", trafficking, "m"), Score("fighters", fighters, "m")


def look(mode: Mode, one: Item, *values: float, primed: bool = True, room: int = 9) -> Look | None:
    (found,) = choose(mode, [one], [scores(*values)], THRESHOLDS, primed=primed, room=room, now=NOW)
    return found


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ((0.5 * GATE, 0), Look.WANTED),
        ((0.49, 0), Look.WANTED),
        ((0, 0.79), Look.WANTED),
        ((0.49 * GATE, 0.79 * GATE), Look.CLEAR_MISS),
        ((0.5, 0), Look.CLEAR_HIT),
        ((0.3, 0.8), Look.CLEAR_HIT),
    ],
)
def test_gray_is_between_gate_and_threshold(values: tuple[float, float], expected: Look) -> None:
    """Each signal is measured by its own threshold; a hit needs no second look."""
    assert look(Mode.GRAY, item(), *values) is expected


def test_what_cannot_be_read_or_alerted_is_not_asked_for() -> None:
    """No link; the backlog of a first poll, and what it brings without a date; in gray mode, old news."""
    for mode in (Mode.GRAY, Mode.ALWAYS):
        assert look(mode, item(url=""), 0.4) is Look.NO_LINK
        assert look(mode, item(age=timedelta(hours=25)), 0.4, primed=False) is Look.BACKLOG
        assert look(mode, item(age=timedelta(hours=23)), 0.4, primed=False) is Look.WANTED
        assert look(mode, item(age=None), 0.4, primed=False) is Look.BACKLOG
        assert look(mode, item(age=None), 0.4) is Look.WANTED
    assert look(Mode.GRAY, item(age=timedelta(hours=73)), 0.4) is Look.OLD_NEWS
    assert look(Mode.ALWAYS, item(age=timedelta(hours=73)), 0.4) is Look.WANTED


def test_always_asks_for_clear_ones_too_and_off_for_none() -> None:
    """A score decides in gray mode only."""
    assert look(Mode.ALWAYS, item(), 0.9, room=0) is Look.WANTED
    assert look(Mode.ALWAYS, item(), 0.0, room=0) is Look.WANTED
    assert look(Mode.OFF, item(), 0.4) is None


def test_the_nearest_come_first_where_the_share_is_short() -> None:
    """Two pages for four items: those closest to their thresholds."""
    values = [scores(0.1), scores(0.4), scores(0.2), scores(0.0, 0.7)]
    looks = choose(Mode.GRAY, [item()] * 4, values, THRESHOLDS, primed=True, room=2, now=NOW)
    assert looks == (Look.SHARE_SPENT, Look.WANTED, Look.SHARE_SPENT, Look.WANTED)


@given(
    st.lists(st.floats(0, 1), max_size=200),
    st.integers(0, 300),
    st.sampled_from(Mode),
)
def test_no_poll_asks_for_more_than_it_may(values: list[float], room: int, mode: Mode) -> None:
    """Neither the share nor the bound of one poll is exceeded; every item has its reason."""
    looks = choose(
        mode, [item()] * len(values), [scores(v) for v in values], THRESHOLDS, primed=True, room=room, now=NOW
    )
    asked = looks.count(Look.WANTED)
    assert asked <= (min(room, MOST_AT_ONCE) if mode is Mode.GRAY else MOST_AT_ONCE)
    if mode is not Mode.OFF:
        assert all(found is Look.WANTED or found in UNASKED for found in looks)


@given(st.integers(0, 10**6), st.floats(0, 1), st.integers(0, 10**6))
def test_a_share_is_never_exceeded(items: int, share: float, pages: int) -> None:
    """Whatever was asked for before: with the room used up, pages are at most their share of the items."""
    room = Spent(items, pages).room(share)
    assert room >= 0
    assert room == 0 or pages + room <= items * share


def test_the_text_of_a_stub_is_not_taken() -> None:
    """A page that says no more than the feed adds nothing."""
    assert with_text(item(summary="A long summary of what happened."), "Subscribe to read.") is None


def test_the_words_of_the_feed_are_kept_before_those_of_a_page_that_lacks_them() -> None:
    """A page may be about something else; one that begins like the summary is not told twice."""
    one = item(summary="Agents lured men to the front, police say…")
    whole = "Agents lured men to the front, police say, and took their passports. Twelve are dead."
    found = with_text(one, whole)
    assert found
    assert found.summary == whole
    other = "This site uses cookies. " * 9
    found = with_text(one, other)
    assert found
    assert found.summary == f"{one.summary}\n{other}"


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_a_page_raises_and_never_lowers(a: float, b: float, c: float, d: float) -> None:
    """For each signal the higher score stands, and tells which text it is of."""
    first, second = scores(a, b), scores(c, d)
    found = weigh(first, second, item())
    for before, after, kept in zip(first, second, found.scores, strict=True):
        assert kept.value == max(before.value, after.value)
        assert kept.on_fulltext == (after.value > before.value)
    assert (found.look is Look.RAISED) == (found.article is not None) == any(one.on_fulltext for one in found.scores)
