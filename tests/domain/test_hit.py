"""A score is a hit from its signal's threshold upwards."""

from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.hit import reaching
from monitor.domain.score import Score


def test_a_score_at_its_threshold_is_a_hit() -> None:
    scores = [Score("a", 0.5, "m"), Score("b", 0.49, "m")]
    assert reaching(scores, {"a": 0.5, "b": 0.5}) == [scores[0]]


def test_a_signal_without_a_threshold_is_not_watched() -> None:
    assert reaching([Score("a", 1.0, "m")], {}) == []


@given(st.lists(st.floats(0, 1)), st.floats(0, 1), st.floats(0, 1))
def test_a_higher_threshold_never_adds_a_hit(values: list[float], one: float, other: float) -> None:
    scores = [Score("a", value, "m") for value in values]
    lower, higher = sorted((one, other))
    few, many = reaching(scores, {"a": higher}), reaching(scores, {"a": lower})
    assert all(score in many for score in few)
