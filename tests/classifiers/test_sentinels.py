"""Texts whose answer is known: what they are, how a model does on them, and when it does worse than another."""

from dataclasses import replace
from itertools import pairwise

import pytest

from classifiers.model import Model
from classifiers.seed import Seed, load_seeds
from classifiers.sentinels import Outcome, Sentinel, examine, shipped_sentinels, shown_sentinels, worse
from classifiers.text import Document
from tests.conftest import SEEDS

SIGNALS = ("foreign_fighter_recruitment", "human_trafficking")
GOOD = Outcome("piracy", 4, ("a", "b", "c"), ("d",), 8, ("x",))


def test_the_shipped_sentinels_are_varied() -> None:
    """Each signal has reports in many languages, headlines alone and articles, and near misses."""
    sentinels = shipped_sentinels()
    assert len({one.id for one in sentinels}) == len(sentinels)
    for signal in SIGNALS:
        reports = [one.document for one in sentinels if one.signals.get(signal)]
        others = [one.document for one in sentinels if one.signals.get(signal) is False]
        assert len({document.lang for document in reports}) >= 12
        assert len(others) >= 20
        words = [len(f"{document.title} {document.body}".split()) for document in reports]
        assert min(words) < 20
        assert max(words) > 120


def test_no_sentinel_is_a_seed() -> None:
    """A model that was shown the answers proves nothing: not eight words in a row, and no title."""
    assert shown_sentinels(load_seeds(SEEDS)) == []
    headline, _, _, _, article, *_ = shipped_sentinels()
    copied = [
        Seed("a/title", headline.document.title, "Something else.", "en", frozenset({"a"})),
        Seed("a/words", "Other", " ".join(article.document.body.split()[20:30]), "en", frozenset({"a"})),
        Seed("a/own", "Other words", "Nothing in common.", "en", frozenset({"a"})),
    ]
    assert [(fault.kind, fault.seed) for fault in shown_sentinels(copied)] == [
        ("sentinel", "a/title"),
        ("sentinel", "a/words"),
    ]


def test_a_model_is_asked_in_its_own_languages(model: Model) -> None:
    """The tests' model knows English; what it finds and misses is named."""
    asked = {one.id for one in shipped_sentinels() if one.document.lang == "en"}
    for outcome in examine(model, dict.fromkeys(SIGNALS, 0.02)):
        assert {*outcome.found, *outcome.missed, *outcome.raised} <= asked
        assert outcome.reports == len(outcome.found) + len(outcome.missed)
        assert "ht-en-scam" in outcome.found or outcome.signal != "human_trafficking"


def test_the_threshold_in_force_counts(model: Model) -> None:
    """At one that nothing reaches, nothing is found."""
    for outcome in examine(model, dict.fromkeys(SIGNALS, 1.1)):
        assert (outcome.found, outcome.raised, outcome.failing) == ((), (), True)


def test_signals_without_sentinels_are_skipped(model: Model) -> None:
    """A user's own signal has none, and so has nothing to fail."""
    known = [Sentinel("a", Document("Ten freed from forced labour", "", "en"), {"human_trafficking": True})]
    assert [outcome.signal for outcome in examine(model, {}, known)] == ["human_trafficking"]
    assert examine(model, {}, [replace(known[0], signals={"piracy": True})]) == ()


@pytest.mark.parametrize(
    ("outcome", "failing"),
    [
        (GOOD, False),
        (replace(GOOD, found=("a", "b"), missed=("c", "d")), True),
        (replace(GOOD, raised=("x", "y")), False),
        (replace(GOOD, raised=("x", "y", "z")), True),
        (replace(GOOD, others=0, raised=()), False),
    ],
)
def test_too_many_wrong_answers_are_a_failure(outcome: Outcome, failing: bool) -> None:
    """Three quarters found and a quarter raised are the limits."""
    assert outcome.failing is failing


def test_worse_is_more_texts_judged_wrong() -> None:
    """It says which; one lost is made good by one won, of whatever signal, and only by that."""
    other = replace(GOOD, signal="b")
    assert worse([GOOD], [GOOD]) is None
    assert worse([GOOD], [replace(GOOD, found=("a", "b", "d"), missed=("c",))]) is None
    assert worse([GOOD], [replace(GOOD, raised=("y",))]) is None
    fewer = replace(GOOD, found=("a", "b"), missed=("c", "d"))
    assert "known texts newly judged wrong: piracy misses c (newly right: 0)" in str(worse([GOOD], [fewer]))
    assert "piracy raises y" in str(worse([GOOD], [replace(GOOD, raised=("x", "y"))]))
    assert worse([GOOD, other], [fewer, replace(other, raised=())]) is None
    assert "piracy misses c; b raises z" in str(worse([GOOD, other], [fewer, replace(other, raised=("x", "z"))]))
    assert "none of the known reports" in str(worse([GOOD], []))
    assert worse([], [GOOD]) is None


def test_sentinels_are_in_no_order_that_matters(model: Model) -> None:
    """Outcomes follow the model's signals; the ids within follow the file."""
    everything = examine(model, {})
    assert [outcome.signal for outcome in everything] == list(model.signals)
    order = [one.id for one in shipped_sentinels()]
    for outcome in everything:
        assert all(order.index(first) < order.index(second) for first, second in pairwise(outcome.missed))
