"""Languages of headlines, with and without the feed's word."""

import pytest

from monitor.adapters.language import (
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
