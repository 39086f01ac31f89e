"""Many documents at once, by numbers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifiers import features, scoring
from classifiers.explain import contributions
from classifiers.features import Analyzer, allowance
from classifiers.model import Model
from classifiers.scoring import BatchScorer
from classifiers.text import Document

TEXT = (
    "Nepalis joined IS fight Russia's war Sri Lanka al Qaeda trafficked women U.S. court south Sudan the New South "
    "Wales Central African Republic 招募 古巴人 завербовали непальцев reclutados víctimas"
)
words = st.sampled_from(TEXT.split())
documents = st.builds(
    Document,
    title=st.lists(words, max_size=12).map(" ".join),
    body=st.lists(words, max_size=120).map(" ".join),
    lang=st.sampled_from(["en", "ru", "zh", "es", None]),
)


@pytest.fixture(scope="module")
def scorer(model: Model) -> BatchScorer:
    return BatchScorer(model.linear, Analyzer(model.places, model.glossary))


def by_terms(model: Model, document: Document) -> list[float]:
    """The decision values, term by term."""
    reading = Analyzer(model.places, model.glossary).read(document)
    base = model.linear.intercept + allowance(np.array([reading.length]))
    return [
        float(base[column]) + sum(term.weight for term in contributions(model.linear, reading, column))
        for column in range(len(model.signals))
    ]


@settings(max_examples=100)
@given(st.lists(documents, min_size=1, max_size=4))
def test_numbers_and_named_terms_give_the_same_values(model: Model, scorer: BatchScorer, batch: list[Document]) -> None:
    """Names of several words, in any company, count once and as a whole."""
    expected = [by_terms(model, document) for document in batch]
    assert scorer.decide(batch) == pytest.approx(np.array(expected), abs=1e-9)


def test_what_is_forgotten_is_learnt_again(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where items bring ever new words, memory stays bounded and scores stay the same."""
    scorer = BatchScorer(model.linear, Analyzer(model.places, model.glossary))
    document = Document("Nepalis recruited to fight in Central African Republic", "", "en")
    expected = scorer.decide([document])
    monkeypatch.setattr(scoring, "_CACHED_WORDS", 3)
    monkeypatch.setattr(features, "_KNOWN_WORDS", 3)
    for number in range(10):
        made_up = Document(f"word{number} other{number} third{number} fourth{number}", "", "en")
        scorer.decide([made_up])
        assert scorer.remembered <= 3 + len(made_up.title.split())
        assert scorer.decide([document]) == pytest.approx(expected, abs=1e-12)
        assert by_terms(model, document) == pytest.approx(expected[0].tolist(), abs=1e-9)
