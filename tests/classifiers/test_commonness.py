"""How common words are, packed into arrays."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifiers.commonness import NUMBER_SHARE, RAREST, SEED_SHARE, Commonness

HALF_PRECISION = 1e-3
"""Relative; a thousandth of a nat."""


@given(
    st.dictionaries(
        st.sampled_from(("en", "ne", "zh")), st.dictionaries(st.text("abcdef", max_size=4), st.floats(1e-4, 1.0))
    )
)
def test_what_was_packed_is_found_again(known: dict[str, dict[str, float]]) -> None:
    """Each stem in its language, whatever others hold."""
    packed = Commonness.of(known)
    for lang, shares in known.items():
        assert packed.share(list(shares), lang) == pytest.approx(list(shares.values()), rel=HALF_PRECISION)


def test_an_unknown_stem_is_rare_and_a_number_is_not() -> None:
    """In a language that is known and in one that is not."""
    packed = Commonness.of({"en": {"police": 0.1}})
    for lang in ("en", "sw"):
        assert packed.share(["zyxwova", "2022"], lang) == pytest.approx(
            [RAREST, (1 - SEED_SHARE) * NUMBER_SHARE + SEED_SHARE * RAREST]
        )
    assert packed.share([], "en").shape == (0,)


def test_what_an_unknown_stem_gets_as_well_takes_no_room() -> None:
    packed = Commonness.of({"en": {"police": 0.1, "zyxwova": RAREST * 1.0001}})
    assert len(packed.stems) == len(packed.shares) == 1


def test_of_two_stems_with_one_hash_the_commoner_counts() -> None:
    """However they come; CRC-32 gives these two the same."""
    both = {"plumless": 0.01, "buckeroo": 0.03}
    for known in (both, dict(reversed(both.items()))):
        packed = Commonness.of({"en": known})
        assert packed.share(list(known), "en") == pytest.approx([0.03, 0.03], rel=HALF_PRECISION)


def test_the_order_of_words_changes_nothing() -> None:
    """Same shares, same arrays: a model's id depends on them."""
    known = {f"stem{number}": 0.001 * number for number in range(1, 200)}
    one, other = Commonness.of({"en": known, "es": {}}), Commonness.of({"es": {}, "en": dict(reversed(known.items()))})
    assert one.langs == other.langs
    for name in ("starts", "stems", "shares"):
        assert np.array_equal(getattr(one, name), getattr(other, name)), name
