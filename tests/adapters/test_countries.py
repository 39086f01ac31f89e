"""What countries are called, and which a text names."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from monitor.adapters.countries import CldrGeographer, country_code, country_names, english_names, shipped_gazetteer
from monitor.errors import InputError

SENTENCES = [
    ("en", "Cubans recruited by Russia to fight in Ukraine", "CU RU UA"),
    ("en", "Two Nepalis and a Nepalese agent held in Kathmandu", "NP"),
    ("en", "Kenyan women rescued from scam compound in Myanmar's Myawaddy", "KE MM"),
    ("en", "Guinea-Bissau, Equatorial Guinea and Papua New Guinea sign pact", "GW GQ PG"),
    ("en", "Traffickers in Guinea jailed", "GN"),
    ("en", "Niger and Nigeria agree; a Nigerien and a Nigerian held", "NE NG"),
    ("en", "Dominican Republic frees girls; the island of Dominica objects", "DO DM"),
    ("en", "Democratic Republic of the Congo rebels, Republic of Congo troops", "CD CG"),
    ("en", "Congo court jails agents", "CD"),
    ("en", "South Sudan and Sudan", "SS SD"),
    ("en", "South Korea police arrest North Korean", "KR KP"),
    ("en", "Join us tonight; the cat is about to turn turkey", ""),
    ("en", "US sanctions network", "US"),
    ("en", "U.S. sanctions network, U.K. follows, UAE too", "US GB AE"),
    ("en", "They paid US$500 each to an agent", ""),
    ("en", "JOIN US FOR THE DAY", ""),
    ("en", "The U.S., Russia's rival, waits", "US RU"),
    ("en", "Michael B said Jordan Peterson spoke to reporters about it", ""),
    ("en", "Jordan says 12 of its citizens were lured to fight", "JO"),
    ("en", "Officials in Jordan King Abdullah met", "JO"),
    ("en", "The actor Chad Smith was there with his band on monday evening", ""),
    ("en", "Chad's army said rebels hired mercenaries from abroad", "TD"),
    ("en", "Soldiers from Chad killed near the lake", "TD"),
    ("en", "Georgia man jailed for trafficking girls in Atlanta", "US"),
    ("en", "Georgia sends no fighters to Ukraine, Tbilisi says", "GE UA"),
    ("en", "Georgia says its citizens were hired to fight", "GE"),
    ("en", "Ship seized in Gulf of Mexico", ""),
    ("en", "Women trafficked to Benin City", "NG"),
    ("en", "New Mexico sheriff frees workers", "US"),
    ("en", "Guinea pigs in South China Sea", ""),
    ("en", "Latin American migrants", ""),
    ("en", "Workers freed - The Times of India", ""),
    ("en", "Burma, Ivory Coast and Britain", "MM CI GB"),
    ("en", "Côte d’Ivoire breaks up ring", "CI"),
    ("en", "Kremlin denies recruiting Africans; Moscow silent", "RU"),
    ("en", "Sri Lankan ex-soldiers lured to Russia-Ukraine war", "LK RU UA"),
    ("en", "Family Reunion on the Island: grenade and indie band", ""),
    ("en", "Grenade attack on Norfolk street", ""),
    ("en", "Syrian mercenaries paid by Turkey flown to Libya and Azerbaijan", "SY TR LY AZ"),
    ("en", "St. Lucia police free workers", "LC"),
    ("en", "Northern Ireland gang jailed, Irish police say", "GB IE"),
    ("es", "Cubanos y un cubano fueron reclutados por Rusia", "CU RU"),
    ("es", "Rescatan a mujeres paraguayas explotadas en España", "PY ES"),
    ("es", "Detienen en EE. UU. a tres mexicanos", "US MX"),
    ("es", "La gana de ir; irá mañana. Irá Juan", ""),
    ("es", "Mercenarios colombianos mueren en Ucrania y Sudán", "CO UA SD"),
    ("fr", "Des Camerounais et des Togolais enrôlés en Russie", "CM TG RU"),
    ("fr", "L’Ukraine et les États-Unis, la Côte d'Ivoire", "UA US CI"),
    ("fr", "Des femmes nigérianes exploitées au Mali", "NG ML"),
    ("fr", "Maurice et Dominique sont partis", "MU DM"),
    ("pt", "Brasileiros vítimas de tráfico em Mianmar e no Camboja", "BR MM KH"),
    ("pt", "Jovens angolanos recrutados pela Rússia", "AO RU"),
    ("de", "Nepalesen kämpfen für Russland in der Ukraine", "NP RU UA"),
    ("de", "Rumänische Frauen in Deutschland ausgebeutet", "RO DE"),
    ("de", "Kubas Söldner in Russlands Armee", "CU RU"),
    ("pl", "Kubańczycy walczą po stronie Rosji na Ukrainie", "CU RU UA"),
    ("pl", "Ukrainki zmuszane do pracy w Polsce", "UA PL"),
    ("ru", "Кубинцы воюют за Россию на Украине", "CU RU UA"),
    ("ru", "В Непале задержаны вербовщики, отправлявшие непальцев в российскую армию", "NP RU"),
    ("ru", "Гражданка Узбекистана продана в рабство в Турции", "UZ TR"),
    ("ru", "Выходцы с Кубы и из Кении", "CU KE"),
    ("uk", "Кубинці воюють за Росію в Україні", "CU RU UA"),
    ("uk", "Росія вербує громадян Непалу та Шрі-Ланки", "RU NP LK"),
    ("ar", "تجنيد سوريين للقتال في ليبيا وأوكرانيا", "SY LY UA"),
    ("ar", "روسيا تجند كوبيين", "RU CU"),
    ("ar", "دعم مالي للأسر", ""),
    ("ar", "شبكة للاتجار بالبشر في السودان ومصر", "SD EG"),
    ("ar", "مقاتلون من اليمن إلى روسيا", "YE RU"),
    ("hi", "रूसी सेना में भर्ती भारतीयों की मौत", "RU IN"),
    ("hi", "नेपाल के युवक यूक्रेन में", "NP UA"),
    ("ne", "रुसी सेनामा भर्ती नेपालीको मृत्यु", "RU NP"),
    ("ne", "कम्बोडियाबाट नेपालीहरूको उद्धार", "KH NP"),
    ("bn", "রাশিয়ায় যুদ্ধে বাংলাদেশি নিহত", "RU BD"),
    ("bn", "লিবিয়ায় বাংলাদেশিদের আটক", "LY BD"),
    ("sw", "Wakenya walioandikishwa na Urusi kupigana Ukraine", "KE RU UA"),
    ("zh", "古巴人被招募赴俄罗斯参战", "CU RU"),
    ("zh", "印度尼西亚女子在缅甸获救", "ID MM"),
    ("zh", "索马里与马里兰州", "SO"),
    ("zh", "印度洋", ""),
]
"""Language, text, the codes it names in order."""


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


@pytest.mark.parametrize(("lang", "text", "codes"), SENTENCES)
def test_a_text_names_its_countries(lang: str, text: str, codes: str) -> None:
    """Countries, peoples, capitals and short names in all seed languages, in order; namesakes do not count."""
    assert CldrGeographer().countries(text, lang) == tuple(codes.split())


@pytest.mark.parametrize("code", sorted(english_names()))
def test_every_country_is_found_by_its_english_name(code: str) -> None:
    """All but Jersey, a garment and half of a state, and Reunion, which is a party."""
    found = CldrGeographer().countries(f"officials in {english_names()[code]} said", "en")
    assert found == (() if code in {"JE", "RE"} else (code,))


def test_a_text_in_an_unknown_language_is_read_in_all() -> None:
    """An adjective in small letters counts only in its own language, or where the language is not known."""
    text = "tres jóvenes cubanos"
    found = [CldrGeographer().countries(text, lang) for lang in ("es", None, "en")]
    assert found == [("CU",), ("CU",), ()]


def test_the_title_comes_first_and_names_do_not_cross_lines() -> None:
    """A title that ends in Guinea does not make Guinea-Bissau with the word below."""
    assert CldrGeographer().countries("Men lured from Guinea\nBissau denies it; Guinea too") == ("GN", "GW")


def test_every_listed_name_is_one_of_a_country() -> None:
    """The list names no code that CLDR does not know."""
    known = {"", *english_names()}
    gazetteer = shipped_gazetteer()
    names = [name for found in (*gazetteer.names.values(), *gazetteer.stems.values()) for name in found]
    assert {name.code for name in names} | set(gazetteer.unspaced_codes.values()) <= known


def test_a_code_is_tidied() -> None:
    """The filters compare codes as they are stored."""
    assert country_code(" np ") == "NP"


@settings(max_examples=300)
@example("\u0301 Cuba", "en")  # an accent on nothing
@given(st.text(max_size=300), st.sampled_from([None, "en", "es", "ar", "zh", "xx"]))
def test_any_text_is_read(text: str, lang: str | None) -> None:
    """Feeds are hostile: no text breaks the search, and each country is named once."""
    found = CldrGeographer().countries(text, lang)
    assert len(found) == len(set(found))
    assert set(found) <= set(english_names())
