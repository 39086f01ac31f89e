"""What comes from a feed is one line without tricks; links are http and https and cannot end early."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.foreign import GIST_CHARS, gist, one_line, outlet_name, web_link

TITLE = "Ten women freed from a locked house"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://paper.example/a?b=1&c=ü#d", "https://paper.example/a?b=1&c=%C3%BC#d"),
        ("http://paper.example/a%20b", "http://paper.example/a%20b"),
        ("https://paper.example/a b|<c>)\"'", "https://paper.example/a%20b%7C%3Cc%3E%29%22%27"),
        ("https://пример.рф/a", "https://xn--e1afmkfd.xn--p1ai/a"),
        ("HTTPS://Paper.Example:8443/A", "https://paper.example:8443/A"),
        ("https://paper.example/x?" + "a=1&" * 400, "https://paper.example/x?" + "a=1&" * 400),
        ("https://bank.example@evil.example/", ""),
        ("https://paper.example:bad/", ""),
        ("https://a b/", ""),
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


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("see https://evil.example/a?b=c.", "see [link]."),
        ("see WWW.evil.example now", "see [link] now"),
        ("mail mailto:a@evil.example, or tel:+123456", "mail [link], or [link]"),
        ("ht\u200btps://evil.example", "[link]"),
        ("Booking.com and the U.S. at 3.5", "Booking.com and the U.S. at 3.5"),
    ],
)
def test_links_inside_a_text_are_taken_out(text: str, shown: str) -> None:
    """The only link of an item is its own; a name with a dot in it stays."""
    assert one_line(text, 100) == shown


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("The Paper", "The Paper"),
        ("https://www.paper.example/rss.xml?key=secret", "paper.example"),
        ("https://[broken", "[link]"),
        ("Paper\n@channel", "Paper @channel"),
    ],
)
def test_a_feed_without_a_name_is_called_by_its_site(name: str, shown: str) -> None:
    """Its address would be taken out as a link, and its query may hold a key."""
    assert outlet_name(name, 80) == shown


@given(st.text())
def test_any_link_is_one_a_message_can_hold(text: str) -> None:
    """Whatever the feed says, nothing in the link ends it or names another site."""
    link = web_link(f"https://{text}")
    assert not set(link) & set(" \t\n<>\"'`{}|\\^()[]*")
    assert link.isascii()
    assert web_link(link) == link


@given(st.text(), st.integers(1, 400))
def test_a_line_is_never_longer_than_asked(text: str, limit: int) -> None:
    line = one_line(text, limit)
    assert len(line) <= max(limit, 1)
    assert len(gist("", text)) <= GIST_CHARS
