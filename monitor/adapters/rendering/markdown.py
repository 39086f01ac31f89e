"""Messages → Markdown, as Mattermost, Discord and services that read CommonMark take it."""

from dataclasses import dataclass

from monitor.adapters.rendering.inert import inert
from monitor.adapters.rendering.layout import Limits, Piece, lay_out, utf16
from monitor.domain.message import Message, Span


@dataclass(frozen=True, slots=True)
class Markdown:
    """Bold headline, titled links. No text of a feed stands at the beginning of a line, where Markdown has lists.

    Attributes:
        formats: what to declare to Apprise.
        finished: True where Apprise must leave the text alone; else it translates CommonMark for the service.
        preview: True where an address between angle brackets keeps the service from showing the page beside the alert.
    """

    formats: tuple[str, ...] = ("markdown",)
    finished: bool = False
    preview: bool = False

    def pieces(self, message: Message, limits: Limits) -> list[Piece]:
        """All in the body: a title would be put in front of it once more."""
        return [Piece("", body) for body in lay_out(message.blocks, self, limits.body, utf16)]

    def span(self, span: Span) -> str:
        """`**[text](link)**`."""
        text = inert(span.text, brackets=False)
        if span.url:
            text = f"[{text or span.url}]({f'<{span.url}>' if self.preview else span.url})"
        # A space next to the asterisks would undo them.
        return f"**{text}**" if span.strong and text == text.strip() and text else text
