"""Atom 1.0 (RFC 4287)."""

from collections.abc import Mapping
from typing import Final

from monitor.adapters.wellformed.element import (
    ATOM,
    COMMON,
    FEEDBURNER,
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

_LANG: Final = "{http://www.w3.org/XML/1998/namespace}lang"
_BASE: Final = "{http://www.w3.org/XML/1998/namespace}base"

_SILENT_FEED: Final = {
    *(f"{ATOM}{name}" for name in ("category", "generator", "icon", "id", "logo", "published", "rights",
                                   "subtitle", "updated")),
    *(f"{FEEDBURNER}{name}" for name in ("info", "feedFlare", "feedburnerHostname", "emailServiceId")),
}  # fmt: skip
_SILENT_ENTRY: Final = SILENT_ENTRY | {f"{ATOM}category"}
_PERSON: Final = {f"{ATOM}{name}" for name in ("name", "uri", "email")}
_ESCAPED: Final = {"text", "html", "text/html", "text/plain"}


def read(root: Element, url: str) -> tuple[Fields, list[Fields]]:
    """The feed's fields and those of each entry; OddError where only feedparser can tell."""
    expect(root.tag == f"{ATOM}feed" and set(root.attrib) <= {_LANG, "version"})
    lang = root.get(_LANG)
    feed: Fields = {"links": []}
    if lang:
        feed["language"] = lang.replace("_", "-")
    entries = []
    for child in root:
        if child.tag == f"{ATOM}entry":
            entries.append(_entry(child, url, lang))
        elif child.tag == f"{ATOM}title":
            once(feed, "title", _plain(child))
        elif child.tag == f"{ATOM}author":
            expect(_is_person(child))
        elif child.tag == f"{ATOM}link":
            expect(not len(child))
            read_hub(feed, child, url)
        else:
            expect(is_silent(child, child.tag, _SILENT_FEED) and not child.tag.lower().endswith("}link"))
    return feed, entries


def _entry(element: Element, url: str, lang: str | None) -> Fields:
    expect(not element.attrib)
    entry: Fields = {"links": [], "title_detail": {"language": lang}}
    for child in element:
        if read_one := _ENTRY.get(child.tag):
            read_one(entry, child, url)
        elif child.tag == f"{ATOM}author":
            expect(_is_person(child))
        else:
            expect(is_silent(child, child.tag, _SILENT_ENTRY))
    entry.setdefault("link", entry.get("id", ""))
    return entry


def _id(entry: Fields, child: Element, url: str) -> None:
    once(entry, "id", joined(url, text(child)))


def _content(entry: Fields, child: Element, _url: str) -> None:
    once(entry, "content", [{"type": "text/html", "value": _escaped(child)}])


def _escaped(child: Element) -> str:
    """Text that may be markup: escaped, never nested. Its language and base concern nothing that is used."""
    expect(set(child.attrib) <= {"type", _LANG, _BASE} and child.get("type", "text").lower() in _ESCAPED)
    return leaf(child)


def _plain(child: Element) -> str:
    expect(set(child.attrib) <= {"type"})
    return _escaped(child)


def _is_person(child: Element) -> bool:
    return all(inside.tag in _PERSON and not len(inside) for inside in child)


_ENTRY: Final[Mapping[str, Reader]] = {
    **COMMON,
    f"{ATOM}title": field("title", _plain),
    f"{ATOM}summary": field("summary", _escaped),
    f"{ATOM}content": _content,
    f"{ATOM}link": read_link,
    f"{ATOM}id": _id,
    f"{ATOM}published": field("published_parsed", date),
}
