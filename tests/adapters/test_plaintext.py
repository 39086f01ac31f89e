"""Markup to text: what people read, and nothing that acts or hides."""

import unicodedata
from html import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.adapters.plaintext import clean, shortened, to_text


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("", ""),
        ("Plain & simple, 3 < 5 > 2", "Plain & simple, 3 < 5 > 2"),
        ("AT&T and &roll;", "AT&T and &roll;"),
        ("one<br>two<p>three</p>four", "one two three four"),
        ("half<b>way</b>", "halfway"),
        ("<ul><li>a<li>b</ul><table><tr><td>1</td><td>2</td></tr></table>", "a b 1 2"),
        ("caf&eacute; &amp; bar&#x20;&#8211; ok", "café & bar – ok"),
        ("&lt;p&gt;twice&lt;/p&gt; &amp;amp; more", "twice & more"),
        ("<script>a</script><style>b</style><!-- c --><iframe>d</iframe>e", "e"),
        ("<![CDATA[inside]]> out", "inside out"),
        ("a\x00b\x08c\x1b[31m\td\ne", "abc[31m d e"),
        ("evil\u202egpj.exe\u2066 x\u200b y\ufeff", "evilgpj.exe x y"),
        ("שלום עולם", "שלום עולם"),
        ("👩\u200d👩\u200d👧 🇳🇵", "👩\u200d👩\u200d👧 🇳🇵"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("e\u0301", "é"),
        ("non\u00a0breaking", "non breaking"),
    ],
)
def test_text_of_markup(markup: str, text: str) -> None:
    """Right-to-left text and emoji whole; overrides, controls, scripts and tags gone."""
    assert to_text(markup) == text


@pytest.mark.parametrize(
    "name", ["script", "style", "noscript", "template", "iframe", "object", "svg", "math", "title", "select"]
)
def test_what_is_not_meant_to_be_read_is_left_out(name: str) -> None:
    """Wherever it stands, however its tag is written, also where it was escaped."""
    for written in (name, name.upper(), f"{name} id=1"):
        markup = f"before<{written}>not this</{name}>after"
        assert to_text(markup) == to_text(escape(f"<p>{markup}</p>")) == "beforeafter"


@given(st.text(max_size=200))
def test_clean_text_is_one_line_of_visible_characters(text: str) -> None:
    """And cleaning it again changes nothing."""
    once = clean(text)
    assert clean(once) == once
    assert once == " ".join(once.split())
    assert all(unicodedata.category(char) not in {"Cc", "Cs", "Co"} for char in once)


@given(st.text(st.sampled_from("ab <>&;/pscrit\"'=!-"), max_size=80))
def test_no_markup_raises(markup: str) -> None:
    """However broken."""
    assert "<script" not in to_text(f"<script>{markup}</script>").lower()


@given(st.text("abc défg", max_size=60), st.integers(5, 40))
def test_shortened_keeps_to_its_limit_and_to_whole_words(text: str, limit: int) -> None:
    short = shortened(clean(text), limit)
    assert len(short) <= limit
    assert short == clean(text) or short.endswith("…")


def test_a_text_without_spaces_is_cut_all_the_same() -> None:
    """As Chinese is."""
    assert shortened("菲律宾警方逮捕三人" * 20, 10) == "菲律宾警方逮捕三人…"
