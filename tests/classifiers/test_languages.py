"""Languages are told apart as the library does, one text at a time or many side by side."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from py3langid.langid import MODEL_FILE, LanguageIdentifier

from classifiers import languages
from classifiers.languages import Guess, Languages
from monitor.adapters.language import NEWS_LANGUAGES

ODD = [
    "", "SHOUTED HEADLINE OF NEWS", "e\u0301tude", "half \ud800 a character", "1234 5678", "\u4e2d\u6587\u65b0\u95fb",
    "a" * 500,
]  # fmt: skip


@pytest.fixture(scope="module")
def ours() -> Languages:
    return Languages(NEWS_LANGUAGES)


@pytest.fixture(scope="module")
def ranked() -> Callable[[str], dict[str, float]]:
    """The library's own probabilities, likeliest language first."""
    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(NEWS_LANGUAGES)
    return lambda text: dict(identifier.rank(text))


@pytest.fixture(scope="module")
def texts() -> Sequence[str]:
    """Of seeds in all languages, long and short, and odd ones."""
    paths = sorted((Path(__file__).parents[2] / "seeds").glob("*/*.txt"))[::29]
    bodies = [path.read_text(encoding="utf-8").rpartition("---\n")[2] for path in paths]
    return [*(body[:length] for body in bodies for length in (30, 160)), *ODD]


def assert_alike(
    guesses: Sequence[Guess], texts: Sequence[str], claim: str | None, ranked: Callable[[str], dict[str, float]]
) -> None:
    for guess, text in zip(guesses, texts, strict=True):
        shares = ranked(text)
        assert guess.probability == pytest.approx(max(shares.values()), abs=2e-3), text
        assert shares[guess.lang] == pytest.approx(guess.probability, abs=2e-3), text
        assert guess.claimed == pytest.approx(shares.get(claim, 0.0) if claim else 0.0, abs=2e-3), text


@pytest.mark.parametrize("claim", [None, "en", "sr", "xx"])
def test_guesses_are_the_librarys(
    claim: str | None, ours: Languages, texts: Sequence[str], ranked: Callable[[str], dict[str, float]]
) -> None:
    """Side by side, and one by one."""
    assert len(texts) >= languages.SIDE_BY_SIDE
    assert_alike(ours.guess(texts, [claim] * len(texts)), texts, claim, ranked)
    few = texts[:: len(texts) // 8][: languages.SIDE_BY_SIDE - 1]
    assert_alike(ours.guess(few, [claim] * len(few)), few, claim, ranked)


@given(st.lists(st.text(max_size=60), min_size=1, max_size=6))
def test_company_changes_no_guess(several: list[str]) -> None:
    """Whatever walks beside a text."""
    ours = KNOWN
    crowd = [*several, *("a text of some words" for _ in range(languages.SIDE_BY_SIDE))]
    alone = ours.guess(several, [None] * len(several))
    for one, other in zip(ours.guess(crowd, [None] * len(crowd)), alone, strict=False):
        assert one.probability == pytest.approx(other.probability, abs=2e-3)


def test_nothing_is_no_text(ours: Languages) -> None:
    assert ours.guess([], []) == []


KNOWN = Languages(NEWS_LANGUAGES)
