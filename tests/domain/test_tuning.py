"""What a threshold would have meant, worked out from scores alone."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.retelling import Candidate, told_stories
from monitor.domain.tuning import Advice, Source, Stream, Suggestion, study, suggest, wilson

START = datetime(2026, 10, 24, 8, 40, tzinfo=UTC)
DAY = timedelta(days=1)
CURVE = {1.0: 0.6, 2.0: 0.7, 5.0: 0.8, 10.0: 0.9}
EVENTS = (
    "Women rescued from a fishing vessel near the northern port",
    "Recruiter sentenced over false hotel jobs abroad",
    "Ministry warns students about contracts with a foreign army",
    "Court hears evidence about debt bondage at brick kilns",
    "Families ask for return of sons captured on the front",
    "Police close scam compound and free dozens of workers",
)


def candidate(number: int, score: float, **more: object) -> Candidate:
    """An item about an event of its own, unless a title is given."""
    given = {
        "title": f"{EVENTS[number % 6]} {number}",
        "summary": f"case{number} place{number} people{number}",
        "lang": "en",
    }
    return Candidate(item_id=number, at=START + DAY * number, score=score, **(given | more))  # type: ignore[arg-type]


def stream(*candidates: Candidate, days: float = 30, items: int = 90_000, below: float = 0.0) -> Stream:
    return Stream(START, START + DAY * days, items, 0.02, below, candidates)


def test_alerts_are_counted_in_stories() -> None:
    """Two outlets with one report are one alert, whatever the score of the second."""
    same = {"title": EVENTS[0], "summary": ""}
    told = told_stories([candidate(1, 0.3, **same), candidate(2, 0.9, **same), candidate(3, 0.4)])
    assert [(story.score, story.items) for story in told] == [(0.9, 2), (0.4, 1)]


def test_a_stored_story_stays_what_it_is() -> None:
    """Hits keep their story though their words differ; a weaker report joins it, even one that came before."""
    same = {"title": EVENTS[0], "summary": ""}
    hits = [candidate(2, 0.9, story_id=7, **same), candidate(3, 0.8, story_id=7)]
    (told,) = told_stories([candidate(1, 0.3, **same), *hits])
    assert (told.story_id, told.items, told.item_id) == (7, 3, 2)


def test_stories_the_pipeline_kept_apart_stay_apart() -> None:
    """A report between two stored stories joins one of them, and does not make them one."""
    same = {"title": EVENTS[0], "summary": ""}
    told = told_stories([candidate(1, 0.9, story_id=1, **same), candidate(2, 0.3, **same),
                         candidate(3, 0.8, story_id=2, **same)])  # fmt: skip
    assert {story.story_id: story.items for story in told} == {1: 2, 2: 1}


def test_a_story_is_told_again_after_its_time() -> None:
    """The same words after more than the window of a story are another event."""
    same = {"title": EVENTS[0], "summary": ""}
    assert len(told_stories([candidate(1, 0.9, **same), candidate(9, 0.9, **same)])) == 2


def test_raised_and_dropped_are_told_against_the_threshold_in_force() -> None:
    """Each outcome says how many stories more or fewer; the threshold in force changes nothing."""
    found = study(stream(*(candidate(n, n / 10) for n in range(1, 10))), 0.5, 2, CURVE)
    by_threshold = {one.threshold: one for one in found.outcomes}
    assert (by_threshold[0.5].alerts, by_threshold[0.5].raised, by_threshold[0.5].dropped) == (5, 0, 0)
    assert (by_threshold[0.3].alerts, by_threshold[0.3].raised) == (7, 2)
    assert (by_threshold[0.8].alerts, by_threshold[0.8].dropped) == (2, 3)
    assert by_threshold[0.5].per_day == pytest.approx(5 / 30)
    assert [story.score for story in found.changed(0.3)] == [0.4, 0.3]
    assert [story.score for story in found.changed(0.8)] == [0.7, 0.6, 0.5]


def test_a_score_equal_to_the_threshold_counts() -> None:
    """As a hit does."""
    found = study(stream(candidate(1, 0.62)), 0.62, 2, {})
    outcome = found.outcome(0.62)
    assert outcome is not None
    assert outcome.alerts == 1


def test_less_than_a_day_counts_as_one() -> None:
    """One alert in an hour is not twenty-four a day."""
    found = study(stream(candidate(0, 0.9), days=1 / 24), 0.5, 2, {})
    outcome = found.outcome(0.5)
    assert outcome is not None
    assert outcome.per_day == 1.0


@pytest.mark.parametrize(
    ("heights", "wanted", "threshold", "reason"),
    [
        ([], 3, None, Advice.NOTHING_SCORED),
        ([0.9, 0.5], 3, 0.02, Advice.ALL_WITHIN),
        ([0.9, 0.8, 0.3], 2, 0.31, Advice.WANTED),
        ([0.9, 0.8765, 0.8761], 2, 0.8762, Advice.WANTED),
        ([0.5, 0.5, 0.5], 2, 0.51, Advice.WANTED),
        ([0.9, 0.5, 0.5], 2, 0.51, Advice.WANTED),
        ([0.9], 0.5, 0.91, Advice.WANTED),
        ([1.0, 1.0], 1, None, Advice.TOO_MANY_AT_TOP),
        ([1.0, 0.99999], 1, None, Advice.TOO_MANY_AT_TOP),
    ],
)
def test_the_suggestion_is_the_lowest_that_keeps_to_what_is_wanted(
    heights: list[float], wanted: float, threshold: float | None, reason: Advice
) -> None:
    """In few decimals; where no threshold does, none is suggested, and it is said why."""
    assert suggest(heights, wanted, 0.02) == Suggestion(threshold, reason)


@given(
    st.lists(st.floats(0.02, 1), max_size=60).map(lambda heights: sorted(heights, reverse=True)),
    st.floats(0, 70),
)
def test_a_suggestion_never_brings_more_than_wanted(heights: list[float], wanted: float) -> None:
    """And is a threshold that the config takes."""
    found = suggest(heights, wanted, 0.02)
    if found.threshold is not None:
        assert 0 < found.threshold < 1
        # 1.5 alerts a day over 30.0 days may come out as 44.999999999: that is 45.
        assert sum(height >= found.threshold for height in heights) <= wanted + 1e-9


def test_without_verdicts_the_scores_speak() -> None:
    """Reports to expect above the threshold, of all to expect, those below the floor included."""
    weak = [candidate(n, 0.25) for n in range(20, 28)]
    found = study(stream(*(candidate(n, 0.5) for n in range(1, 19)), *weak, items=60_000, below=1.0), 0.5, 2, CURVE)
    outcome = found.outcome(0.5)
    assert outcome is not None
    assert (outcome.precision.value, outcome.precision.source) == (0.5, Source.SCORES)
    assert outcome.recall.value == pytest.approx(9 / (9 + 2 + 1))
    assert outcome.recall.source is Source.SCORES
    assert outcome.false_per_10000 == pytest.approx(1.5)
    assert outcome.trained_recall == pytest.approx(0.65)


@pytest.mark.parametrize("curve", [CURVE, {}])
def test_outside_its_curve_the_training_says_nothing(curve: dict[float, float]) -> None:
    """Neither for more false alerts than were looked at, nor for fewer, nor without a model."""
    for items in (900, 900_000):
        found = study(stream(*(candidate(n, 0.5) for n in range(1, 19)), items=items), 0.5, 2, curve)
        assert found.outcomes[0].trained_recall is None


def test_with_nothing_to_expect_recall_is_unknown() -> None:
    """No figure is made up."""
    outcome = study(stream(), 0.5, 2, {}).outcomes[0]
    assert (outcome.alerts, outcome.recall.value, outcome.recall.source) == (0, None, Source.UNKNOWN)
    assert outcome.precision.value is None


def test_verdicts_give_precision_with_an_interval() -> None:
    """Of the judged stories that would have been raised, the share of yes (Wilson)."""
    judged = [candidate(n, 0.9 if n < 9 else 0.3, verdict=n < 9 and n != 1) for n in range(1, 13)]
    found = study(stream(*judged), 0.5, 2, CURVE)
    outcome = found.outcome(0.5)
    assert outcome is not None
    assert outcome.precision.value == 7 / 8
    assert (outcome.precision.low, outcome.precision.high) == pytest.approx((0.529, 0.978), abs=0.001)
    assert outcome.precision.source is outcome.recall.source is Source.VERDICTS
    assert outcome.recall.value == 1.0


def test_recall_weighs_verdicts_by_how_many_they_stand_for() -> None:
    """One of ten judged weak stories was a report: four of forty are to be expected, and those below the floor."""
    strong = [candidate(n, 0.95, verdict=True) for n in range(12)]
    weak = [candidate(n, 0.3, verdict=n == 12 if n < 22 else None) for n in range(12, 52)]
    found = study(stream(*strong, *weak, days=60, below=2.0), 0.5, 2, CURVE)
    outcome = found.outcome(0.5)
    assert outcome is not None
    recall = outcome.recall
    assert recall.value == pytest.approx(12 / (12 + 4 + 2))
    assert recall.low is not None
    assert recall.high is not None
    assert recall.low < 0.6
    assert recall.high > 0.7


def test_few_verdicts_do_not_speak() -> None:
    """Two opinions are no measurement."""
    found = study(stream(candidate(1, 0.9, verdict=False), candidate(2, 0.8, verdict=False)), 0.5, 2, CURVE)
    assert found.outcomes[0].precision.source is Source.SCORES


@given(st.integers(0, 500), st.integers(0, 500))
def test_the_interval_holds_the_share(yes: int, no: int) -> None:
    """Within 0 and 1, and nothing is certain."""
    low, high = wilson(yes, yes + no)
    assert 0 <= low < high <= 1
    if yes + no:
        assert low - 1e-12 <= yes / (yes + no) <= high + 1e-12


@given(st.lists(st.floats(0.02, 1), max_size=25), st.floats(0.02, 0.99))
def test_a_higher_threshold_never_brings_more(scores: list[float], in_force: float) -> None:
    """Alerts fall as thresholds rise, and so does recall."""
    found = study(stream(*(candidate(n, score) for n, score in enumerate(scores))), in_force, 1, CURVE)
    alerts = [one.alerts for one in found.outcomes]
    assert alerts == sorted(alerts, reverse=True)
    recall = [one.recall.value or 0 for one in found.outcomes]
    assert recall == sorted(recall, reverse=True)
