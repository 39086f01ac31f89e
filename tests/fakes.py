"""Small stateful stand-ins for the ports; those of the stores are in `memory.py`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from monitor.domain.feed import FetchRequest, ParsedFeed, Retrieved, Unchanged
from monitor.domain.item import Item
from monitor.domain.message import Message
from monitor.domain.route import UNKNOWN, Route
from monitor.domain.score import Reasons, Score, Term
from monitor.errors import DeliveryError, FetchError, ParseError
from monitor.ports import ScoredItem


@dataclass
class FakeClock:
    """A clock that stands still until told otherwise, with constant jitter."""

    time: datetime
    luck: float = 0.0

    def now(self) -> datetime:
        return self.time

    def jitter(self) -> float:
        return self.luck

    def advance(self, by: timedelta) -> None:
        self.time += by


@dataclass
class FakeFetcher:
    """Answers by URL; a FetchError among the answers is raised. Remembers what it was asked."""

    answers: dict[str, Retrieved | Unchanged | FetchError]
    requests: list[FetchRequest] = field(default_factory=list)

    async def fetch(self, request: FetchRequest) -> Retrieved | Unchanged:
        self.requests.append(request)
        answer = self.answers.get(request.url, FetchError(f"{request.url}: no such host", reason="dns"))
        if isinstance(answer, FetchError):
            raise answer
        return answer


@dataclass
class FakeParser:
    """Answers by body; a ParseError among the answers is raised, and so is one for an unknown body."""

    answers: dict[bytes, ParsedFeed | ParseError]

    async def parse(self, retrieved: Retrieved, now: datetime) -> ParsedFeed:
        del now
        answer = self.answers.get(retrieved.body, ParseError(f"{retrieved.url}: not a feed", reason="malformed"))
        if isinstance(answer, ParseError):
            raise answer
        return answer


@dataclass
class FakeReader:
    """Answers by URL; any other page cannot be fetched. Remembers what it was asked."""

    texts: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    async def read(self, url: str, user_agent: str | None = None) -> str:
        del user_agent
        self.asked.append(url)
        if url not in self.texts:
            raise FetchError(f"{url}: no such page", reason="http_404")
        return self.texts[url]


@dataclass
class FakeScorer:
    """Scores a signal with the highest value among its words that occur in the item, else 0; a FirstLooks too."""

    words: Mapping[str, Mapping[str, float]]  # signal → word → score
    model_id: str = "fake-1"
    languages: tuple[str | None, ...] = ("en", None)  # in others it is not confident

    @property
    def signals(self) -> tuple[str, ...]:
        return tuple(self.words)

    def score(self, items: Sequence[Item]) -> list[tuple[Score, ...]]:
        return [
            tuple(Score(signal, self._value(item, signal), self.model_id) for signal in self.words) for item in items
        ]

    async def take(self, items: Sequence[Item]) -> list[ScoredItem]:
        return [ScoredItem(item, scores) for item, scores in zip(items, self.score(items), strict=True)]

    def why(self, item: Item, signal: str) -> Reasons:
        found = sorted(self._found(item, signal).items(), key=lambda pair: (-pair[1], pair[0]))
        terms = tuple(Term(word, value) for word, value in found)
        return Reasons(terms, f"{signal}/nearest.txt", item.lang in self.languages)

    def _value(self, item: Item, signal: str) -> float:
        return max(self._found(item, signal).values(), default=0.0)

    def _found(self, item: Item, signal: str) -> dict[str, float]:
        text = f"{item.title} {item.summary}".casefold()
        return {word: value for word, value in self.words[signal].items() if word in text}


@dataclass
class FakeGeographer:
    """Knows the countries it was told of, by words in the text. Remembers what it was asked."""

    words: Mapping[str, str] = field(default_factory=dict)  # word → code
    asked: list[str] = field(default_factory=list)

    def ready(self) -> None:
        """There is nothing to read."""

    def countries(self, text: str, lang: str | None = None) -> tuple[str, ...]:
        del lang
        self.asked.append(text)
        found = {text.index(word): code for word, code in self.words.items() if word in text}
        return tuple(dict.fromkeys(found[place] for place in sorted(found)))

    def route(self, text: str, lang: str | None = None) -> Route:
        """From the first country to the last, where there are two."""
        del lang
        found = sorted((text.index(word), code) for word, code in self.words.items() if word in text)
        return Route((found[0][1],), (found[-1][1],)) if len(found) > 1 else UNKNOWN


@dataclass
class FakeNotifier:
    """Keeps what it sent, by channel; `failures` are raised one after the other before a channel works."""

    failures: dict[str, list[DeliveryError]] = field(default_factory=dict)
    sent: list[tuple[str, Message]] = field(default_factory=list)

    async def send(self, channel: str, message: Message) -> None:
        if waiting := self.failures.get(channel):
            raise waiting.pop(0)
        self.sent.append((channel, message))
