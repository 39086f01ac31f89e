"""An alert says what, where, when, how sure and why, in plain text that nothing from a feed can break."""

import unicodedata
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.hit import Hit
from monitor.domain.message import (
    DIGEST_CHARS,
    SUBJECT_CHARS,
    Notice,
    PendingAlert,
    Telling,
    gist,
    one_line,
    web_link,
    write,
)
from monitor.domain.score import Term

SEEN = datetime(2026, 3, 1, 12, 20, tzinfo=UTC)
WHY = (Term("recruited", 1.2), Term("hotel jobs", 0.7), Term("football", -0.9), Term("passports", 0.4))
TRAFFICKING = Hit("human_trafficking", 0.934, 0.5, "m7", WHY)
FIGHTERS = Hit("foreign_fighter_recruitment", 0.97, 0.6, "m7", (Term("front line", 2.0),))
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
        "Ten women were promised hotel jobs. Police arrested two men.",
        "",
        "Human trafficking: 0.93 (threshold 0.50, model m7)",
        "Why: recruited, hotel jobs, passports",
        "",
        "Right or wrong? monitor label 41 human_trafficking yes|no",
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
    message = write(pending(notice(*tellings)), country_names={"CU": "Cuba", "RU": "Russia", "UA": "Ukraine"})
    assert message.body.splitlines()[5] == "Countries: Cuba, Russia, Ukraine, XK"


def test_a_long_list_of_countries_is_cut_with_its_number() -> None:
    message = write(pending(notice(replace(telling(), countries=tuple("ABCDEFGHIJ")))))
    assert "Countries: A, B, C, D, E, F, G, H and 2 more" in message.body.splitlines()


def test_both_signals_are_named_with_the_highest_score_of_each() -> None:
    lower = Hit("human_trafficking", 0.6, 0.5, "m7")
    message = write(pending(notice(telling(hits=(lower, FIGHTERS)), telling(42, hits=(TRAFFICKING,)))))
    assert message.subject == f"[Foreign fighter recruitment 0.97, Human trafficking 0.93] {TITLE}"
    assert "Foreign fighter recruitment: 0.97 (threshold 0.60, model m7)\nWhy: front line" in message.body
    assert "monitor label 41 foreign_fighter_recruitment yes|no" in message.body
    assert "monitor label 42 human_trafficking yes|no" in message.body


def test_labels_and_review_page_come_from_the_caller() -> None:
    message = write(
        pending(notice(telling())), signal_labels={"human_trafficking": "Trata"}, public_url="https://m.example/"
    )
    assert message.subject.startswith("[Trata 0.93]")
    assert "Review: https://m.example/stories/3" in message.body


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


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://paper.example/a?b=1&c=ü#d", "https://paper.example/a?b=1&c=%C3%BC#d"),
        ("http://paper.example/a%20b", "http://paper.example/a%20b"),
        ("https://paper.example/a b|<c>)\"'", "https://paper.example/a%20b%7C%3Cc%3E%29%22%27"),
        ("javascript:alert(1)", ""),
        ("ftp://paper.example/", ""),
        ("//paper.example/", ""),
        ("https://", ""),
        ("https://[::1]/", ""),
        ("https://[broken", ""),
        ("https://paper.example/" + "a" * 2000, ""),
        ("", ""),
    ],
)
def test_only_web_links_are_shown_and_cannot_end_early(url: str, shown: str) -> None:
    assert web_link(url) == shown


@pytest.mark.parametrize(
    ("summary", "told"),
    [
        ("One thing happened. Then another did. And a third.", "One thing happened. Then another did."),
        (f"{TITLE}. Police arrested two men.", "Police arrested two men."),
        (TITLE, ""),
        ("", ""),
        (
            "Gen. A. Smith spoke to the U.S. Senate. It listened.",
            "Gen. A. Smith spoke to the U.S. Senate. It listened.",
        ),
        ("The first is short. " + "Long " * 100 + ".", "The first is short."),
        ("警方解救妇女。两人被捕。第三人在逃。", "警方解救妇女。两人被捕。"),
    ],
)
def test_the_gist_is_two_sentences_of_the_items_own_words(summary: str, told: str) -> None:
    assert gist(TITLE, summary) == told


def test_a_first_sentence_too_long_is_cut_at_a_word() -> None:
    told = gist("", "word " * 200)
    assert len(told) <= 320
    assert told.endswith("word…")


def test_joiners_stay_and_overrides_go() -> None:
    assert one_line("می\u200cخواهم \u202eabc\u202c", 50) == "می\u200cخواهم abc"
    assert one_line("a" * 60, 50) == "a" * 49 + "…"
