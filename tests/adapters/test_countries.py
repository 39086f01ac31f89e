"""What countries are called."""

import pytest

from monitor.adapters.countries import country_names
from monitor.errors import InputError


def test_names_in_the_languages_of_the_news() -> None:
    """A country is found in English, in its own language and in others'."""
    assert {"Nepal", "नेपाल", "Népal", "Непал", "نيبال"} <= set(country_names("NP"))


def test_case_and_spaces_do_not_matter() -> None:
    """People type codes as they like."""
    assert country_names(" np ") == country_names("NP")


def test_explanations_in_brackets_are_left_out() -> None:
    """`Myanmar (Burma)` is written as Myanmar in the news."""
    assert "Myanmar" in country_names("MM")
    assert not any("(" in name for name in country_names("MM"))


@pytest.mark.parametrize("code", ["", "XX", "N", "NPL", "001", "150", "Nepal", "é"])
def test_what_is_no_country_is_refused(code: str) -> None:
    """Continents and slips are no countries; the message says what is."""
    with pytest.raises(InputError, match="not an ISO 3166 code of two letters, such as NP for Nepal"):
        country_names(code)
