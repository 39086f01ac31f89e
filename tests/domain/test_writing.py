"""An alert says what, where, when, how sure and why; a restrained one none of an item's own words."""

import unicodedata
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.alert import News, Reason
from monitor.domain.hit import Hit
from monitor.domain.message import Message, Notice, PendingAlert, Telling
from monitor.domain.route import Route
from monitor.domain.score import Term
from monitor.domain.writing import DIGEST_CHARS, SUBJECT_CHARS, Voice, score_text, write

SEEN = datetime(2026, 3, 1, 12, 20, tzinfo=UTC)
WHY = (Term("recruited", 1.2), Term("hotel jobs", 0.7), Term("football", -0.9), Term("passports", 0.4))
TRAFFICKING = Hit("human_trafficking", 0.934, 0.5, "m7", WHY)
FIGHTERS = Hit("foreign_fighter_recruitment", 0.97, 0.6, "m7", (Term("front line", 2.0),))
NAMES = Voice({"CU": "Cuba", "RU": "Russia", "UA": "Ukraine"})
TITLE = "Ten women freed from a locked house"
SUMMARY = "Ten women were promised hotel jobs. Police arrested two men. A third is sought."


def telling(
    item_id: int = 41,
    title: str = TITLE,
    summary: str = SUMMARY,
    url: str = "https://paper.example/freed",
    outlet: str = "The Paper",
    hits: tuple[Hit, ...] = (TRAFFICKING,),
) -> Telling:
    return Telling(item_id, title, summary, url, outlet, datetime(2026, 3, 1, 11, tzinfo=UTC), SEEN, hits)


def notice(*tellings: Telling, outlets: int = 1, story_id: int = 3) -> Notice:
    return Notice(story_id, "Title of the story", tellings, outlets)


def pending(*notices: Notice) -> PendingAlert:
    return PendingAlert(12, "desk", "first_hit", "key-1", SEEN, 0, notices)


def test_one_story_in_full() -> None:
    message = write(pending(notice(telling(), outlets=4)))
    assert message.key == "key-1"
    assert message.subject == f"[Human trafficking 0.93] {TITLE}"
    assert message.body.splitlines() == [
        TITLE,
        "https://paper.example/freed",
        "",
        "Outlet: The Paper and 3 others",
        "Published: 2026-03-01 11:00 UTC; seen 2026-03-01 12:20 UTC",
        "",
        "“Ten women were promised hotel jobs. Police arrested two men.”",
        "",
        "Human trafficking: 0.93 (threshold 0.50, model m7)",
        "Why: recruited, hotel jobs, passports",
        "",
        "Right or wrong? monitor label 41 human_trafficking yes (or no)",
        "",
        "Alert 12",
    ]


def test_a_hit_in_a_language_without_examples_says_so() -> None:
    """The reader weighs such a score for less; a language nobody could tell is told as that."""
    unsure = replace(TRAFFICKING, confident=False)
    finnish = write(pending(notice(replace(telling(hits=(unsure,)), lang="fi")))).body.splitlines()
    at = finnish.index("Human trafficking: 0.93 (threshold 0.50, model m7)")
    assert finnish[at + 1] == "Low confidence: language fi is not among the model's"
    unknown = write(pending(notice(telling(hits=(unsure,))))).body
    assert "Low confidence: its language is unknown, not among the model's" in unknown
    assert "Low confidence" not in write(pending(notice(telling()))).body


def test_countries_are_named_once_in_order_of_first_mention() -> None:
    tellings = [replace(telling(), countries=("CU", "RU")), replace(telling(42), countries=("RU", "UA", "XK"))]
    message = write(pending(notice(*tellings)), NAMES)
    assert message.body.splitlines()[5] == "Countries: Cuba, Russia, Ukraine, XK"


def test_a_long_list_of_countries_is_cut_with_its_number() -> None:
    message = write(pending(notice(replace(telling(), countries=tuple("ABCDEFGHIJ")))))
    assert "Countries: A, B, C, D, E, F, G, H and 2 more" in message.body.splitlines()


def test_both_signals_are_named_with_the_highest_score_of_each() -> None:
    lower = Hit("human_trafficking", 0.6, 0.5, "m7")
    message = write(pending(notice(telling(hits=(lower, FIGHTERS)), telling(42, hits=(TRAFFICKING,)))))
    assert message.subject == f"[Foreign fighter recruitment 0.97, Human trafficking 0.93] {TITLE}"
    assert "Foreign fighter recruitment: 0.97 (threshold 0.60, model m7)\nWhy: front line" in message.body
    assert "monitor label 41 foreign_fighter_recruitment yes" in message.body
    assert "monitor label 42 human_trafficking yes" in message.body


def route(origins: str, destinations: str) -> Route:
    return Route(tuple(origins.split()), tuple(destinations.split()))


def test_who_goes_where_is_an_arrow_and_other_countries_follow() -> None:
    """Two reports tell the route together; a country that is merely named is not on it."""
    tellings = [
        replace(telling(), countries=("CU", "RU"), route=route("CU", "RU")),
        replace(telling(42), countries=("UA",)),
    ]
    assert "Countries: Cuba → Russia; also named: Ukraine" in write(pending(notice(*tellings)), NAMES).body.splitlines()


