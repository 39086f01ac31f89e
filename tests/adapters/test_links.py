"""One spelling for one article."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.adapters.links import LIMIT, canonical_url

BASE = "https://example.org/feed/"


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        ("HTTPS://Example.ORG:443/a", "https://example.org/a"),
        ("https://example.org", "https://example.org/"),
        ("https://example.org/a?utm_source=rss&utm_medium=feed#top", "https://example.org/a"),
        ("https://example.org/a?b=2&a=1&fbclid=x", "https://example.org/a?a=1&b=2"),
        ("https://example.org/a?at_medium=RSS&at_campaign=rss", "https://example.org/a"),
        ("https://example.org/a?rss=1&ns_campaign=x&cmpid=y&UTM_Term=z", "https://example.org/a"),
        ("https://example.org/a?mod=rss_world&id=5", "https://example.org/a?id=5"),
        ("https://example.org/a?mod=article&source=wire", "https://example.org/a?mod=article&source=wire"),
        ("https://example.org/a?mod=article&mod=rss&id=5", "https://example.org/a?id=5"),
        ("https://example.org/a?b=2&a-b=1&a=1&b=", "https://example.org/a?a=1&a-b=1&b=&b=2"),
        ("https://example.org/?p=12", "https://example.org/?p=12"),
        ("https://example.org/?utm_source=rss", "https://example.org/"),
        ("https://example.org/of/https://a.example//b?rss=1", "https://example.org/of/https://a.example//b"),
        ("https://example.org/a/./b/../c", "https://example.org/a/c"),
        ("https://example.org/%d8%a7/%D8%A7/%41", "https://example.org/%D8%A7/%D8%A7/A"),
        ("https://example.org/a?x=1&amp;y=2", "https://example.org/a?x=1&y=2"),
        ("https://user:secret@example.org/a", "https://example.org/a"),
        ("https://example.org/ä b", "https://example.org/%C3%A4%20b"),
        (" https://example.org/\n a ", "https://example.org/a"),
        ("/news/1", "https://example.org/news/1"),
        ("news/1", "https://example.org/feed/news/1"),
        ("https://news.google.com/rss/articles/CBMi?oc=5", "https://news.google.com/rss/articles/CBMi?oc=5"),
        (
            "https://news.google.com/read/CBMi?oc=5&hl=en&rss=1#x",
            "https://news.google.com/read/CBMi?oc=5&hl=en&rss=1#x",
        ),
        ("javascript:alert(1)", ""),
        ("mailto:desk@example.org", ""),
        ("data:text/html,x", ""),
        ("http://[", ""),
        ("https://example.org:port/", ""),
        ("", ""),
        (" \n", ""),
    ],
)
def test_canonical_urls(url: str, canonical: str) -> None:
    """Host, port, fragment, credentials, order and tracking do not count; what names the article does."""
    assert canonical_url(url, BASE) == canonical


names = st.sampled_from(["id", "p", "utm_source", "ref", "mod", "rss", "a%20b", "Q", ""])
values = st.text("ab1=%/?+é ", max_size=6)
queries = st.lists(st.tuples(names, values), max_size=5).map(lambda pairs: "&".join(f"{n}={v}" for n, v in pairs))


@given(st.text("ab/.;%é2F~ ", max_size=12), queries)
def test_canonical_is_canonical(path: str, query: str) -> None:
    """Applying it again changes nothing."""
    once = canonical_url(f"https://Example.org/{path}?{query}")
    assert canonical_url(once) == once


hosts = st.sampled_from(
    ["example.org", "a", "a..b", "127.0.0.1", "xn--bcher-kva.example", "news.google.com", "example.org:80"]
)
paths = st.lists(
    st.sampled_from(
        ["/", "a", "Z9", ".", "..", "%D8%A7", "%d8", "%2F", "%41", "%", "~!$&'()*+,:=@", ";", "_-", "é", "|"]
    ),
    max_size=8,
).map("".join)
plain_queries = st.lists(
    st.tuples(st.sampled_from(["id", "p", "utm_source", "UTM_term", "mod", "wt.a", "a-b", "a", ""]),
              st.sampled_from(["=", "=1", "=rss", "=Feed", "=a.b-c_d", ""])).map("".join),
    max_size=5,
).map("&".join)  # fmt: skip


@given(hosts, paths, st.none() | plain_queries, st.sampled_from(["", "#", "#top", "#&amp;x"]))
def test_a_plain_url_is_spelled_as_the_long_way_spells_it(host: str, path: str, query: str | None, end: str) -> None:
    """The same URL with its scheme in capitals is never taken for plain."""
    rest = f"://{host}/{path}{'' if query is None else '?' + query}{end}"
    plain, capitals = canonical_url(f"https{rest}"), canonical_url(f"HTTPS{rest}")
    assert plain == capitals


def test_a_link_beyond_all_measure_is_none() -> None:
    """Also where there is nothing else about it."""
    assert canonical_url(f"https://example.org/{'a' * (LIMIT - 20)}") != ""
    assert canonical_url(f"https://example.org/{'a' * LIMIT}") == ""


@given(st.text(max_size=40), st.text(max_size=10))
def test_any_text_is_a_web_address_or_none(url: str, base: str) -> None:
    """Never another scheme, never an exception."""
    for made in (canonical_url(url, base), canonical_url(f"https://example.org/{url}")):
        assert made == "" or made.startswith(("http://", "https://"))
