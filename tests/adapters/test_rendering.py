"""In no service's body can a feed's text be a mention, a link or markup; and no body is cut inside one of ours."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.adapters.rendering import COMMONMARK, FAMILIES, SAFE, Family, Limits, family_of
from monitor.adapters.rendering.inert import inert
from monitor.adapters.rendering.layout import utf8, utf16
from monitor.domain.foreign import web_link
from monitor.domain.hit import Hit
from monitor.domain.message import Block, Message, Notice, Part, PendingAlert, Span, Telling
from monitor.domain.score import Term
from monitor.domain.writing import Voice, write

BREAK = "\u200b"
SEEN = datetime(2026, 3, 1, 12, 20, tzinfo=UTC)
LINK = "https://paper.example/a?b=1&c=2"
ROOMY = Limits(250, 30_000)


def message(text: str, url: str = LINK) -> Message:
    """An alert in which everything a feed can say is `text`."""
    hit = Hit("human_trafficking", 0.9, 0.5, "m7", (Term(text, 1.0),))
    telling = Telling(41, text, f"Summary {text}", url, text, None, SEEN, (hit,))
    voice = Voice(public_url="https://m.example")
    return write(PendingAlert(12, "desk", "first_hit", "k", SEEN, 0, (Notice(3, text, (telling,), 2),)), voice)


def span(schema: str, text: str, *, url: str = "", strong: bool = False) -> str:
    block = Block(Part.HEADLINE, ((Span(text, url, strong),),))
    [piece] = family_of([schema], 4000).pieces(Message("s", (block,), "k"), ROOMY)
    return piece.body


@pytest.mark.parametrize(
    ("schema", "bold_link", "text"),
    [
        ("slack", f"*<{LINK.replace('&', '&amp;')}|A &amp; b>*", f"a &lt;{BREAK}b&gt; &amp; ∗c∗ [d]"),
        ("tgram", f'<b><a href="{LINK.replace("&", "&amp;")}">A &amp; b</a></b>', f"a &lt;{BREAK}b&gt; &amp; ∗c∗ [d]"),
        ("discord", f"**[A & b](<{LINK}>)**", f"a <{BREAK}b> & ∗c∗ (d)"),
        ("mmost", f"**[A & b]({LINK})**", f"a <{BREAK}b> & ∗c∗ (d)"),
        ("webex", f"A & b\n{LINK}", f"a <{BREAK}b> & ∗c∗ (d)"),
        ("json", f"A & b\n{LINK}", "a <b> & *c* [d]"),
        ("ntfy", f"A & b\n{LINK}", "a <b> & *c* [d]"),
    ],
)
def test_each_service_gets_its_own_links_and_escapes(schema: str, bold_link: str, text: str) -> None:
    assert span(schema, "A & b", url=LINK, strong=True) == bold_link
    assert span(schema, "a <b> & *c* [d]") == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("@channel", f"@{BREAK}channel"),
        ("<!here>", f"<{BREAK}!here>"),
        ("*a* `b` ~c~ ||d||", "∗a∗ 'b' ∼c∼ ∣∣d∣∣"),
        ("_a_ b_c __d__ e__f", "ˍaˍ b_c ˍˍdˍˍ eˍˍf"),
        ("end\\", "end∖"),
        ("#tag # 1", f"#{BREAK}tag # 1"),
        (":smile: 12:30 a: b", f":{BREAK}smile: 12:30 a: b"),
        ("&lt;!channel&gt; AT&T", f"&{BREAK}lt;!channel&{BREAK}gt; AT&T"),
        ("/start and/or", f"/{BREAK}start and/or"),
        ("Booking.com 3.5 U.S.", f"Booking.{BREAK}com 3.5 U.S."),
        ("https://x", f"https:{BREAK}//x"),
        ("Ten women freed, police say: “yes”.", "Ten women freed, police say: “yes”."),
    ],
)
def test_what_would_be_markup_reads_the_same_and_is_none(text: str, shown: str) -> None:
    assert inert(text) == shown


MARKUP = (
    "<!channel> <@U1> <#C1|x> <http://evil.example|x> @everyone @here <@&1> [x](http://evil.example) ](http://e.example)"
    " *b* _i_ ~s~ `c` ```d``` ||s|| <b> </a> &lt;!channel&gt; :smile: #tag ~town /start \\ ] [ ) ( | > www.evil.example"
)
HOSTILE = st.one_of(
    st.text(max_size=60),
    st.lists(st.sampled_from([*MARKUP.split(), " ", "a", "é", "\u202e", "\n", "😀"]), max_size=12).map("".join),
)


class Tags(HTMLParser):
    """The tags of a page, and what their attributes lead to."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in {"href", "src", "action"}]


