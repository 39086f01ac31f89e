"""Languages of headlines, with and without the feed's word."""

from collections.abc import Callable
from pathlib import Path

import pytest
from py3langid.langid import MODEL_FILE, LanguageIdentifier

from monitor.adapters.language import (
    BENEFIT,
    CONFIDENT,
    NEWS_LANGUAGES,
    SAMPLE,
    SHORTEST,
    declared,
    detect,
)

ENGLISH = "Police in the capital arrested three men over jobs abroad that did not exist"
SPANISH = "La policía detuvo a tres personas por ofrecer empleos que no existían en el extranjero"


@pytest.mark.parametrize(
    ("text", "prior", "lang"),
    [
        (ENGLISH, None, "en"),
        (SPANISH, None, "es"),
        (SPANISH, "en", "es"),
        ("Полиция задержала троих человек, которые вербовали молодых людей на войну", "ru", "ru"),
        ("الشرطة تعتقل ثلاثة رجال بعد عرض وظائف وهمية في الخارج", None, "ar"),
        ("विदेशमा रोजगारी दिलाउने भन्दै ठगी गर्ने तीन जना पक्राउ", None, "ne"),
        ("Live", "en", "en"),
        ("Live", None, None),
        ("", None, None),
        ("🚜🚜🚜 123", None, None),
    ],
)
def test_detection(text: str, prior: str | None, lang: str | None) -> None:
    """A long text outvotes the declaration; a short one is what it is declared to be."""
    assert detect(text, prior) == lang


@pytest.mark.parametrize(
    ("tag", "code"),
    [("en-US", "en"), ("pt_BR", "pt"), ("EN", "en"), ("fil", "tl"), ("iw", "he"), (" ne ", "ne"), ("english", None),
     ("", None), (None, None), ("12", None)],
)  # fmt: skip
def test_declared_languages(tag: str | None, code: str | None) -> None:
    """As feeds write them."""
    assert declared(tag) == code


@pytest.fixture
def ranked() -> Callable[[str], dict[str, float]]:
    """The library's own probabilities, likeliest language first."""
    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(NEWS_LANGUAGES)
    return lambda text: dict(identifier.rank(text))


@pytest.mark.parametrize("prior", [None, "en", "es", "uk", "xx"])
def test_answers_are_those_of_the_whole_ranking(prior: str | None, ranked: Callable[[str], dict[str, float]]) -> None:
    """On seeds of all languages: a faster table and a shorter way change none."""
    paths = sorted((Path(__file__).parents[2] / "seeds").glob("*/*.txt"))[::23]
    texts = [path.read_text(encoding="utf-8").rpartition("---\n")[2][:SAMPLE] for path in paths]
    texts = [text[:length] for text in texts for length in (40, SAMPLE) if sum(map(str.isalpha, text[:40])) >= SHORTEST]
    for text in texts:
        shares = ranked(text)
        best = next(iter(shares))
        expected = best if shares[best] >= CONFIDENT else prior
        if prior is not None and shares.get(prior, 0.0) >= BENEFIT * shares[best]:
            expected = prior
        assert detect(text, prior) == expected, text
