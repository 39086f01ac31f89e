"""Which arrow a text gets: sentences of our own in all seed languages, half of them beside the point."""

from pathlib import Path

import pytest

from monitor.adapters.countries import LANGUAGES, CldrGeographer
from monitor.domain.route import UNKNOWN, Route, together

FOLDER = Path(__file__).resolve().parents[1] / "data" / "routes"


def sentences(name: str) -> list[tuple[str, str, str]]:
    """Language, route (`-` = none is told) and text."""
    rows = [line.split("\t") for line in (FOLDER / name).read_text(encoding="utf-8").splitlines()]
    return [(lang, expected, text) for lang, expected, text in rows]


KNOWN, UNSEEN = sentences("known.tsv"), sentences("unseen.tsv")


def arrow(text: str, lang: str | None) -> str:
    """The arrow that a message would show."""
    route = CldrGeographer().route(text, lang)
    return f"{','.join(sorted(route.origins))}>{','.join(sorted(route.destinations))}" if route else "-"


@pytest.mark.parametrize(("lang", "expected", "text"), KNOWN)
def test_a_route_told_plainly_is_found_and_nothing_else_is_one(lang: str, expected: str, text: str) -> None:
    """The cues were written with these at hand."""
    assert arrow(text, lang) == expected


@pytest.mark.parametrize(("lang", "expected", "text"), UNSEEN)
def test_a_sentence_the_cues_were_not_written_for_gets_no_wrong_arrow(lang: str, expected: str, text: str) -> None:
    """None is shown where the cues do not fit; a wrong one never."""
    assert arrow(text, lang) in {expected, "-"}


def test_half_of_the_routes_in_unseen_sentences_are_found() -> None:
    """A floor: 11 of 21 when they were written, each language's cues seen on few sentences."""
    told = [row for row in UNSEEN if row[1] != "-"]
    assert sum(arrow(text, lang) == expected for lang, expected, text in told) >= 11


def test_every_language_has_cues() -> None:
    """… and sentences that prove them."""
    assert {lang for lang, expected, _ in KNOWN if expected != "-"} == set(LANGUAGES)


@pytest.mark.parametrize("lang", [None, "it"])
def test_a_text_of_unknown_language_is_read_by_all_cues(lang: str | None) -> None:
    assert arrow("Nepali men recruited to fight in the Russian army", lang) == "NP>RU"


def test_the_title_decides_where_it_says_both_sides() -> None:
    """What else the summary tells, of other cases, is another route."""
    text = "Cubans lured into Russia's war\nMeanwhile, Nepali women were trafficked to Kuwait."
    assert arrow(text, "en") == "CU>RU"
    assert arrow("Recruits tell of the front\nNepali men were duped into joining the Russian army.", "en") == "NP>RU"


def test_where_the_war_is_is_no_side_while_another_country_may_have_hired() -> None:
    """An arrow to Ukraine would say that they fight for it."""
    text = "Nepali men were sent to the front, families say\nThey signed contracts in Russia and fight in Ukraine."
    assert arrow(text, "en") == "-"
    assert arrow("Nepali men forced to fight in Ukraine\nAgents from Russia paid them.", "en") == "-"
    assert arrow("Nepali men forced to fight in Sudan", "en") == "NP>SD"


def test_a_country_on_both_sides_is_on_neither() -> None:
    assert arrow("Nepali women trafficked to Nepal", "en") == "-"
    assert together([Route(("CU",), ("RU",)), Route(("RU", "NP"), ("AE",))]) == Route(("CU", "NP"), ("AE",))
    assert together([]) == UNKNOWN


def test_a_text_that_names_half_the_world_is_no_route() -> None:
    text = "Nepali, Indian, Kenyan, Ugandan and Ghanaian men recruited to fight in the Russian army"
    assert arrow(text, "en") == "-"


@pytest.mark.parametrize(
    "text", ["", "\n", "⟨0 x⟩ lured ⟨1 y⟩", "lured " * 3000 + "Cubans", "Cuba " * 3000, "trafficked to " * 800 + "Cuba"]
)
def test_hostile_text_is_read_in_time(text: str) -> None:
    """Angle brackets of its own, and repetitions made to be slow."""
    assert arrow(text, "en") in {"-", "CU>RU"}
