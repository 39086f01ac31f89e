"""Messages → HTML mail; the text part that Apprise makes of it holds every link in full."""

from dataclasses import dataclass

from monitor.adapters.rendering.inert import inert
from monitor.adapters.rendering.layout import Limits, Piece
from monitor.adapters.templates import fill
from monitor.domain.message import Block, Message

TEMPLATE = "mail.html"


@dataclass(frozen=True, slots=True)
class Mail:
    """One HTML mail, or several where a digest is too long for one; styles inline, nothing loaded from anywhere."""

    formats: tuple[str, ...] = ("html",)  # Apprise makes the text part of it
    finished: bool = True

    def pieces(self, message: Message, limits: Limits) -> list[Piece]:
        """The subject is a header and takes no markup."""
        bodies = self._bodies(message.blocks, limits.body)
        count = len(bodies)
        return [
            Piece(message.subject if count == 1 else f"{message.subject} ({number}/{count})", body)
            for number, body in enumerate(bodies, 1)
        ]

    def _bodies(self, blocks: tuple[Block, ...], limit: int) -> list[str]:
        """HTML cannot be cut: a mail that is too long is written anew with half of its lines each."""
        # Of each line break between two tags Apprise makes an empty line of the text part: only those between blocks,
        # which the template doubles, are meant so. Inside a tag it says nothing.
        head, start, page = fill(TEMPLATE, blocks=blocks, inert=inert).partition("<body")
        body = head + start + page.replace(">\n<", "\n><")
        lines = [(block.part, line) for block in blocks for line in block.lines]
        if len(body) <= limit or len(lines) < 2:
            return [body]
        half = len(lines) // 2
        parts = (lines[:half], lines[half:])
        return [body for part in parts for body in self._bodies(tuple(Block(p, (line,)) for p, line in part), limit)]
