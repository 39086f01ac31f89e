"""Country names of the Unicode CLDR, and which countries a text names. The only importer of Babel in this package."""

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from importlib.resources import files

from babel import localedata

from monitor.domain.country import Doubt, Gazetteer, Located, Name, fold, mentioned, places, words_of
from monitor.domain.route import Cue, Cues, Route, compiled, told_route
from monitor.errors import InputError

LANGUAGES = ("en", "es", "fr", "pt", "de", "pl", "ru", "uk", "ar", "hi", "ne", "bn", "sw", "zh")
"""Languages the news is read in."""

_NO_COUNTRIES = frozenset(["AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UM", "UN", "XA", "XB", "ZZ"])
_CONGO = frozenset({"congo", "kongo", "конго", "الكونغو", "刚果"})
"""CLDR calls the smaller one so; in the news it is the other."""

_HAN = re.compile("[\u3400-\u9fff]")
_ARABIC = re.compile("[\u0621-\u064a]")
_ENDINGS = {
    "de": ["s"],
    "hi": ["ों", "यों", "ियों"],
    "ne": [
        "मा", "को", "का", "की", "ले", "लाई", "बाट", "देखि", "सँग",
        "हरू", "हरु", "हरूको", "हरूले", "हरूलाई", "हरुको", "हरुले", "हरुलाई",
    ],
    "bn": ["র", "ের", "য়", "য়ের", "ে", "তে", "কে", "রা", "দের", "থেকে", "ীয়", "ি", "িদের", "ীদের"],
}  # fmt: skip
_CASES: Mapping[str, tuple[tuple[str, tuple[str, ...]], ...]] = {
    "ru": (
        ("ия", ("ии", "ию", "ией")),
        ("а", ("ы", "и", "е", "у", "ой")),
        ("я", ("и", "ю", "ей", "е")),
        ("ь", ("и", "я", "ю", "ем", "е", "ью")),
        ("й", ("я", "ю", "ем", "е")),
        ("ы", ("", "ам", "ах", "ами")),
        ("", ("а", "у", "ом", "е")),
    ),
    "uk": (
        ("ія", ("ії", "ію", "ією")),
        ("а", ("и", "і", "у", "ою")),
        ("я", ("і", "ю", "ею")),
        ("ь", ("і", "ю", "я", "ем")),
        ("", ("у", "а", "і", "ом")),
    ),
    "pl": (
        ("ia", ("ii", "ię", "ią", "io")),
        ("ja", ("ji", "ję", "ją")),
        ("a", ("y", "i", "ę", "ą", "ie")),
        ("y", ("", "ach", "ami", "om")),
        ("o", ("a", "u", "iem")),
        ("", ("u", "ie", "em", "iem", "owi")),
    ),
}
"""Endings of country names; the first that fits is replaced by each of its others."""


def country_names(code: str) -> tuple[str, ...]:
    """What a country is called in the languages the news is read in, for an ISO 3166 alpha-2 code.

    Raises:
        InputError: there is no such country.
    """
    code = country_code(code)
    return tuple(sorted({name for language in LANGUAGES if (name := _territories(language).get(code))}))


def country_code(code: str) -> str:
    """An ISO 3166 alpha-2 code in capitals.

    Raises:
        InputError: there is no such country.
    """
    tidy = code.strip().upper()
    if tidy not in english_names():
        raise InputError(f"country {tidy}: not an ISO 3166 code of two letters, such as NP for Nepal")
    return tidy


@lru_cache(maxsize=1)
def english_names() -> Mapping[str, str]:
    """Code → what a message calls the country."""
    return _territories("en")


class CldrGeographer:
    """Names countries by CLDR's names in all seed languages and by this package's list of peoples and capitals."""

    def ready(self) -> None:
        """Read the names, which otherwise happens at the first text; takes half a second."""
        shipped_gazetteer()
        shipped_cues()

    def countries(self, text: str, lang: str | None = None) -> tuple[str, ...]:
        """ISO 3166 alpha-2 codes of the countries that `text` names, in order of first mention."""
        return mentioned(_located(text, lang))

    def route(self, text: str, lang: str | None = None) -> Route:
        """Where people are taken from and where to, as far as `text` says so plainly."""
        cues = shipped_cues()
        known = [cues[lang]] if lang and lang in cues else list(cues.values())
        return told_route(_located(text, lang), known)


@lru_cache(maxsize=8)
def _located(text: str, lang: str | None) -> tuple[Located, ...]:
    """A text's countries; remembered, as a route is asked for next."""
    return places(text, lang, shipped_gazetteer())


