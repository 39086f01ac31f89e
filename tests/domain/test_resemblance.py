"""Fingerprints are small, the same everywhere, and alike for like texts."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.item import Identity, Item
from monitor.domain.resemblance import HALF_LIFE, MAX_KEYS, MAX_TERMS, Resemblances, by_length, fingerprint

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
WINDOW = timedelta(days=5)


def item(title: str, summary: str = "") -> Item:
    return Item("", "", title, summary, "en", NOW, Identity(None, None, title))


def test_fingerprints_are_the_same_in_every_process() -> None:
    member = fingerprint(item("Ten Women, freed"), NOW, by_length)
    assert [term for term, _ in member.terms] == [679830644, 1273867287, 3976604629]


def test_vowel_signs_belong_to_their_words() -> None:
    assert len(fingerprint(item("मुक्त कराया"), NOW, by_length).terms) == 2


@given(st.text(max_size=400), st.text(max_size=400))
def test_a_fingerprint_has_length_one_or_is_empty(title: str, summary: str) -> None:
    terms = fingerprint(item(title, summary), NOW, by_length).terms
    assert len(terms) <= MAX_TERMS
    assert list(terms) == sorted(terms)
    assert not terms or sum(weight**2 for _, weight in terms) == pytest.approx(1, abs=0.01)


def test_a_long_text_is_remembered_by_its_most_telling_words() -> None:
    telling = {f"word{number}": float(number + 1) for number in range(100)}
    member = fingerprint(item("title", "text"), NOW, lambda text, _: telling if text == "text" else {})
    weights = [weight for _, weight in member.terms]
    assert len(weights) == MAX_TERMS
    assert min(weights) / max(weights) == pytest.approx(61 / 100, abs=0.001)
    strongest = sorted(weights)[-MAX_KEYS:]
    assert sorted(dict(member.terms)[key] for key in member.keys) == strongest


def test_a_word_of_the_title_counts_more() -> None:
    member = fingerprint(item("okapi", "tapir"), NOW, lambda text, _: {text: 1.0})
    low, high = sorted(weight for _, weight in member.terms)
    assert high / low == pytest.approx(1.5, abs=0.001)


def test_resemblance_halves_with_time_and_ends_with_the_window() -> None:
    index = Resemblances(WINDOW)
    index.add(1, fingerprint(item("okapi"), NOW, by_length))
    for later, expected in ((timedelta(0), 1.0), (HALF_LIFE, 0.5)):
        for at in (NOW + later, NOW - later):
            assert index.groups(fingerprint(item("okapi"), at, by_length)) == {1: pytest.approx(expected)}
    assert index.groups(fingerprint(item("okapi"), NOW + WINDOW + timedelta(seconds=1), by_length)) == {}
    assert index.groups(fingerprint(item("tapir"), NOW, by_length)) == {}


def test_members_of_a_group_add_up() -> None:
    index = Resemblances(WINDOW)
    for _ in range(4):
        index.add(1, fingerprint(item("okapi"), NOW - HALF_LIFE, by_length))
    assert index.groups(fingerprint(item("okapi"), NOW, by_length)) == {1: pytest.approx(1.0)}
