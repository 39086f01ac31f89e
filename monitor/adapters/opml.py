"""OPML 2.0, the exchange format of feed lists (http://opml.org/spec2.opml). The file may come from anybody."""

from collections.abc import Iterable
from dataclasses import dataclass
from xml.etree.ElementTree import Element, ParseError, SubElement, indent, tostring

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from monitor.domain.feed import FeedSource
from monitor.errors import InputError


@dataclass(frozen=True, slots=True)
class OpmlFeeds:
    """The feeds of an OPML file in its order; `others` counts entries whose address is not http or https."""

    feeds: tuple[FeedSource, ...]
    others: int = 0


def read_opml(body: bytes, name: str) -> OpmlFeeds:
    """Read the feeds of an OPML file called `name`.

    Tags are the folders around a feed and its `category` attribute. Nothing is fetched, and entities and a DTD are
    refused. Raises InputError where the file is not OPML.
    """
    try:
        root = fromstring(body, forbid_dtd=True)
    except DefusedXmlException:
        raise InputError(f"{name}: holds a DTD or entities, which OPML does not need; remove them") from None
    except (ParseError, ValueError, LookupError) as error:
        raise InputError(f"{name}: not well-formed XML ({error}); export the feed list as OPML again") from error
    if root.tag.lower() != "opml":
        raise InputError(f"{name}: not an OPML file (its root is <{root.tag[:40]}>); export the feed list as OPML")
    return _feeds(root)


def write_opml(feeds: Iterable[FeedSource], title: str = "Feeds") -> bytes:
    """Feeds as OPML 2.0 in UTF-8: address, name and tags; `read_opml` gives them back."""
    root = Element("opml", version="2.0")
    SubElement(SubElement(root, "head"), "title").text = title
    body = SubElement(root, "body")
    for feed in feeds:
        outline = {"type": "rss", "text": feed.name or feed.url, "xmlUrl": feed.url}
        if feed.tags:
            outline["category"] = ",".join(feed.tags)
        SubElement(body, "outline", outline)
    indent(root)
    xml: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return xml + b"\n"


def _feeds(root: Element) -> OpmlFeeds:
    feeds: dict[str, FeedSource] = {}
    others = 0
    waiting: list[tuple[Element, tuple[str, ...]]] = [(root, ())]  # a stack, so that depth cannot exhaust ours
    while waiting:
        element, folders = waiting.pop()
        attributes = {key.lower(): value.strip() for key, value in element.attrib.items()}
        url = attributes.get("xmlurl", "")
        name = attributes.get("title") or attributes.get("text") or ""
        if url.lower().startswith(("http://", "https://")):
            tags = dict.fromkeys((*folders, *_categories(attributes.get("category", ""))))
            feeds.setdefault(url, FeedSource(url=url, name="" if name == url else name, tags=tuple(tags)))
        elif url:
            others += 1
        inner = (*folders, name) if element.tag.lower() == "outline" and name and not url else folders
        waiting.extend((child, inner) for child in reversed(element))
    return OpmlFeeds(tuple(feeds.values()), others)


def _categories(text: str) -> list[str]:
    """`/Africa/East,agency` → its parts; the standard separates with commas and nests with slashes."""
    return [part.strip() for path in text.split(",") for part in path.split("/") if part.strip()]
