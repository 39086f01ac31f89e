"""Country names of the Unicode CLDR. The only importer of Babel in this package."""

from babel import Locale

from monitor.errors import InputError

LANGUAGES = ("en", "es", "fr", "pt", "de", "pl", "ru", "uk", "ar", "hi", "ne", "bn", "sw", "zh")
"""Languages the news is read in."""


def country_names(code: str) -> tuple[str, ...]:
    """What a country is called in the languages the news is read in, for an ISO 3166 alpha-2 code.

    Raises:
        InputError: there is no such country.
    """
    code = code.strip().upper()
    names = {name.split(" (")[0] for language in LANGUAGES if (name := Locale.parse(language).territories.get(code))}
    if len(code) != 2 or not names:
        raise InputError(f"country {code}: not an ISO 3166 code of two letters, such as NP for Nepal")
    return tuple(sorted(names))