UNLISTED: dict[str, Family] = {"commonmark": COMMONMARK, "safe": SAFE, "plain": FAMILIES["json"]}
OURS = {LINK, "https://m.example/stories/3", "https://m.example/stories/3#item-41"}
CALM = message("calm")


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(HOSTILE)
@pytest.mark.parametrize(
    "schema", ["slack", "tgram", "discord", "mmost", "mailto", "commonmark", "safe", "plain", "sms"]
)
def test_no_text_of_a_feed_is_a_mention_a_link_or_markup(schema: str, text: str) -> None:
    """Only links of ours, as many as in a calm message, and no character that the service would act on."""
    family = UNLISTED.get(schema) or family_of([schema], 160 if schema == "sms" else 4000)
    limits = Limits(0, 30_000) if schema in {"sms", "tgram", "mmost", "discord"} else ROOMY
    [piece] = family.pieces(message(text), limits)
    [calm] = family.pieces(CALM, limits)
    body = f"{piece.title}\n{piece.body}"
    if schema in {"mailto", "tgram"}:
        page, quiet = Tags(piece.body), Tags(calm.body)
        assert set(page.links) <= OURS
        assert sorted(page.tags) in (sorted(quiet.tags), sorted([*quiet.tags, "p"]))  # a gist that `calm` has not
    else:
        assert set(re.findall(r"https?://[^\s|>)\]]+", body.replace("&amp;", "&"))) <= OURS
    if schema != "plain":
        visible = re.sub(r"<[^>]*>", "\n", piece.body) if schema == "mailto" else piece.body
        visible = re.sub(r"https?://\S+", "", visible)
        assert not re.search(r"@\w|<[!@#]|</?script|:[a-z]+:|`", visible)
        assert not re.search(r"(?<!\S)[#/]\w", visible)
    if schema == "slack":
        assert re.findall(r"<([^|>]*)\|", piece.body.replace("&amp;", "&")) == [
            LINK,
            "https://m.example/stories/3",
            "https://m.example/stories/3#item-41",
        ]
        assert piece.body.count("*") == calm.body.count("*")
    if schema in {"discord", "mmost", "commonmark"}:
        assert piece.body.count("](") == calm.body.count("](")
        assert piece.body.count("[") == piece.body.count("]") == calm.body.count("[")
        assert piece.body.count("*") == calm.body.count("*")
        assert not re.search(r"^\s*(?:[#>+-]|\d+[.)])\s", piece.body, re.MULTILINE)


@settings(deadline=None, max_examples=50)
@given(st.text(max_size=400), st.text(max_size=300), st.integers(60, 900))
@pytest.mark.parametrize("schema", ["slack", "tgram", "discord", "mmost", "json", "sms"])
def test_no_piece_is_too_long_and_no_link_or_escape_is_cut(schema: str, text: str, path: str, limit: int) -> None:
    """Whatever the limit, each piece stands alone: its tags are closed, its entities whole, its links ours."""
    url = web_link(f"https://paper.example/{path}")
    pieces = family_of([schema], 160 if schema == "sms" else 4000).pieces(message(text, url), Limits(0, limit))
    known = {*OURS, url}
    for piece in pieces:
        assert utf16(piece.body) <= limit if schema in {"tgram", "discord", "mmost"} else len(piece.body) <= limit
        if schema in {"tgram", "slack"}:
            assert not re.search(r"&(?!amp;|lt;|gt;|quot;|#x27;)", piece.body)
        if schema == "tgram":
            assert piece.body.count("<a ") == piece.body.count("</a>")
            assert piece.body.count("<b>") == piece.body.count("</b>")
            assert set(Tags(piece.body).links) <= known
        if schema == "slack":
            links = re.findall(r"<(https?[^|>]*)[|>]", piece.body)
            assert {link.replace("&amp;", "&") for link in links} <= known
            assert piece.body.count("<") == piece.body.count(">") == len(links)


def test_pieces_hold_everything_in_order_and_are_numbered() -> None:
    """A reader can tell that there is more, and what comes first."""
    lines = tuple((Span(f"line {number}"),) for number in range(50))
    pieces = FAMILIES["json"].pieces(Message("s", (Block(Part.NOTE, lines),), "k"), Limits(250, 100))
    bodies = [re.sub(r"\n\((\d+)/(\d+)\)$", "", piece.body) for piece in pieces]
    assert "\n".join(bodies).split("\n") == [f"line {number}" for number in range(50)]
    assert [piece.body.rsplit("\n", 1)[1] for piece in pieces] == [
        f"({n}/{len(pieces)})" for n in range(1, len(pieces) + 1)
    ]


def test_a_link_no_piece_can_hold_is_left_out_and_said() -> None:
    """An SMS does not begin an address that it cannot end."""
    far = message("Ten women freed", "https://paper.example/" + "a" * 500)
    told = replace(far, blocks=tuple(block for block in far.blocks if block.part is not Part.ACTIONS))
    bodies = [piece.body for piece in family_of(["sms"], 160).pieces(told, Limits(0, 160))]
    assert "too long for this service" in bodies[-1]
    assert not any("paper.example" in body for body in bodies)


def test_an_sms_is_what_where_and_the_shortest_way_on() -> None:
    """In the SMS alphabet: one other character would halve what fits."""
    [piece] = family_of(["twilio"], 160).pieces(message("Ten women freed"), Limits(0, 160))
    assert piece.body.splitlines() == [
        "[Human trafficking 0.90] Ten women freed",
        "Outlet: Ten women freed and 1 other",
        "Alert 12",
        "https://m.example/stories/3",
    ]
    assert piece.body.isascii()


def test_a_mail_that_is_too_long_becomes_several_whole_ones() -> None:
    """HTML is not cut: each mail is a page of its own, and every story is in one of them."""
    entries = tuple((Span("[0.9] "), Span(f"Story {n}", f"{LINK}&n={n}")) for n in range(60))
    pieces = FAMILIES["mailto"].pieces(Message("60 more alerts", (Block(Part.ENTRY, entries),), "k"), Limits(250, 6000))
    assert len(pieces) > 1
    assert [piece.title for piece in pieces][:2] == [f"60 more alerts ({n}/{len(pieces)})" for n in (1, 2)]
    assert all(piece.body.startswith("<!DOCTYPE html>") and len(piece.body) <= 6000 for piece in pieces)
    links = [link for piece in pieces for link in Tags(piece.body).links]
    assert links == [entry[1].url for entry in entries]
    assert all(utf8(a.body) and a != b for a, b in pairwise(pieces))
