"""What an analyst is asked first, worked out from scores alone."""

from collections import Counter
from collections.abc import Iterable
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.review import ROUND, Question, Reason, Unjudged, in_turn, questions

HIT, HIGHEST, RANDOM, ASKED = Reason


def unjudged(item_id: int, score: float, *stories: str, judged: bool = False, signal: str = "x") -> Unjudged:
    """An item that tells a story of its own, unless one is named."""
    return Unjudged(item_id, signal, score, 0.5, frozenset(stories or [f"story {item_id}"]), judged)


def asked(several: Iterable[Question]) -> list[tuple[int, Reason]]:
    return [(one.about.item_id, one.reason) for one in several]


def test_the_least_sure_hits_and_the_highest_of_the_rest_come_first() -> None:
    """Two questions about hits, one about an item without a hit, each kind from the threshold outwards."""
    hits = [unjudged(1, 0.99), unjudged(2, 0.51), unjudged(3, 0.7)]
    others = [unjudged(4, 0.1), unjudged(5, 0.49)]
    assert asked(questions(hits, others, [])) == [(2, HIT), (3, HIT), (5, HIGHEST), (1, HIT), (4, HIGHEST)]


def test_one_question_in_twenty_is_a_random_one() -> None:
    """So that what nobody looks at is looked at now and then, and no more often than that."""
    hits, others = [unjudged(n, 0.9) for n in range(100)], [unjudged(n, 0.4) for n in range(100, 200)]
    drawn = [unjudged(n, 0.001) for n in range(200, 300)]
    rounds = [one.reason for one in questions(hits, others, drawn)[:60]]
    for start in (0, 20, 40):
        assert Counter(rounds[start : start + 20]) == {HIT: 13, HIGHEST: 6, RANDOM: 1}
    everything = Counter(one.reason for one in questions(hits, others, drawn))
    assert everything == {HIT: 100, HIGHEST: 100, RANDOM: 11}


def test_the_random_ones_keep_the_order_they_were_drawn_in() -> None:
    """The draw is an argument; where nothing else waits, one of it is asked about."""
    drawn = [unjudged(7, 0.001), unjudged(5, 0.01)]
    assert asked(questions([], [], drawn)) == [(7, RANDOM)]
    assert questions([], [], []) == ()


def test_one_report_of_a_story_suffices() -> None:
    """The others of the story come last, also where one is a hit and the other none; drawn ones not at all."""
    hits = [unjudged(1, 0.6, "a"), unjudged(2, 0.7, "a"), unjudged(3, 0.8, "b")]
    others = [unjudged(4, 0.4, "a", "c"), unjudged(5, 0.3, "c"), unjudged(6, 0.2, "d")]
    drawn = [unjudged(7, 0.001, "b"), unjudged(8, 0.001, "e")]
    assert asked(questions(hits, others, drawn)) == [
        (1, HIT), (3, HIT), (6, HIGHEST), (8, RANDOM), (2, ASKED), (4, ASKED), (5, ASKED)
    ]  # fmt: skip


def test_a_story_with_a_verdict_comes_last() -> None:
    """Its report was judged before, in another outlet's words."""
    hits = [unjudged(1, 0.6, judged=True), unjudged(2, 0.9)]
    assert asked(questions(hits, [], [])) == [(2, HIT), (1, ASKED)]


def test_signals_take_turns_and_further_reports_wait_for_all_of_them() -> None:
    """A signal with many hits does not keep the other from being asked about."""
    first = questions([unjudged(n, 0.6, "same") for n in (1, 2)] + [unjudged(3, 0.9)], [], [])
    second = questions([unjudged(n, 0.6, signal="y") for n in (4, 5, 6)], [], [])
    assert asked(in_turn([first, second])) == [(1, HIT), (4, HIT), (3, HIT), (5, HIT), (6, HIT), (2, ASKED)]


scores = st.lists(st.tuples(st.floats(0, 1), st.sampled_from("abcd"), st.booleans()), max_size=30)


@given(scores, scores, st.randoms())
def test_all_hits_and_others_are_asked_about_once_whatever_their_order(
    hits: list[tuple[float, str, bool]], others: list[tuple[float, str, bool]], shuffle: Random
) -> None:
    """Nothing is lost or asked twice, and the same data give the same questions."""
    ours = [unjudged(n, score, story, judged=judged) for n, (score, story, judged) in enumerate(hits)]
    theirs = [unjudged(100 + n, score, story, judged=judged) for n, (score, story, judged) in enumerate(others)]
    found = questions(ours, theirs, [])
    assert sorted(one.about.item_id for one in found) == sorted(one.item_id for one in ours + theirs)
    shuffle.shuffle(ours)
    shuffle.shuffle(theirs)
    assert questions(ours, theirs, []) == found


def test_a_round_is_twenty_questions() -> None:
    """As the documents say."""
    assert (len(ROUND), ROUND.count(RANDOM)) == (20, 1)
