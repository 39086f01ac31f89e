"""Messages → plain text, for services without markup, and for those whose markup nobody here knows."""

from dataclasses import dataclass, replace

from monitor.adapters.rendering.inert import inert
from monitor.adapters.rendering.layout import Limits, Measure, Piece, lay_out
from monitor.domain.message import Block, Line, Message, Part, Span

_SHORTER = str.maketrans({"…": "...", "→": "->", "“": '"', "”": '"', "‘": "'", "’": "'", "–": "-", "—": "-"})
"""Outside the SMS alphabet, where a single such character halves what a message holds."""


class _Bare:
    def span(self, span: Span) -> str:
        return " ".join(filter(None, [span.text, span.url]))


class _Inert:
    def span(self, span: Span) -> str:
        return " ".join(filter(None, [inert(span.text, brackets=False), span.url]))


@dataclass(frozen=True, slots=True)
class Plain:
    """Text as it is, for services that show it as it is: webhooks, ntfy, the console.

    Attributes:
        most: what the service takes where that is less than Apprise thinks, as measured by `measure`.
        safe: True where the service may find markup in text: then there is none to find.
    """

    most: int = 1_000_000
    measure: Measure = len
    safe: bool = False
    formats: tuple[str, ...] = ("text",)
    finished: bool = False

    def pieces(self, message: Message, limits: Limits) -> list[Piece]:
        """The subject as title, or as first line where there is none, and the body."""
        title = inert(message.subject, brackets=False) if self.safe else message.subject
        title = title[: limits.title]
        room = min(limits.body, self.most)
        if limits.shared:
            room -= self.measure(title) + 16  # Apprise keeps some for its own counter
        blocks = _lined_up(message)
        if not limits.title:
            blocks = (Block(Part.TAG, ((Span(message.subject),),)), *blocks)
        markup = _Inert() if self.safe else _Bare()
        return [Piece(title, body) for body in lay_out(blocks, markup, room, self.measure)]


@dataclass(frozen=True, slots=True)
class Brief:
    """A few lines for SMS, pagers and their like: what, where, the link."""

    formats: tuple[str, ...] = ("text",)
    finished: bool = False

    def pieces(self, message: Message, limits: Limits) -> list[Piece]:
        """The subject, the first line of each part that is kept, and the shortest link that leads to the story."""
        told: list[Line] = [(Span(message.subject),)]
        told += [_unlinked(block.lines[0]) for block in message.blocks if block.part in _BRIEFLY and block.lines]
        if link := _way_on(message):
            told.append((Span("", link),))
        return [Piece("", body) for body in lay_out([Block(Part.NOTE, tuple(told))], _Ascii(), limits.body)]


_BRIEFLY = {Part.FACTS, Part.NOTE, Part.ENTRY, Part.ID}


class _Ascii:
    def span(self, span: Span) -> str:
        return " ".join(filter(None, [inert(span.text).translate(_SHORTER), span.url]))


def _way_on(message: Message) -> str:
    """The story's page or article, whichever is shorter; of a digest, what its first entry leads to."""
    entries = [block.lines[0] for block in message.blocks if block.part is Part.ENTRY and block.lines]
    lines = entries or [line for block in message.blocks for line in block.lines]
    return min((span.url for line in lines for span in line if span.url), key=len, default="")


def _unlinked(line: Line) -> Line:
    return tuple(replace(span, url="") for span in line)


def _lined_up(message: Message) -> tuple[Block, ...]:
    """The body's blocks with each link behind the words of its line, below them in a headline."""
    return tuple(_plain_block(block) for block in message.blocks if block.part is not Part.TAG)


def _plain_block(block: Block) -> Block:
    lines = []
    for line in block.lines:
        links = [Span("", url) for url in dict.fromkeys(span.url for span in line if span.url)]
        words = _unlinked(line)
        if block.part is Part.HEADLINE:
            lines += [words, *((link,) for link in links)]
        else:
            lines.append((*words, *(part for link in links for part in (Span(" "), link))))
    return Block(block.part, tuple(lines))
