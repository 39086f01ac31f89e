"""Words weigh the more the rarer they are, as the model in use has it."""

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from classifiers.commonness import RAREST
from classifiers.tokens import stemmed
from monitor.adapters.classify import ModelScorer
from monitor.adapters.countries import CldrGeographer
from monitor.adapters.termweights import COUNTRY_SHARE, TermWeights
from monitor.domain.item import Identity, Item
from monitor.domain.story import assign


@pytest.fixture(scope="module")
def scorer(tiny_model_folder: Path) -> ModelScorer:
    return ModelScorer.load(tiny_model_folder)


@pytest.fixture(scope="module")
def weigh(scorer: ModelScorer) -> TermWeights:
    return TermWeights(scorer, CldrGeographer())


def test_a_word_weighs_the_surprise_of_its_stem(weigh: TermWeights, scorer: ModelScorer) -> None:
    """In nats; each stem once, by its language, which is English where none is known."""
    for lang in ("en", "es", "xx", None):
        weights = weigh("The police freed the police officer Zyxwova", lang)
        stems = {stemmed(word, lang or "en") for word in ("the", "police", "freed", "officer", "zyxwova")}
        assert weights == pytest.approx(
            {stem: -math.log(scorer.commonness.share([stem], lang or "en")[0]) for stem in stems}
        )
    weights = weigh("the police freed Zyxwova", "en")
    assert weights["the"] < weights["polic"] < weights["zyxwova"] == pytest.approx(-math.log(RAREST), abs=1e-3)


def test_a_text_without_words_weighs_nothing(weigh: TermWeights) -> None:
    assert weigh("!", "en") == {}


def test_a_country_is_the_same_in_every_language_and_for_its_people(weigh: TermWeights) -> None:
    for text, lang in (
        ("men from Nepal", "en"),
        ("Nepalese men", "en"),
        ("hombres de Nepal", "es"),
        ("в Непале", "ru"),
    ):
        assert weigh(text, lang)["@NP"] == pytest.approx(-math.log(COUNTRY_SHARE)), text


@pytest.mark.parametrize(
    ("lang", "title", "summary", "same"),
    [
        ("es", "Liberan a nepalíes del Hotel Kantuta en Oruro", "El fiscal Quispe habló de dos detenidos.", True),
        ("fr", "Des Népalaises libérées de l'hôtel Kantuta à Oruro", "Le procureur Quispe annonce deux arrêts.", True),
        ("de", "Nepalesinnen aus Hotel Kantuta in Oruro befreit", "Staatsanwalt Quispe meldet zwei Festnahmen.", True),
        ("es", "Mujeres de Nepal reciben ayuda en Katmandú", "El ministerio anunció un plan contra la trata.", False),
        ("fr", "Un hôtel de Lyon condamné pour travail dissimulé", "Le tribunal a entendu le procureur.", False),
    ],
)  # fmt: skip
def test_a_story_is_recognised_in_another_language_by_the_names_it_shares(
    lang: str, title: str, summary: str, same: bool, weigh: TermWeights
) -> None:
    """Names and countries are alike; nothing is translated."""
    at = datetime(2026, 3, 1, tzinfo=UTC)

    def told(lang: str, title: str, summary: str) -> Item:
        return Item("", "", title, summary, lang, at, Identity(None, None, title))

    first = told("en", "Nepali women freed from Hotel Kantuta in Oruro", "Prosecutor Quispe said two men were held.")
    opened = assign([first], [], "Paper", at, weigh)
    story = replace(opened.stories[0], id=1)
    assigned = assign([told(lang, title, summary)], [story], "Journal", at + timedelta(hours=2), weigh)
    assert (assigned.story_ids == (1,)) is same
