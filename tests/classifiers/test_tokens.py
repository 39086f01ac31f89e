"""Text → tokens."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifiers.tokens import _TOKEN, Token, plain, read_token, surfaces


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ex-soldiers' pay: $500", ["Ex", "soldiers'", "pay", "500"]),
        ("U.S. troops in the U.K.", ["U.S.", "troops", "in", "the", "U.K."]),
        ("नेपाली युवाओं को रूस", ["नेपाली", "युवाओं", "को", "रूस"]),
        ("রাশিয়ায় যুদ্ধ", ["রাশিয়ায়", "যুদ্ধ"]),
        ("招募士兵", ["招募", "募士", "士兵"]),
        ("", []),
        ("\x00 … — 🙂", []),
    ],
)
def test_words_are_found_in_every_script(text: str, expected: list[str]) -> None:
    """Marks stay with their letters, Chinese comes in pairs, single letters and signs are left out."""
    assert surfaces(text) == expected


@pytest.mark.parametrize(
    ("surface", "lang", "token"),
    [
        ("Cuba’s", "en", Token("Cuba’s", "cuba", "cuba")),
        ("Recruited", "en", Token("Recruited", "recruited", "recruit")),
        ("víctimas", "es", Token("víctimas", "victimas", "victim")),
        ("наёмники", "ru", Token("наёмники", "наемники", "наемник")),
        ("U.S.", "en", Token("U.S.", "us", "us")),
    ],
)
def test_a_word_is_compared_without_case_accents_and_genitive(surface: str, lang: str, token: Token) -> None:
    """The stem is taken before the accents go, since stemmers need them."""
    assert read_token(surface, lang) == token


def test_stems_do_not_need_the_language() -> None:
    """Without a language the script chooses the stemmer, and English reads Latin letters."""
    assert read_token("солдатами", None).stem == read_token("солдатами", "ru").stem
    assert read_token("soldiers", None).stem == "soldier"


def test_accents_of_other_scripts_are_kept() -> None:
    """Taking й apart would break Russian endings."""
    assert plain("российский") == "российский"
    assert plain("café") == "cafe"


LATIN = st.text(
    st.one_of(st.sampled_from("AbC. '\u2019\u2026\u201c\u00a0-1"), st.characters(max_codepoint=0x17F)), max_size=30
)


@given(LATIN)
def test_the_short_way_through_latin_text_finds_the_same_words(text: str) -> None:
    """It is only faster."""
    assert surfaces(text) == _TOKEN.findall(unicodedata.normalize("NFKC", text))
