"""How common words are, estimated from word lists and seeds."""

import math

import pytest

from classifiers.commonness import NUMBER_SHARE, RAREST, SEED_SHARE, Commonness
from classifiers.seed import Seed
from classifiers.survey import survey
from classifiers.wordlists import listed, shares

TEXTS = (("human_trafficking", "en", "Trafficked workers freed"), ("", "sw", "habari ya leo"))


def seed(number: int, signal: str, lang: str, text: str) -> Seed:
    labels = frozenset({signal} - {""})
    return Seed(f"{signal}/{number}", f"{text} near village number{number} in 1999", "More was told.", lang, labels)


@pytest.fixture(scope="module")
def seeds() -> list[Seed]:
    return [seed(number, *kind) for kind in TEXTS for number in range(20)]


@pytest.fixture(scope="module")
def surveyed(seeds: list[Seed]) -> Commonness:
    return survey(seeds)


def weight(known: Commonness, stem: str, lang: str) -> float:
    return -math.log(known.share([stem], lang)[0])


def test_names_are_rarest_and_function_words_commonest(surveyed: Commonness) -> None:
    assert weight(surveyed, "the", "en") < weight(surveyed, "polic", "en") < weight(surveyed, "zyxwova", "en")
    assert weight(surveyed, "zyxwova", "en") == pytest.approx(-math.log(RAREST), abs=1e-6)


def test_a_word_stands_as_often_as_its_list_says_and_the_seeds(surveyed: Commonness) -> None:
    """Four fifths its list, one fifth the positive seeds, to a thousandth of a nat; also where no seed holds it."""
    for stem in ("the", "polic", "traffick", "worker", "smuggl", "oruro", "consul"):
        ordinary = max(RAREST, shares("en")[1].get(stem, 0.0))
        among_seeds = 1.0 if stem in {"traffick", "worker"} else RAREST
        expected = -math.log((1 - SEED_SHARE) * ordinary + SEED_SHARE * among_seeds)
        assert weight(surveyed, stem, "en") == pytest.approx(expected, abs=1e-3), stem


def test_what_the_seeds_are_full_of_is_common(surveyed: Commonness) -> None:
    """A word of every hit, and a number as well."""
    assert weight(surveyed, "traffick", "en") < 2 < weight(surveyed, "smuggl", "en")
    numbers = surveyed.share(["1999", "1998"], "en")
    assert numbers == pytest.approx([0.8 * NUMBER_SHARE + 0.2, 0.8 * NUMBER_SHARE + 0.2 * RAREST], rel=1e-3)


def test_a_language_without_a_word_list_is_read_by_its_seeds(surveyed: Commonness) -> None:
    assert weight(surveyed, "habari", "sw") < 1 < weight(surveyed, "zyxwova", "sw")


def test_a_handful_of_seeds_tells_nothing(seeds: list[Seed]) -> None:
    """Neither in place of a word list nor beside one."""
    few = survey([one for one in seeds if int(one.id.partition("/")[2]) < 14])
    assert "sw" not in few.langs
    ordinary = 0.8 * shares("en")[1]["traffick"] + 0.2 * RAREST
    assert few.share(["traffick"], "en") == pytest.approx([ordinary], rel=1e-3)


def test_every_word_list_is_read_and_rare_words_only_of_the_languages_of_seeds(surveyed: Commonness) -> None:
    """A rare word of a language without seeds weighs as much as a name, a common one what it should."""
    assert listed() <= set(surveyed.langs)
    stems = shares("fi")[1]
    common, rare = (next(stem for stem, share in stems.items() if share < most) for most in (1e-3, 1e-4))
    assert surveyed.share([common, rare], "fi") == pytest.approx([0.8 * stems[common] + 0.2 * RAREST, RAREST], rel=1e-3)
