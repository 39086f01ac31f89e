"""Alert → Message: the words an analyst reads."""

from dataclasses import dataclass
from datetime import datetime

from monitor.domain.hit import Hit


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


@dataclass(frozen=True, slots=True)
class Notice:
    """Everything a message may say about one story; the first telling is the leading one."""

    story_id: int
    title: str
    tellings: tuple[Telling, ...]
    outlets: int


@dataclass(frozen=True, slots=True)
class Message:
    """A message ready for a channel: plain text subject and body, escaped by the notifier for its service."""

    subject: str
    body: str
    key: str  # idempotency key
