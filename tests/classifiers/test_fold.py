"""Names of peoples, wars and armed groups → one token each; core words → their English stem."""

import pytest

from classifiers.features import Analyzer
from classifiers.fold import CONFLICT, GROUP, PEOPLE, shipped_places
from classifiers.glossary import shipped_glossary


def stems(text: str, lang: str | None = "en") -> list[str]:
    return [token.stem for token in Analyzer().tokens(text, lang)]


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("Nepalis", "en"), ("Cuba", "en"), ("Sri Lankan", "en"), ("Central African Republic", "en"),
        ("cubanos", "es"), ("camerounais", "fr"), ("непальцев", "ru"), ("नेपाली", "hi"), ("Wakenya", "sw"),
    ],
)  # fmt: skip
def test_any_people_is_the_same_token(text: str, lang: str) -> None:
    """So that a model taught on Nepalis knows Kenyans."""
    assert stems(text, lang) == [PEOPLE]


@pytest.mark.parametrize(
    ("text", "lang", "label"),
    [
        ("Russia", "en", CONFLICT), ("Украине", "ru", CONFLICT), ("Rusia", "es", CONFLICT),
        ("Islamic State", "en", GROUP), ("IS", "en", GROUP), ("al-Qaeda", "en", GROUP),
    ],
)  # fmt: skip
def test_wars_and_groups_are_tokens(text: str, lang: str, label: str) -> None:
    assert stems(text, lang) == [label]


def test_a_word_that_is_a_name_only_in_capitals() -> None:
    """'IS' is an armed group, 'is' is a verb."""
    assert stems("He is there") == ["he", "is", "there"]


def test_rich_countries_are_not_folded() -> None:
    """Folding every country costs precision."""
    assert PEOPLE not in stems("Germany and France")


def test_the_spelling_of_a_folded_name_is_kept() -> None:
    """Explanations show the words of the text."""
    (token,) = Analyzer().tokens("Sri Lanka's", "en")
    assert token.surface == "Sri Lanka's"


@pytest.mark.parametrize(
    ("word", "lang"),
    [
        ("reclutados", "es"),
        ("завербовали", "ru"),
        ("招募", "zh"),
        ("rekrutiert", "de"),
        ("تجنيد", "ar"),
        ("recrutés", "fr"),
    ],
)
def test_core_words_are_read_as_english(word: str, lang: str) -> None:
    """What English seeds teach about recruiting is known in every seed language."""
    assert stems(word, lang) == ["recruit"]


def test_english_is_not_read_through_the_glossary() -> None:
    """An English word that opens like a foreign one keeps its own stem."""
    assert "en" not in shipped_glossary().languages
    assert stems("combat") == ["combat"]


def test_the_names_have_a_stable_checksum() -> None:
    """Two readings of the lists agree."""
    assert shipped_places().checksum == shipped_places.__wrapped__().checksum
