"""Scoring and explaining."""

import time
from dataclasses import replace

import numpy as np
import pytest

from classifiers.errors import ClassifierError
from classifiers.model import Model
from classifiers.text import Document

SAMPLES = [
    Document(
        "Nepalis recruited to fight for Russia", "They joined the army in Ukraine. Sri Lankan men were lured.", "en"
    ),
    Document("U.S. court jails man who joined IS", "", "en"),
    Document("Women trafficked for forced prostitution", "Police freed twelve women from a brothel.", "en"),
    Document("Cubanos reclutados para la guerra", "Las víctimas fueron engañadas.", "es"),
    Document("Непальцев завербовали воевать", "", "ru"),
    Document("招募古巴人参战", "", "zh"),
    Document("", "", None),
    Document("New South Wales and the Central African Republic", "the the the", None),
]


def test_no_documents_give_no_rows(model: Model) -> None:
    """An empty batch is not an error."""
    assert model.score([]).shape == (0, len(model.signals))


def test_scores_are_probabilities(model: Model) -> None:
    scores = model.score(SAMPLES)
    assert scores.shape == (len(SAMPLES), len(model.signals))
    assert ((scores >= 0) & (scores <= 1)).all()


def test_a_batch_scores_like_its_documents(model: Model) -> None:
    """Neither order nor company changes a score."""
    alone = np.vstack([model.decide([document]) for document in SAMPLES])
    assert np.allclose(model.decide(SAMPLES), alone, atol=1e-12)
    assert np.allclose(model.decide(SAMPLES[::-1])[::-1], alone, atol=1e-12)


@pytest.mark.parametrize("document", SAMPLES)
def test_contributions_sum_to_the_decision(model: Model, document: Document) -> None:
    """Intercept and all contributions give the decision value, so no reason is hidden or invented."""
    for column, signal in enumerate(model.signals):
        told = model.explanation(document, signal)
        total = told.intercept + sum(c.weight for c in told.contributions)
        assert total == pytest.approx(told.decision, abs=1e-9)
        assert told.decision == pytest.approx(model.decide([document])[0, column], abs=1e-9)
        assert told.probability == pytest.approx(model.score([document])[0, column])


def test_terms_are_spelt_as_in_the_text(model: Model) -> None:
    """A folded name or a stem is shown as the reader sees it."""
    text = "Sri Lankans RECRUITED to fight in Ukraine"
    terms = [c.term for c in model.explain(Document(text, "", "en"), "foreign_fighter_recruitment", limit=None)]
    assert "Sri Lankans" in terms
    assert "RECRUITED" in terms
    assert all(term in text for term in terms)


def test_the_strongest_terms_come_first(model: Model) -> None:
    weights = [abs(c.weight) for c in model.explain(SAMPLES[0], "foreign_fighter_recruitment", limit=5)]
    assert len(weights) == 5
    assert weights == sorted(weights, reverse=True)


def test_the_nearest_seed_is_named(model: Model) -> None:
    """An alert can point at the example that taught it; an empty text is near none."""
    assert str(model.explanation(SAMPLES[2], "human_trafficking").nearest_seed).startswith(
        ("human_trafficking/", "foreign_fighter_recruitment/")
    )
    assert model.explanation(Document(""), "human_trafficking").nearest_seed is None


def test_an_unknown_signal_is_told(model: Model) -> None:
    with pytest.raises(ClassifierError, match="'piracy' is not in model"):
        model.explain(SAMPLES[0], "piracy")


def test_a_language_without_seeds_has_lower_confidence(model: Model) -> None:
    """It is scored all the same; so has a signal that lacks examples in a language another signal has."""
    fighters, trafficking = model.signals
    assert model.confident(SAMPLES[0], fighters)
    assert not model.confident(Document("Hallo", "", "fi"), fighters)
    assert not model.confident(Document("Hallo", "", None), fighters)
    reports = model.manifest.reports
    spanish = {**reports, trafficking: replace(reports[trafficking], languages=("en", "es"))}
    taught = replace(model, manifest=replace(model.manifest, reports=spanish))
    assert [taught.confident(SAMPLES[3], signal) for signal in model.signals] == [False, True]
    assert np.isfinite(model.score([Document("Venäjä värväsi nepalilaisia", "", "fi")])).all()


def test_the_decisive_passage_of_an_article_counts(model: Model) -> None:
    """A long article scores as its best passage: news deep in the text is not diluted."""
    filler = " ".join(f"The minister spoke about roads and schools in part {i}." for i in range(40))
    told = "Recruiters lured Nepalis to join the army and fight for Russia in Ukraine as mercenaries."
    long = model.decide([Document("Minister speaks", f"{filler} {told} {filler}", "en")])
    plain = model.decide([Document("Minister speaks", filler, "en")])
    assert long[0, 0] > plain[0, 0] + 1


@pytest.mark.parametrize(
    "text", ["\x00\x01\x02" * 100, "🙂" * 500, "a" * 5_000_000, "word " * 1_000_000, "\n" * 100_000]
)
def test_hostile_text_is_scored_in_bounded_time(model: Model, text: str) -> None:
    """Binary rubbish and megabytes are ordinary news, quickly."""
    start = time.perf_counter()
    assert (model.score([Document(text, text, None)]) < 0.5).all()
    assert time.perf_counter() - start < 5
