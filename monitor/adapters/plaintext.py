"""HTML → plain text (selectolax), and text fit to be stored, searched and sent."""

import re
import unicodedata

from selectolax.lexbor import LexborHTMLParser

MARKUP_LIMIT = 400_000
"""Characters of markup read per text; no summary needs more."""

_DROPPED = ["script", "style", "noscript", "template", "iframe", "object", "svg", "math", "head", "title", "select"]
_DROPPED_BEGINS = re.compile(f"<(?:{'|'.join(_DROPPED)})", re.IGNORECASE)  # stripping costs more than all the rest
_BLOCKS = re.compile(
    r"<(?=/?(?:address|article|aside|blockquote|br|caption|center|dd|details|div|dl|dt|figcaption|figure|footer|form|h[1-6]"
    r"|header|hr|img|li|main|nav|ol|option|p|pre|section|summary|table|tbody|td|tfoot|th|thead|tr|ul)\b)",
    re.IGNORECASE,
)
_MARKUP = re.compile(
    r"</?[a-z][a-z0-9]*(?:\s[^<>]*)?/?>|&(?:#\d{2,7}|#x[0-9a-f]{2,6}|[a-z]{2,31}\d{0,2});", re.IGNORECASE
)
_PASSES = 3
"""Some publishers escape their HTML twice; three times has been seen."""

_KEPT_FORMATS = {"\u200c", "\u200d"}
"""The joiners: Persian, the Indic scripts and emoji sequences are misspelled without them."""


def to_text(markup: str) -> str:
    """The text of an HTML fragment on one line: tags, scripts, styles and comments gone, entities decoded.

    Text without any markup comes out as it is, apart from what `clean` does.
    """
    text = markup[:MARKUP_LIMIT].replace("<![CDATA[", "").replace("]]>", "")
    for _ in range(_PASSES):
        if not ("<" in text or "&" in text) or not ("<!" in text or _MARKUP.search(text)):
            break
        tree = LexborHTMLParser(_BLOCKS.sub(" <", text))
        if tree.body is None:
            return ""
        if _DROPPED_BEGINS.search(text):
            tree.body.strip_tags(_DROPPED, recursive=True)
        text = tree.body.text(separator="")
    return clean(text)


def page_title(markup: str) -> str:
    """What a page calls itself: the title made for sharing it, which leaves out the site's name, else its own."""
    tree = LexborHTMLParser(markup[:MARKUP_LIMIT])
    shared = tree.css_first('meta[property="og:title"]')
    title = tree.css_first("title")
    named = (shared.attributes.get("content") if shared else None) or (title.text() if title else "")
    return clean(named)


def clean(text: str) -> str:
    """One line of NFC text without control, format, private-use and unassigned characters.

    Bidi overrides can turn a title round and invisible characters can hide words; right-to-left text itself and emoji
    stay whole.
    """
    spaced = " ".join(unicodedata.normalize("NFC", text).split())
    if spaced.isprintable():  # as most are: none of its characters is of those categories
        return spaced
    return " ".join("".join(filter(_visible, spaced)).split())


def shortened(text: str, limit: int) -> str:
    """`text` in at most `limit` characters, cut between words where there are any, with an ellipsis where cut."""
    if len(text) <= limit:
        return text
    head = text[: limit - 1]
    if not text[limit - 1].isspace():
        head = head[: head.rfind(" ")] if head.rfind(" ") > limit // 2 else head
    return head.rstrip(" ,;:-–—\u200d") + "…"


def _visible(char: str) -> bool:
    return char in _KEPT_FORMATS or unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Co", "Cn"}
