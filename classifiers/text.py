"""Document: headline and body. Plain text → document, without the furniture of web pages; long body → passages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

MAX_TITLE = 1_000
"""Characters of a title that are read."""
MAX_BODY = 20_000
"""Characters of a body that are read: bounds the time that one hostile item can take."""
SHORTEST_HEADLINE = 20
"""Characters; a shorter first line is a menu entry, a dateline or a label. Scripts without spaces need fewer."""
LONGEST_HEADLINE = 250
PASSAGE = 600
"""Characters of one passage, about the length of an RSS summary."""
MAX_PASSAGES = 12

_FURNITURE = re.compile(
    r"©|\(c\) ?\d{4}|copyright|all rights reserved|cookie|javascript|subscribe|newsletter|sign (in|up) (for|to)\b"
    r"|log ?in|live radio|listen live|on air|advertisement|read more|continue reading|share (this|on)|follow us"
    r"|skip to|most read|related (articles|stories)|terms of (use|service)|privacy policy|getty images|click here"
    r"|download (the|our) app|^by [\w .'-]+$|^(updated|published|posted|last modified)\b|^\W*\d[\d:/., \-]*\W*$"
    r"|todos los derechos|tous droits|alle rechte|todos os direitos|wszelkie prawa|все права|усі права",
    re.IGNORECASE,
)
_WIDE = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_SENTENCE_END = re.compile(r"(?<=[.!?\u0964\u3002\u061f])[\"'\u201d\u2019)]*\s+")


@dataclass(frozen=True, slots=True)
class Document:
    """A text to score: headline, whatever body there is, and its language where that is known."""

    title: str
    body: str = ""
    lang: str | None = None


def document_from_text(text: str, lang: str | None = None) -> Document:
    """A plain text as a document: its first line that reads like a headline, and what follows it.

    Lines of page furniture before the headline and inside the body are left out. A text whose first line of
    prose is a paragraph has no headline. Only the first :data:`~classifiers.text.MAX_BODY` characters are read.
    """
    lines = [line.strip() for line in text[: 2 * MAX_BODY].splitlines() if line.strip()]
    prose = [line for line in lines if not is_furniture(line)]
    start = next((i for i, line in enumerate(prose) if _long_enough(line)), None)
    if start is None:
        return Document(" ".join(prose)[:MAX_TITLE], "", lang)
    if not _is_headline(prose[start]):
        return Document("", "\n".join(prose[start:])[:MAX_BODY], lang)
    return Document(prose[start], "\n".join(prose[start + 1 :])[:MAX_BODY], lang)


def is_furniture(line: str) -> bool:
    """Whether a line belongs to the page and not to the article: rights, menus, times, bylines."""
    return len(line) < LONGEST_HEADLINE and _FURNITURE.search(line) is not None


def _long_enough(line: str) -> bool:
    return (len(line) * (3 if _WIDE.search(line) else 1) >= SHORTEST_HEADLINE and len(line.split()) != 1) or (
        _WIDE.search(line) is not None and len(line) * 3 >= SHORTEST_HEADLINE
    )


def _is_headline(line: str) -> bool:
    return len(line) <= LONGEST_HEADLINE and len(_SENTENCE_END.split(line)) <= 2


def passages(document: Document) -> list[Document]:
    """The document as one or more texts of the length of a feed item; the first holds headline and lead.

    A body of up to :data:`PASSAGE` characters stays as it is. A longer one is cut at paragraphs and sentences.
    """
    if len(document.body) <= PASSAGE:
        return [document]
    body = document.body[:MAX_BODY]
    pieces = list(_packed(_sentences(body)))[:MAX_PASSAGES] or [body[:PASSAGE]]
    return [Document(document.title, piece, document.lang) for piece in pieces]


def _sentences(body: str) -> Iterator[str]:
    for line in body.splitlines():
        if line.strip() and not is_furniture(line):
            yield from (part[:PASSAGE] for part in _SENTENCE_END.split(line.strip()) if part)


def _packed(sentences: Iterator[str]) -> Iterator[str]:
    piece = ""
    for sentence in sentences:
        if piece and len(piece) + len(sentence) >= PASSAGE:
            yield piece
            piece = ""
        piece = f"{piece} {sentence}" if piece else sentence
    if piece:
        yield piece
