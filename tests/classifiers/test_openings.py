"""Beginnings of words."""

import pytest

from classifiers.openings import Openings

KNOWN = Openings({"recl": "short", "reclut": "long", "верб": "other"})


@pytest.mark.parametrize(
    ("word", "found"),
    [
        ("reclut", "long"),
        ("reclutados", "long"),
        ("reclamo", "short"),
        ("вербовали", "other"),
        ("rec", None),  # shorter than any
        ("reclutadisimos", None),  # what follows is too long, of the short one as well
        ("guerra", None),
        ("", None),
    ],
)
def test_the_longest_opening_counts_where_what_follows_is_short(word: str, found: str | None) -> None:
    assert KNOWN.of(word, shortest=3, ending=5) == found


def test_an_opening_that_is_too_short_does_not_count() -> None:
    assert Openings({"un": "one"}).of("und", shortest=3, ending=5) is None
    assert Openings({}).of("und", shortest=1, ending=5) is None
