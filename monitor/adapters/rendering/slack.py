"""Messages → Slack's mrkdwn."""

from dataclasses import dataclass
from html import escape

from monitor.adapters.rendering.inert import inert
from monitor.adapters.rendering.layout import Limits, Piece, lay_out
from monitor.domain.message import Message, Part, Span

SECTION_CHARS = 3000
"""Longest text of a section block (`blocks=yes` in the URL); a longer attachment would be folded away anyhow."""


@dataclass(frozen=True, slots=True)
class Slack:
    """The tag as the attachment's title, the rest as its text; `&`, `<` and `>` are all that Slack wants escaped.

    https://docs.slack.dev/messaging/formatting-message-text
    """

    formats: tuple[str, ...] = ("markdown",)  # what Apprise calls mrkdwn
    finished: bool = True  # Apprise would read it as CommonMark, where one asterisk is no bold

    def pieces(self, message: Message, limits: Limits) -> list[Piece]:
        """The title is escaped by Apprise."""
        tags = [
            span.text for block in message.blocks if block.part is Part.TAG for line in block.lines for span in line
        ]
        title = inert(tags[0] if tags else message.subject)[: min(limits.title, 150)]
        rest = [block for block in message.blocks if block.part is not Part.TAG]
        room = min(limits.body, SECTION_CHARS)
        return [Piece(title, body) for body in lay_out(rest, self, room)]

    def span(self, span: Span) -> str:
        """`*<link|text>*`."""
        text = escape(inert(span.text), quote=False)
        if span.url:
            text = f"<{escape(span.url, quote=False)}|{text}>" if text else f"<{escape(span.url, quote=False)}>"
        return f"*{text}*" if span.strong and text == text.strip() and text else text
