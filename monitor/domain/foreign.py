"""Item → Message: a feed's text and links, made fit to stand in a message.

Everything that comes from a feed is hostile: it is put on one line, stripped of control and bidirectional override
characters and of links, and only http and https addresses become links of ours. What a service would take for its own
markup is dealt with where the message is put into that markup.
"""

import re
import unicodedata
from urllib.parse import quote, urlsplit

GIST_CHARS = 320
"""Longest gist: what is read at a glance on a phone."""

URL_CHARS = 2000
"""Longest link; what is longer is no address a reader could check."""

LINK_TAKEN_OUT = "[link]"
"""Stands for a link inside a feed's text: the only link of an item in a message is the item's own."""


def one_line(text: str, limit: int) -> str:
    """Foreign text as one line of at most `limit` characters, without control or override characters and links."""
    kept = "".join(char if unicodedata.category(char) not in _UNSAFE else _SAFE_FORMAT.get(char, " ") for char in text)
    line = " ".join(_LINK.sub(LINK_TAKEN_OUT, kept).split())
    return line if len(line) <= limit else f"{line[: limit - 1].rstrip()}…"


_UNSAFE = {"Cc", "Cf", "Cs", "Zl", "Zp"}
_SAFE_FORMAT = {
    "\u200c": "\u200c",  # joiners: Persian, Indic scripts and emoji are wrong without them
    "\u200d": "\u200d",
    "\u00ad": "",
    "\u200b": "",
    "\ufeff": "",
}
_LINK = re.compile(
    r"(?:[a-z][a-z0-9+.\-]*://|\bwww\.|\b(?:mailto|tel|sms):)[^\s<>\"“”«»]*[^\s<>\"“”«».,;:!?…)]", re.IGNORECASE
)


def web_link(url: str) -> str:
    """`url` where it is an http or https link, made so that it cannot end early in a message; else empty.

    The host is written in ASCII (IDNA), everything else that is not plain ASCII is percent-encoded: both lead to the
    same page. A link that names a user is refused: what stands before the @ is read as the site.
    """
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname, parts.port
        site = host.encode("idna").decode("ascii") if host else ""
    except ValueError:
        return ""
    if parts.scheme.lower() not in {"http", "https"} or not site or not _HOST.fullmatch(site) or "@" in parts.netloc:
        return ""
    address = parts._replace(scheme=parts.scheme.lower(), netloc=f"{site}:{port}" if port else site).geturl()
    # What ends a link or starts markup in some service is percent-encoded; valid URLs do not hold it bare.
    link = quote(address, safe="%/:?#@!$&+,;=~-._", encoding="utf-8", errors="replace")
    return link if len(link) <= URL_CHARS else ""


_HOST = re.compile(r"[a-z0-9._-]+", re.IGNORECASE)


def outlet_name(name: str, limit: int) -> str:
    """What an outlet is called, on one line: of a feed that is known by its address alone, the site."""
    try:
        site = urlsplit(name.strip()).hostname if "://" in name else None
    except ValueError:
        site = None
    return one_line((site or name).removeprefix("www."), limit)


def gist(title: str, summary: str) -> str:
    """At most two sentences of an item's own words, shortened at a sentence; empty where they only repeat the title."""
    text = one_line(summary, 10 * GIST_CHARS)
    headline = one_line(title, len(title) + 1)
    if headline and text.casefold().startswith(headline.casefold()):
        text = text[len(headline) :].lstrip(" .:;-–—|")
    taken = ""
    for sentence in _sentences(text)[:2]:
        longer = f"{taken}{'' if taken.endswith(_UNSPACED_END) else ' '}{sentence}".strip()
        if len(longer) > GIST_CHARS:
            break
        taken = longer
    if taken or not text:
        return taken
    cut = text[: GIST_CHARS - 1]
    return f"{cut.rsplit(' ', 1)[0] if ' ' in cut else cut}…"


_SENTENCE_END = re.compile(r"(?<=[.!?؟।።])\s+(?=[^\Wa-zа-я_]|[\"'“‘«(])|(?<=[。！？])")
_UNSPACED_END = ("。", "！", "？")
_ABBREVIATED = re.compile(r"(?:\b\w|\b(?:Mr|Mrs|Ms|Dr|Prof|Gen|Col|Lt|Sgt|Gov|Sen|Rep|Rev|St|No|vs))\.$")


def _sentences(text: str) -> list[str]:
    sentences: list[str] = []
    for part in filter(None, _SENTENCE_END.split(text)):
        if sentences and _ABBREVIATED.search(sentences[-1]):
            sentences[-1] += f" {part}"
        else:
            sentences.append(part.strip())
    return sentences
