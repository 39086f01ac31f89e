"""What RSS and Atom have in common: reading one element, and declining what is odd.

An element is lxml's: `tag`, `attrib`, `text`, `prefix` and its children.
"""

import re
from collections.abc import Callable, Container, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from time import struct_time
from typing import Any, Final
from urllib.parse import urljoin

Fields = dict[str, Any]
Element = Any
"""lxml is untyped."""

Reader = Callable[[Fields, Element, str], None]
"""Adds what an element tells to the fields of its entry; the last argument is where the document came from."""

ATOM: Final = "{http://www.w3.org/2005/Atom}"
DC: Final = "{http://purl.org/dc/elements/1.1/}"
FEEDBURNER: Final = "{http://rssnamespace.org/feedburner/ext/1.0}"
ITUNES: Final = "{http://www.itunes.com/dtds/podcast-1.0.dtd}"
MEDIA: Final = "{http://search.yahoo.com/mrss/}"

SILENT_ENTRY: Final = {
    "author", "categories", "category", "comments", "image", "source", f"{DC}creator", f"{DC}subject", f"{DC}publisher",
    f"{MEDIA}content", f"{MEDIA}credit", f"{MEDIA}keywords", f"{MEDIA}rating", f"{MEDIA}thumbnail",
    "{http://purl.org/rss/1.0/modules/slash/}comments", "{http://wellformedweb.org/CommentAPI/}commentRss",
    "{http://wellformedweb.org/CommentAPI/}comment",
}  # fmt: skip
"""Elements of an entry that tell nothing that is used, as long as nothing stands inside them."""

_MONTHS: Final = {
    "Jan": "01", "Feb": "02", "Mar": "03", "Apr": "04", "May": "05", "Jun": "06", "Jul": "07", "Aug": "08", "Sep": "09",
    "Oct": "10", "Nov": "11", "Dec": "12",
}  # fmt: skip
_CLOCK: Final = r"(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d"
_RFC822 = re.compile(
    rf"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (\d{{1,2}}) ({'|'.join(_MONTHS)}) (\d{{4}}) ({_CLOCK}) (GMT|[+-]\d\d[0-5]\d)",
    re.ASCII,
)
_W3C = re.compile(rf"\d{{4}}-\d\d-\d\dT{_CLOCK}(?:\.\d{{1,6}})?(?:Z|[+-]\d\d:\d\d)", re.ASCII)
_EARLIEST = 1971  # before it, years of two digits and clocks at zero begin
_ABSOLUTE = re.compile(r"https?://[A-Za-z0-9.:-]+/[!$-:<-~]*(?<!\?)")  # what urljoin gives back as it is
_PLAIN_URL = re.compile(r"https?://[a-z0-9.:-]+/[!$&'()*+,./0-9:=?@A-Z_a-z~-]*")
_WINDOWS = re.compile("[\x80-\x9f]")  # Windows characters under a wrong name

_KNOWN_PREFIXES = {
    "admin", "ag", "annotate", "atom", "audio", "blogchannel", "cc", "co", "content", "cp", "creativecommons", "dc",
    "dcterms", "email", "ev", "feedburner", "fm", "foaf", "geo", "georss", "gml", "icbm", "image", "itunes", "l",
    "media", "pingback", "prism", "psc", "rdf", "rdfs", "ref", "reqv", "rss", "search", "slash", "soap", "ss", "str",
    "sub", "sy", "szf", "taxo", "thr", "ti", "trackback", "wfw", "wiki", "xhtml", "xlink", "xml",
}  # fmt: skip
"""Prefixes that feedparser gives a meaning. An extension under any other is kept apart by its prefix."""


class OddError(Exception):
    """Something that leaves room for interpretation."""


def expect(holds: bool) -> None:
    """Raise OddError where it does not hold."""
    if not holds:
        raise OddError


def once(fields: Fields, key: str, value: object) -> None:
    """Set a field that was not set before: of two, only feedparser knows which counts."""
    expect(key not in fields)
    fields[key] = value


def text(element: Element) -> str:
    """The text of an element without attributes and children."""
    expect(not element.keys())
    return leaf(element)


def leaf(element: Element) -> str:
    """The text of an element without children."""
    expect(not len(element))
    found: str = (element.text or "").strip()
    if not found.isascii():
        with suppress(UnicodeError):  # UTF-8 that was read as Latin-1 and encoded once more
            found = found.encode("iso-8859-1").decode()
        expect(not _WINDOWS.search(found))
    return found


def joined(url: str, link: str) -> str:
    """A link as resolved against the document's address; an empty one stays empty."""
    expect(":///" not in link and ";" not in link)
    return urljoin(url, link) if link and not _ABSOLUTE.fullmatch(link) else link


def date(element: Element) -> struct_time:
    """The time of an element, in UTC, where it is written as the standards say."""
    found = text(element)
    if written := _RFC822.fullmatch(found):
        day, month, year, clock, zone = written.groups()
        found = f"{year}-{_MONTHS[month]}-{day:0>2}T{clock}{'Z' if zone == 'GMT' else zone}"
    else:
        expect(_W3C.fullmatch(found) is not None)
    moment = datetime.fromisoformat(found).astimezone(UTC)
    expect(moment.year >= _EARLIEST)
    return moment.utctimetuple()


def field(key: str, value: Callable[[Element], object]) -> Reader:
    """Reads an element into the field of that name."""

    def read_field(entry: Fields, element: Element, _url: str) -> None:
        once(entry, key, value(element))

    return read_field


def read_link(entry: Fields, element: Element, url: str) -> None:
    """An Atom link; the last alternate that is a web page is the link of the entry."""
    attributes = set(element.attrib)
    expect(
        "href" in attributes and not {"url", "uri", "base", "{http://www.w3.org/XML/1998/namespace}base"} & attributes
    )
    expect(not len(element) and element.get("href") != "")
    rel = element.get("rel", "alternate").lower()
    kind = element.get("type", "application/atom+xml" if rel == "self" else "text/html").lower()
    href = joined(url, element.get("href"))
    entry["links"].append({"rel": rel, "href": href})
    if rel == "alternate" and kind in {"text/html", "html", "xhtml", "application/xhtml+xml"}:
        entry["link"] = href


def read_hub(feed: Fields, element: Element, url: str) -> None:
    """A link of the feed itself, of which the hub and the own address are used; the others tell nothing."""
    if {name.lower(): value for name, value in element.attrib.items()}.get("rel", "").lower() not in {"hub", "self"}:
        return
    read_link(feed, element, url)
    expect(_PLAIN_URL.fullmatch(feed["links"][-1]["href"]) is not None)


def is_silent(element: Element, name: str, silent: Container[str]) -> bool:
    """Whether an element tells nothing that is used, and has nothing inside that may."""
    if len(element):
        return False
    return name in silent or (element.prefix is not None and element.prefix.lower() not in _KNOWN_PREFIXES)


COMMON: Final[Mapping[str, Reader]] = {
    f"{ATOM}updated": field("updated_parsed", date),
    f"{FEEDBURNER}origLink": field("feedburner_origlink", text),
}
"""Elements of an entry that RSS and Atom share."""