@lru_cache(maxsize=1)
def shipped_cues() -> Mapping[str, Cues]:
    """The words that tell origins from destinations, by language."""
    lists = json.loads(files("monitor").joinpath("shipped/routes.json").read_text(encoding="utf-8"))
    return {
        language: compiled(
            {cue: cues[cue] for cue in Cue if cue in cues}, cues["words"], spaced=not cues.get("unspaced")
        )
        for language, cues in lists.items()
        if language in LANGUAGES
    }


@lru_cache(maxsize=1)
def shipped_gazetteer() -> Gazetteer:
    """All names this package knows; built once, in a quarter of a second."""
    lists = json.loads(files("monitor").joinpath("shipped/demonyms.json").read_text(encoding="utf-8"))
    names: dict[tuple[str, ...], dict[Name, None]] = defaultdict(dict)
    stems: dict[str, dict[Name, None]] = defaultdict(dict)
    unspaced: dict[str, str] = {}
    for word, name, is_stem in _entries(lists):
        if _HAN.search(word):
            unspaced[word] = name.code
        elif is_stem:
            stems[words_of(word)[0]][name] = None
        elif key := words_of(word):
            names[key][name] = None
    longest_first = sorted(unspaced, key=lambda word: (-len(word), word))
    return Gazetteer(
        names={key: tuple(found) for key, found in names.items()},
        stems={stem: tuple(found) for stem, found in stems.items()},
        unspaced=re.compile("|".join(map(re.escape, longest_first))),
        unspaced_codes=unspaced,
        doubtful={
            fold(word): Doubt(_folded(cues["another"]), _folded(cues["sure"]))
            for word, cues in lists["doubtful"].items()
        },
        given_names=_folded(lists["given_names"]),
        offices=_folded(lists["offices"]),
        before_places=_folded(lists["before_places"]),
    )


def _folded(words: str) -> frozenset[str]:
    return frozenset(map(fold, words.split()))


def _entries(lists: Mapping[str, Mapping[str, str]]) -> Iterator[tuple[str, Name, bool]]:
    """Every name as (words, what it stands for, whether it is a stem); those that come first count first."""
    for phrase in str(lists["nothing"]).split():
        yield phrase.replace("_", " "), Name("", capital=phrase[0].isupper()), False
    for code, words in lists["exact"].items():
        for word in words.split():
            yield word, Name(code, spelling=word.replace(".", "")), False
    only = {lang: _folded(words) for lang, words in lists["only"].items()}
    for lang in LANGUAGES:
        for code, words in lists[lang].items():
            for word in words.split():
                yield from _listed(word.replace("_", " "), code, lang, only.get(lang, frozenset()))
    left_out = _folded(str(lists["left_out"])) | _CONGO
    for lang in LANGUAGES:
        for code, called in _territories(lang).items():
            if fold(called) not in left_out:
                gate = lang if fold(called) in only.get(lang, ()) else ""
                yield from _spellings(called, Name(code, called[0].isupper(), lang=gate), lang)


def _listed(word: str, code: str, lang: str, only: frozenset[str]) -> Iterator[tuple[str, Name, bool]]:
    first = word[0]
    gated = fold(word) in only or (first.islower() and fold(first).isascii())
    name = Name(code, capital=first.isupper(), lang=lang if gated else "")
    is_stem = word.endswith("*")
    bare = word.removesuffix("*")
    if is_stem:
        yield bare, name, True
    else:
        yield from _spellings(bare, name, lang)
    if _ARABIC.match(bare) and not bare.startswith("ال"):
        yield f"ال{bare}", name, is_stem


def _spellings(called: str, name: Name, lang: str) -> Iterator[tuple[str, Name, bool]]:
    """A name as it is, and as its language bends it; a bent Latin one may be another name elsewhere."""
    yield called, name, False
    bent = replace(name, lang=lang) if lang in {"de", "pl"} else name
    yield from ((form, bent, False) for form in _bent(called, lang))


def _bent(called: str, lang: str) -> Iterator[str]:
    if lang in _ENDINGS:
        yield from (called + ending for ending in _ENDINGS[lang])
    if lang in _CASES and " " not in called:
        ending, others = next((last, others) for last, others in _CASES[lang] if called.endswith(last))
        yield from (called[: len(called) - len(ending)] + other for other in others)


@lru_cache(maxsize=len(LANGUAGES))
def _territories(language: str) -> Mapping[str, str]:
    names = localedata.load(language, merge_inherited=False)["territories"]  # the root, left out, has none
    return {
        code: re.split(r" ?[(（]", name)[0].replace(" & ", " and ")
        for code, name in names.items()
        if len(code) == 2 and code.isalpha() and code not in _NO_COUNTRIES
    }
