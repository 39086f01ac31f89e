"""Messages → pieces that fit a service: split between blocks, lines, then words; never inside a link or an escape."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from monitor.domain.message import Block, Line, Message, Span

_COUNTER = len("\n(99/99)")

Measure = Callable[[str], int]


@dataclass(frozen=True, slots=True)
class Limits:
    """What a service takes at once.

    Attributes:
        title: characters; 0 = it shows no title.
        body: characters, the title included where `shared`.
    """

    title: int
    body: int
    shared: bool = False


@dataclass(frozen=True, slots=True)
class Piece:
    """One message as the service takes it."""

    title: str
    body: str


class Markup(Protocol):
    """A service's way to write a span; what it returns can stand beside any other."""

    def span(self, span: Span) -> str:
        """The span's text, escaped, as a link where it has an address."""


class Family(Protocol):
    """Services that read the same markup.

    Attributes:
        formats: what may be declared to Apprise as the body's format, the usual one first.
        finished: True where Apprise must not turn the body into the service's dialect, since it is written in it.
    """

    @property
    def formats(self) -> tuple[str, ...]:
        """See above."""

    @property
    def finished(self) -> bool:
        """See above."""

    def pieces(self, message: Message, limits: Limits) -> list[Piece]:
        """The message in this markup, in as many pieces as it takes."""


def utf16(text: str) -> int:
    """How long Telegram and Discord find a text: an emoji counts twice."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def utf8(text: str) -> int:
    """How long a text is in bytes."""
    return len(text.encode("utf-8", "replace"))


def lay_out(blocks: Sequence[Block], markup: Markup, limit: int, measure: Measure = len) -> list[str]:
    """The blocks in as few pieces of at most `limit` as their order allows; several are numbered."""
    room = max(limit - _COUNTER, 1)
    pieces: list[str] = []
    current, gap = "", ""
    for block in blocks:
        for line in block.lines:
            for rendered in _fitting(line, markup, room, measure):
                longer = f"{current}{gap}{rendered}" if current else rendered
                if current and measure(longer) > room:
                    pieces.append(current)
                    longer = rendered
                current, gap = longer, "\n"
        gap = "\n\n"
    pieces.append(current)
    if len(pieces) == 1:
        return pieces
    return [f"{piece}\n({number}/{len(pieces)})" for number, piece in enumerate(pieces, 1)]


def _fitting(line: Line, markup: Markup, room: int, measure: Measure) -> list[str]:
    """The line as it is, or on several lines where it is too long for one piece."""
    whole = "".join(markup.span(span) for span in line)
    if measure(whole) <= room:
        return [whole]
    lines = [""]
    for span in line:
        for atom in _atoms(span, markup, room, measure):
            longer = f"{lines[-1]} {atom}" if lines[-1] else atom
            if measure(longer) <= room:
                lines[-1] = longer
            else:
                lines.append(atom)
    return [one for one in lines if one]


def _atoms(span: Span, markup: Markup, room: int, measure: Measure) -> Iterator[str]:
    """The span in parts that can stand alone: a link stays whole, or is left out where nothing could hold it."""
    whole = markup.span(span)
    if measure(whole) <= room and (span.url or not span.text):
        yield whole
        return
    for word in span.text.split():
        yield from _chopped(word, markup, room, measure)
    if span.url:
        link = markup.span(Span("link", span.url))
        yield link if measure(link) <= room else markup.span(Span("(its link is too long for this service)"))[:room]


def _chopped(word: str, markup: Markup, room: int, measure: Measure) -> Iterator[str]:
    taken = ""
    for char in word:
        if taken and measure(markup.span(Span(taken + char))) > room:
            yield markup.span(Span(taken))
            taken = ""
        taken += char
    yield markup.span(Span(taken))
