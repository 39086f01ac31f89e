"""Feed lists from and to other programs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.adapters.opml import read_opml, write_opml
from monitor.domain.feed import FeedSource
from monitor.errors import InputError

WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zs", "Zl", "Zp", "Cn", "Co"]), min_size=1)
TAGS = WORDS.filter(lambda word: not set(word) & {",", "/"})
FEEDS = st.builds(
    FeedSource,
    url=st.integers(0, 99).map(lambda n: f"https://example.org/{n}?a=1&b=<{n}>"),
    name=WORDS | st.just(""),
    tags=st.lists(TAGS, unique=True, max_size=3).map(tuple),
)


@given(st.lists(FEEDS, unique_by=lambda feed: feed.url))
def test_what_is_written_reads_back(feeds: list[FeedSource]) -> None:
    """Addresses, names and tags in any script survive the way out and in, in their order."""
    read = read_opml(write_opml(feeds), "feeds.opml")
    assert read.feeds == tuple(feeds)
    assert read.others == 0


def test_folders_and_categories_become_tags() -> None:
    """However deep; attribute names in any case, as some programs write them."""
    body = b"""<opml><body>
      <outline text="Africa"><outline text="East">
        <outline TEXT="Feed" XMLURL=" https://example.org/feed " category="/Courts/Appeal,Kenya,East"/>
      </outline></outline>
      <outline title="Title wins" text="t" xmlUrl="http://example.org/two"/>
    </body></opml>"""
    assert read_opml(body, "x").feeds == (
        FeedSource("https://example.org/feed", "Feed", ("Africa", "East", "Courts", "Appeal", "Kenya")),
        FeedSource("http://example.org/two", "Title wins"),
    )


def test_an_address_is_taken_once_and_only_from_the_web() -> None:
    """Paths and other schemes are counted and left out."""
    body = b"""<opml><body>
      <outline xmlUrl="https://example.org/a" text="A"/><outline xmlUrl="https://example.org/a" text="B"/>
      <outline xmlUrl="file:///etc/passwd"/><outline xmlUrl="/feed.xml"/><outline text="folder"/>
    </body></opml>"""
    read = read_opml(body, "x")
    assert [feed.name for feed in read.feeds] == ["A"]
    assert read.others == 2


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "not well-formed XML"),
        (b"<opml><body>", "not well-formed XML"),
        (b"{}", "not well-formed XML"),
        (b"\xff\xfe\x00", "not well-formed XML"),
        (b"<?xml version='1.0' encoding='no-such'?><opml/>", "not well-formed XML"),
        (b"<rss version='2.0'><channel/></rss>", "not an OPML file (its root is <rss>)"),
        (b"<!DOCTYPE opml SYSTEM 'http://127.0.0.1/x.dtd'><opml/>", "holds a DTD or entities"),
        (b"<!DOCTYPE opml [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><opml>&a;</opml>", "holds a DTD or entities"),
        (b"<!DOCTYPE opml [<!ENTITY a 'ha'><!ENTITY b '&a;&a;'>]><opml>&b;</opml>", "holds a DTD or entities"),
    ],
)
def test_what_is_no_opml_is_refused(body: bytes, reason: str) -> None:
    """With the file's name and the way out, and without following anything in it."""
    with pytest.raises(InputError, match=r"^list\.opml: ") as caught:
        read_opml(body, "list.opml")
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_very_deep_file_does_not_exhaust_the_stack() -> None:
    """20,000 folders within each other are read like any others."""
    depth = 20_000
    body = b"<opml>" + b"<outline>" * depth + b'<outline xmlUrl="https://example.org/x"/>' + b"</outline>" * depth
    assert len(read_opml(body + b"</opml>", "x").feeds) == 1
