"""Messages → the HTML that Telegram takes."""

from dataclasses import dataclass
from html import escape

from monitor.adapters.rendering.inert import inert
from monitor.adapters.rendering.layout import Limits, Piece, lay_out, utf16
from monitor.domain.message import Message, Span


@dataclass(frozen=True, slots=True)
class Telegram:
    """HTML with `<b>` and `<a>`: it needs three characters escaped, where Telegram's Markdown needs eighteen.

    https://core.telegram.org/bots/api#html-style
    """

    formats: tuple[str, ...] = ("html",)
    finished: bool = True  # it holds only tags that Telegram knows

    def pieces(self, message: Message, limits: Limits) -> list[Piece]:
        """All in the body: Telegram has no titles."""
        return [Piece("", body) for body in lay_out(message.blocks, self, limits.body, utf16)]

    def span(self, span: Span) -> str:
        """`<b><a href="link">text</a></b>`."""
        text = escape(inert(span.text))
        if span.url:
            text = f'<a href="{escape(span.url)}">{text or escape(span.url)}</a>'
        return f"<b>{text}</b>" if span.strong else text
