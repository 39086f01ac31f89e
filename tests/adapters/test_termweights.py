"""Words weigh the more the rarer they are in news and among the seeds of their language."""

import logging
import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from monitor.adapters.countries import CldrGeographer
from monitor.adapters.termweights import COUNTRY_SHARE, NUMBER_SHARE, RAREST, TermWeights
from monitor.domain.item import Identity, Item
from monitor.domain.story import assign


@pytest.fixture
def seeds(tmp_path: Path) -> Path:
    texts = [("human_trafficking", "en", "Trafficked workers freed"), ("background", "sw", "habari ya leo")]
    for signal, lang, text in texts:
        (tmp_path / signal).mkdir()
        for number in range(20):
            seed = f"---\nlang: {lang}\n---\n{text} near village number{number}\n\nMore of it was told later.\n"
            (tmp_path / signal / f"{number}.txt").write_text(seed, encoding="utf-8")
    return tmp_path


def test_names_weigh_most_and_function_words_least(seeds: Path) -> None:
    weights = TermWeights(seeds, CldrGeographer())("the police freed Zyxwova", "en")
    assert weights["the"] < weights["polic"] < weights["zyxwova"] == pytest.approx(-math.log(RAREST))


def test_what_the_seeds_are_full_of_tells_little(seeds: Path) -> None:
    """A word of every hit weighs less than it would by how rare it is in ordinary news."""
    weigh = TermWeights(seeds, CldrGeographer())
    assert weigh("trafficked", "en")["traffick"] < 2 < weigh("smuggled", "en")["smuggl"]


def test_a_language_without_a_word_list_is_read_by_its_seeds(seeds: Path) -> None:
    weights = TermWeights(seeds, CldrGeographer())("habari Zyxwova", "sw")
    assert weights["habari"] < 1 < weights["zyxwova"]


def test_a_country_is_the_same_in_every_language_and_for_its_people(seeds: Path) -> None:
    weigh = TermWeights(seeds, CldrGeographer())
    for text, lang in (
        ("men from Nepal", "en"),
        ("Nepalese men", "en"),
        ("hombres de Nepal", "es"),
        ("в Непале", "ru"),
    ):
        assert weigh(text, lang)["@NP"] == pytest.approx(-math.log(COUNTRY_SHARE)), text


def test_numbers_weigh_alike(seeds: Path) -> None:
    weights = TermWeights(seeds, CldrGeographer())("51 dead in 2022", "en")
    assert weights["51"] == weights["2022"] == pytest.approx(-math.log(0.8 * NUMBER_SHARE + 0.2 * RAREST))


def test_without_seeds_word_lists_decide_and_it_is_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "human_trafficking").mkdir()
    weigh = TermWeights(tmp_path, CldrGeographer())
    with caplog.at_level(logging.WARNING):
        assert weigh("the Zyxwova", None)["the"] < 1
        weigh("another text", "en")
    assert [record.message.split(":")[0] for record in caplog.records] == ["stories are told apart without seeds"]


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
    lang: str, title: str, summary: str, same: bool, seeds: Path
) -> None:
    """Names and countries are alike; nothing is translated."""
    weigh = TermWeights(seeds, CldrGeographer())
    at = datetime(2026, 3, 1, tzinfo=UTC)

    def told(lang: str, title: str, summary: str) -> Item:
        return Item("", "", title, summary, lang, at, Identity(None, None, title))

    first = told("en", "Nepali women freed from Hotel Kantuta in Oruro", "Prosecutor Quispe said two men were held.")
    opened = assign([first], [], "Paper", at, weigh)
    story = replace(opened.stories[0], id=1)
    assigned = assign([told(lang, title, summary)], [story], "Journal", at + timedelta(hours=2), weigh)
    assert (assigned.story_ids == (1,)) is same
