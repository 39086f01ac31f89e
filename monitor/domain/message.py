"""Alert → Message: what an alert has to tell, and a message as parts that each service puts into its own markup."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from monitor.domain.alert import News
from monitor.domain.hit import Hit
from monitor.domain.route import UNKNOWN, Route


@dataclass(frozen=True, slots=True)
class Telling:
    """One item of a story, as an alert tells it."""

    item_id: int
    title: str
    summary: str
    url: str
    outlet: str
    published_at: datetime | None
    first_seen_at: datetime
    hits: tuple[Hit, ...]
    countries: tuple[str, ...] = ()  # that it names, ISO 3166 alpha-2, in order of first mention
    route: Route = UNKNOWN  # where people are taken from and to; see `route.together` for a story's
    lang: str | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """Everything a message may say about one story; the first telling is the leading one.

    Attributes:
        outlets: how many told it.
        news: what is new for a channel that was told before, the strongest first; empty = it is told the first time.
    """

    story_id: int
    title: str
    tellings: tuple[Telling, ...]
    outlets: int
    news: tuple[News, ...] = ()


@dataclass(frozen=True, slots=True)
class Memo:
    """What an alert about no story says, in our own words."""

    subject: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PendingAlert:
    """An alert leased for sending, with everything its message says; a digest carries many notices."""

    id: int
    channel: str
    reason: str
    key: str
    created_at: datetime
    attempts: int
    notices: tuple[Notice, ...]
    memo: Memo | None = None  # in place of notices, where it is about no story


class Part(StrEnum):
    """What a block of a message is; a service may show a part in its own way, or leave it out where room is short."""

    TAG = "tag"  # what the subject begins with, for services that show none
    NEWS = "news"  # what is new, in an update
    HEADLINE = "headline"
    FACTS = "facts"  # outlet, time, countries
    GIST = "gist"
    SCORES = "scores"  # with the words that weighed
    ENTRY = "entry"  # one story of a digest
    NOTE = "note"
    ACTIONS = "actions"  # where to look on and say yes or no
    ID = "id"


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of text without markup, on one line; `url` makes it a link, http or https."""

    text: str
    url: str = ""
    strong: bool = False


Line = tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """Lines that belong together."""

    part: Part
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Message:
    """A message ready for any channel. No text in it is markup yet; each service's renderer escapes it."""

    subject: str
    blocks: tuple[Block, ...]
    key: str  # idempotency key

    @property
    def body(self) -> str:
        """The message without its subject as plain text, each link behind the words of its line."""
        blocks = (block for block in self.blocks if block.part is not Part.TAG)
        return "\n\n".join("\n".join(plain_line(line, block.part) for line in block.lines) for block in blocks)


def plain_line(line: Line, part: Part) -> str:
    """A line as plain text: its words, then its links, so that nothing follows a link on its line."""
    links = dict.fromkeys(span.url for span in line if span.url)
    gap = "\n" if part is Part.HEADLINE else " "
    return gap.join(filter(None, ["".join(span.text for span in line), *links]))


def note(subject: str, lines: Iterable[str], key: str) -> Message:
    """A message of our own that is about no story, such as a test or word of a failing feed."""
    told = Block(Part.NOTE, tuple((Span(line),) for line in lines))
    return Message(subject, (Block(Part.TAG, ((Span(subject, strong=True),),)), told), key)