def test_an_update_says_what_is_new() -> None:
    """Outlets by their number now, a country by its name, a score by the band it reached."""
    news = (News(Reason.SCORE_BAND_UP, "0.95"), News(Reason.NEW_COUNTRY, "CU"), News(Reason.THIRD_OUTLET, "3"))
    message = write(pending(replace(notice(telling(), outlets=4), news=news)), NAMES)
    assert message.subject == f"[Human trafficking 0.93] Update: {TITLE}"
    assert message.body.splitlines()[0] == "Update: score now 0.95 or more; now names Cuba; now 4 outlets"
    entry = write(pending(*[replace(notice(telling(), outlets=4), news=news[2:])] * 2)).body.splitlines()[0]
    assert "(The Paper, update: now 4 outlets)" in entry


@pytest.mark.parametrize(
    ("score", "shown"),
    [(0.934, "0.93"), (0.9996, "0.99"), (1.0, "1.00"), (0.799, "0.79"), (0.8, "0.80"), (0.29, "0.29"), (0.0, "0.00")],
)
def test_a_score_never_looks_higher_than_it_is(score: float, shown: str) -> None:
    """What has not reached a threshold is not shown as if it had, and nothing is shown as certain that is not."""
    assert score_text(score) == shown


SECRETS = ("Maria", "Lopez", "hotel", "recruited", "paper.example")


def everything_in(message: Message) -> str:
    spans = [span for block in message.blocks for line in block.lines for span in line]
    return " ".join([message.subject, *(f"{span.text} {span.url}" for span in spans)])


@pytest.mark.parametrize("public_url", ["", "https://m.example"])
def test_a_restrained_message_holds_none_of_an_items_own_words(public_url: str) -> None:
    """No headline, gist, words that weighed or article link; signal, score, outlet, time and countries stay."""
    named = telling(
        title="Maria Lopez freed", summary="Maria was promised a hotel job.", url="https://paper.example/maria"
    )
    named = replace(named, countries=("CU", "RU"), route=route("CU", "RU"))
    voice = replace(NAMES, restrained=True, public_url=public_url)
    for alert in (pending(notice(named)), pending(notice(named), notice(named, story_id=4))):
        told = everything_in(write(alert, voice))
        assert [word for word in SECRETS if word.casefold() in told.casefold()] == []
        for kept in ("Human trafficking 0.93", "The Paper", "Cuba → Russia", "Alert 12"):
            assert kept in told
        assert ("https://m.example/stories/3" in told) == bool(public_url)


def test_labels_and_review_page_come_from_the_caller() -> None:
    """With pages to open, a verdict needs no command line."""
    voice = Voice(signal_labels={"human_trafficking": "Trata"}, public_url="https://m.example/")
    message = write(pending(notice(telling())), voice)
    assert message.subject.startswith("[Trata 0.93]")
    assert message.body.splitlines()[-4:-2] == [
        "Open the story https://m.example/stories/3",
        "Right or wrong? https://m.example/stories/3#item-41",
    ]
    assert "monitor label" not in message.body


def test_what_an_item_lacks_is_said() -> None:
    bare = Telling(1, "", "", "ftp://x", "", None, SEEN, (TRAFFICKING,))
    body = write(pending(notice(bare))).body
    assert body.startswith("Title of the story\n(no link)")
    assert "Outlet: unknown outlet" in body
    assert "Published: no date given; seen 2026-03-01 12:20 UTC" in body


def test_a_story_whose_items_are_gone_is_still_told() -> None:
    message = write(pending(notice()))
    assert "Title of the story" in message.subject
    assert "Title of the story" in message.body


def test_a_digest_has_one_line_a_story_highest_first() -> None:
    message = write(pending(notice(telling()), notice(telling(50, "Men lured to war", hits=(FIGHTERS,)), story_id=4)))
    assert message.subject == "2 more alerts"
    assert message.body.splitlines() == [
        "[Foreign fighter recruitment 0.97] Men lured to war (The Paper) https://paper.example/freed",
        f"[Human trafficking 0.93] {TITLE} (The Paper) https://paper.example/freed",
        "",
        "Alert 12",
    ]


def test_a_long_digest_says_how_many_it_leaves_out() -> None:
    message = write(pending(*(notice(telling(number), story_id=number) for number in range(200))))
    lines = message.body.splitlines()
    told = len([line for line in lines if line.startswith("[")])
    assert message.subject == "200 more alerts"
    assert f"and {200 - told} more: monitor alerts" in lines
    assert len(message.body) < DIGEST_CHARS + 100


HOSTILE = "Free\r\nBcc: all@example.org\x00\x1b[31m \u202eevil\u2028 \ud800 <!channel> [x](http://evil.example)"


def test_foreign_text_adds_no_line_and_no_header() -> None:
    calm = write(pending(notice(telling(title="x", outlet="x"))))
    message = write(pending(notice(telling(title=HOSTILE, outlet=HOSTILE))))
    assert message.subject.splitlines() == [message.subject]
    assert len(message.body.split("\n")) == len(calm.body.split("\n"))
    message.body.encode("utf-8")
    assert not {"\x00", "\x1b", "\u202e", "\r"} & set(message.body)


@given(st.text(), st.text(), st.text(), st.text())
def test_no_text_breaks_a_message(title: str, summary: str, url: str, outlet: str) -> None:
    for notices in (
        [notice(telling(1, title, summary, url, outlet))],
        [notice(telling(1, title, summary, url, outlet))] * 2,
    ):
        message = write(pending(*notices))
        assert len(message.subject) <= SUBJECT_CHARS
        assert not [char for char in message.subject if unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"}]
        assert not [char for char in message.body if unicodedata.category(char) in {"Cc", "Cs"} and char != "\n"]
