"""RSS 0.9x and 2.0."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from monitor.adapters.wellformed.element import (
    ATOM,
    COMMON,
    DC,
    FEEDBURNER,
    ITUNES,
    MEDIA,
    SILENT_ENTRY,
    Element,
    Fields,
    Reader,
    date,
    expect,
    field,
    is_silent,
    joined,
    leaf,
    once,
    read_hub,
    read_link,
    text,
)

_SYNDICATION: Final = "{http://purl.org/rss/1.0/modules/syndication/}"
_ADMIN: Final = "{http://webns.net/mvcb/}"

_SILENT_CHANNEL: Final = {
    "category", "cloud", "copyright", "description", "docs", "generator", "lastbuilddate", "managingeditor",
    "pubdate", "webmaster", f"{ATOM}id", f"{DC}creator", f"{DC}date", f"{DC}publisher",
    f"{_SYNDICATION}updatePeriod", f"{_SYNDICATION}updateFrequency", f"{_SYNDICATION}updateBase",
    f"{_ADMIN}generatorAgent", f"{_ADMIN}errorReportsTo", f"{FEEDBURNER}info", f"{FEEDBURNER}browserFriendly",
    f"{FEEDBURNER}feedFlare", f"{FEEDBURNER}emailServiceId", f"{FEEDBURNER}feedburnerHostname", f"{ITUNES}author",
    f"{ITUNES}explicit", f"{ITUNES}image",
}  # fmt: skip
_HOLDERS: Final = {
    "image": {"title", "url", "link", "width", "height", "description"},
    "skiphours": {"hour"},
    "skipdays": {"day"},
}
_MEDIA_HOLDERS: Final = {f"{MEDIA}content", f"{MEDIA}group"}
_MEDIA_INSIDE: Final = {f"{MEDIA}{name}" for name in ("category", "credit", "keywords", "rating", "thumbnail")}
_CHANNEL: Final = {"title": "title", "language": "language", f"{DC}language": "language", "ttl": "ttl"}


def read(root: Element, url: str) -> tuple[Fields, list[Fields]]:
    """The channel's fields and those of each item; OddError where only feedparser can tell."""
    expect(len(root) == 1 and root[0].tag == "channel" and set(root.attrib) <= {"version"} and not root[0].attrib)
    feed: Fields = {"links": []}
    entries = []
    for child in root[0]:
        name = _name(child.tag)
        if name == "item":
            entries.append(_item(child, url))
        elif key := _CHANNEL.get(name):
            once(feed, key, text(child))
        elif name in {"link", f"{ATOM}link"}:
            expect(not len(child))
            read_hub(feed, child, url)
        elif inside := _HOLDERS.get(name):
            expect(all(_name(one.tag) in inside and not len(one) for one in child))
        else:
            expect(is_silent(child, name, _SILENT_CHANNEL) and not name.lower().endswith("}link"))
    return feed, entries


def _item(item: Element, url: str) -> Fields:
    expect(not item.attrib)
    entry: Fields = {"links": []}
    for child in item:
        name = _name(child.tag)
        if read_one := _ITEM.get(name):
            read_one(entry, child, url)
        elif name in _MEDIA_HOLDERS:
            expect(all(inside.tag in _MEDIA_INSIDE and not len(inside) for inside in child))
        else:
            expect(is_silent(child, name, SILENT_ENTRY))
    permalink = entry.pop("permalink", None)
    if permalink is not None:
        entry.setdefault("link", permalink)
    return entry


def _link(entry: Fields, child: Element, url: str) -> None:
    link = joined(url, text(child))
    once(entry, "link", link)
    entry["links"].append({"rel": "alternate", "href": link} if link else {"rel": "alternate"})


def _other_link(entry: Fields, child: Element, url: str) -> None:
    expect(child.get("rel", "alternate").lower() != "alternate")
    read_link(entry, child, url)


def _other_title(entry: Fields, child: Element, _url: str) -> None:
    expect(not len(child) and bool(entry.get("title")))  # the first title of an item is its title


def _guid(entry: Fields, child: Element, url: str) -> None:
    attributes = {name.lower(): value for name, value in child.items()}
    expect(attributes.keys() <= {"ispermalink"})
    guid = leaf(child)
    if attributes.get("ispermalink", "true") == "true":
        guid = entry["permalink"] = joined(url, guid)
    once(entry, "id", guid)


def _enclosure(entry: Fields, child: Element, _url: str) -> None:
    expect(not len(child) and not {"uri", "href"} & {name.lower() for name in child.attrib})
    href = child.get("url")
    entry["links"].append({"rel": "enclosure", "href": href} if href else {"rel": "enclosure"})


def _encoded(entry: Fields, child: Element, _url: str) -> None:
    once(entry, "content", [{"type": "text/html", "value": text(child)}])


@lru_cache(maxsize=512)  # a feed has some twenty names, and repeats them in every item
def _name(tag: str) -> str:
    """The tag; one without a namespace in lower case, as its case tells nothing."""
    return tag if tag.startswith("{") else tag.lower()


_ITEM: Final[Mapping[str, Reader]] = {
    **COMMON,
    "title": field("title", text),
    "description": field("summary", text),
    "link": _link,
    "guid": _guid,
    "pubdate": field("published_parsed", date),
    f"{DC}date": field("updated_parsed", date),
    f"{ATOM}link": _other_link,
    f"{MEDIA}title": _other_title,
    "enclosure": _enclosure,
    "{http://purl.org/rss/1.0/modules/content/}encoded": _encoded,
}
