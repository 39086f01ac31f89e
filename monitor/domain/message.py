"""Alert → Message: the words an analyst reads.

Everything that comes from a feed is hostile: it is put on one line, stripped of control and bidirectional override
characters, and only http and https links are shown. The text stays plain; the notifier escapes it for its service.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote, urlsplit

from monitor.domain.alert import News
from monitor.domain.hit import Hit
from monitor.domain.route import UNKNOWN, Route

SUBJECT_CHARS = 150
"""Longest subject: what mail readers and phones show at all."""

DIGEST_CHARS = 3500
"""Longest list of a digest; most chat services take 4000 characters a message."""

_HEADLINE_CHARS = 300
_DIGEST_HEADLINE_CHARS = 140
_OUTLET_CHARS = 80
_GIST_CHARS = 320
_URL_CHARS = 1000
_WHY_TERMS = 6
_COUNTRIES = 8


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
class PendingAlert:
    """An alert leased for sending, with everything its message says; a digest carries many notices."""

    id: int
    channel: str
    reason: str
    key: str
    created_at: datetime
    attempts: int
    notices: tuple[Notice, ...]


@dataclass(frozen=True, slots=True)
class Message:
    """A message ready for a channel: plain text subject and body, escaped by the notifier for its service."""

    subject: str
    body: str
    key: str  # idempotency key


def write(
    pending: PendingAlert,
    *,
    signal_labels: Mapping[str, str] | None = None,
    country_names: Mapping[str, str] | None = None,
    public_url: str = "",
) -> Message:
    """Write what `pending` tells: one story in full, or the lines of a digest.

    Args:
        pending: an alert with at least one notice.
        signal_labels: how to call a signal; by default its name with spaces for underscores.
        country_names: how to call a country, by its ISO code; by default the code itself.
        public_url: where the review pages are served; empty = no link to them.
    """
    labels = signal_labels or {}
    if len(pending.notices) == 1:
        notice = pending.notices[0]
        body = _body(notice, pending.id, labels, country_names or {}, public_url)
        return Message(_subject(notice, labels), body, pending.key)
    count = len(pending.notices)
    subject = f"{count} more alerts" if count else "No more alerts"
    return Message(subject, _digest(pending.notices, pending.id, labels), pending.key)


def label(signal: str, labels: Mapping[str, str]) -> str:
    """How a person calls a signal: `human_trafficking` → `Human trafficking`."""
    return labels.get(signal) or signal.replace("_", " ").capitalize()


def one_line(text: str, limit: int) -> str:
    """Foreign text as one line of at most `limit` characters, without control, override or broken characters."""
    kept = "".join(char if unicodedata.category(char) not in _UNSAFE else _SAFE_FORMAT.get(char, " ") for char in text)
    line = " ".join(kept.split())
    return line if len(line) <= limit else f"{line[: limit - 1].rstrip()}…"


_UNSAFE = {"Cc", "Cf", "Cs", "Zl", "Zp"}
_SAFE_FORMAT = {
    "\u200c": "\u200c",  # joiners: Persian, Indic scripts and emoji are wrong without them
    "\u200d": "\u200d",
    "\u00ad": "",
    "\u200b": "",
    "\ufeff": "",
}


def web_link(url: str) -> str:
    """`url` where it is an http or https link that cannot end early in a message; else empty."""
    try:
        parts = urlsplit(url.strip())
        host = parts.hostname
    except ValueError:
        return ""
    if parts.scheme.lower() not in {"http", "https"} or not host or ":" in host:
        return ""
    # What ends a link or starts markup in some service is percent-encoded; valid URLs do not hold it bare.
    link = quote(parts.geturl(), safe="%/:?#@!$&*+,;=~-._", encoding="utf-8", errors="replace")
    return link if len(link) <= _URL_CHARS else ""


def gist(title: str, summary: str) -> str:
    """At most two sentences of an item's own words, shortened at a sentence; empty where they only repeat the title."""
    text = one_line(summary, 10 * _GIST_CHARS)
    headline = one_line(title, len(title) + 1)
    if headline and text.casefold().startswith(headline.casefold()):
        text = text[len(headline) :].lstrip(" .:;-–—|")
    taken = ""
    for sentence in _sentences(text)[:2]:
        longer = f"{taken}{'' if taken.endswith(_UNSPACED_END) else ' '}{sentence}".strip()
        if len(longer) > _GIST_CHARS:
            break
        taken = longer
    if taken or not text:
        return taken
    cut = text[: _GIST_CHARS - 1]
    return f"{cut.rsplit(' ', 1)[0] if ' ' in cut else cut}…"


_SENTENCE_END = re.compile(r"(?<=[.!?؟।።])\s+(?=[^\Wa-zа-я_]|[\"'“‘«(])|(?<=[。！？])")
_UNSPACED_END = ("。", "！", "？")
_ABBREVIATED = re.compile(r"(?:\b\w|\b(?:Mr|Mrs|Ms|Dr|Prof|Gen|Col|Lt|Sgt|Gov|Sen|Rep|Rev|St|No|vs))\.$")


def _sentences(text: str) -> list[str]:
    sentences: list[str] = []
    for part in filter(None, _SENTENCE_END.split(text)):
        if sentences and _ABBREVIATED.search(sentences[-1]):
            sentences[-1] += f" {part}"
        else:
            sentences.append(part.strip())
    return sentences


def _strongest(notice: Notice) -> list[tuple[Hit, Telling]]:
    """For each signal its highest hit in the story, highest first."""
    best: dict[str, tuple[Hit, Telling]] = {}
    for telling in notice.tellings:
        for hit in telling.hits:
            if hit.signal not in best or hit.score > best[hit.signal][0].score:
                best[hit.signal] = (hit, telling)
    return sorted(best.values(), key=lambda pair: (-pair[0].score, pair[0].signal))


def _subject(notice: Notice, labels: Mapping[str, str]) -> str:
    return one_line(f"{_tag(_strongest(notice), labels)} {_headline(notice)}", SUBJECT_CHARS)


def _tag(strongest: Iterable[tuple[Hit, Telling]], labels: Mapping[str, str]) -> str:
    scored = ", ".join(f"{label(hit.signal, labels)} {hit.score:.2f}" for hit, _ in strongest)
    return f"[{scored or 'No score kept'}]"


def _headline(notice: Notice) -> str:
    titles = [*(telling.title for telling in notice.tellings[:1]), notice.title]
    return next(filter(None, (one_line(title, _HEADLINE_CHARS) for title in titles)), "(no headline)")


def _body(
    notice: Notice, alert_id: int, labels: Mapping[str, str], country_names: Mapping[str, str], public_url: str
) -> str:
    strongest = _strongest(notice)
    if not notice.tellings:  # its items have been pruned since
        return "\n\n".join([_headline(notice), "\n".join(_closing(alert_id, strongest, notice.story_id, public_url))])
    leading = notice.tellings[0]
    told = gist(leading.title, leading.summary)
    blocks = [
        [_headline(notice), web_link(leading.url) or "(no link)"],
        [_outlets(notice), _times(leading), *_countries(notice, country_names)],
        [told] if told else [],
        [line for hit, telling in strongest for line in _signal_lines(hit, telling.lang, labels)],
        _closing(alert_id, strongest, notice.story_id, public_url),
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block)


def _outlets(notice: Notice) -> str:
    name = one_line(notice.tellings[0].outlet, _OUTLET_CHARS) or "unknown outlet"
    others = notice.outlets - 1
    if others < 1:
        return f"Outlet: {name}"
    return f"Outlet: {name} and {others} other{'s' if others > 1 else ''}"


def _countries(notice: Notice, country_names: Mapping[str, str]) -> Iterable[str]:
    """The countries the story names, the leading item's first: who went where, a list cannot say for certain."""
    codes = dict.fromkeys(code for telling in notice.tellings for code in telling.countries)
    if codes:
        listed = [country_names.get(code, code) for code in codes][:_COUNTRIES]
        more = len(codes) - len(listed)
        yield f"Countries: {', '.join(listed)}{f' and {more} more' if more else ''}"


def _times(telling: Telling) -> str:
    seen = _utc(telling.first_seen_at)
    if telling.published_at is None:
        return f"Published: no date given; seen {seen}"
    return f"Published: {_utc(telling.published_at)}; seen {seen}"


def _utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _signal_lines(hit: Hit, lang: str | None, labels: Mapping[str, str]) -> Iterable[str]:
    text = ", scored on the full text" if hit.on_fulltext else ""
    yield f"{label(hit.signal, labels)}: {hit.score:.2f} (threshold {hit.threshold:.2f}, model {hit.model_id}{text})"
    if not hit.confident:
        yield f"Low confidence: {f'language {lang} is' if lang else 'its language is unknown,'} not among the model's"
    terms = [one_line(term.term, 60) for term in hit.why if term.weight > 0][:_WHY_TERMS]
    if terms:
        yield f"Why: {', '.join(terms)}"


def _closing(alert_id: int, strongest: Sequence[tuple[Hit, Telling]], story_id: int, public_url: str) -> list[str]:
    lines = [f"Right or wrong? monitor label {telling.item_id} {hit.signal} yes|no" for hit, telling in strongest]
    if public_url:
        lines.append(f"Review: {public_url.rstrip('/')}/stories/{story_id}")
    return [*lines, f"Alert {alert_id}"]


def _digest(notices: Sequence[Notice], alert_id: int, labels: Mapping[str, str]) -> str:
    ranked = sorted(((_strongest(notice), notice) for notice in notices), key=_rank)
    lines: list[str] = []
    room = DIGEST_CHARS
    for strongest, notice in ranked:
        line = _digest_line(strongest, notice, labels)
        room -= len(line) + 1
        if room < 0 and lines:
            break
        lines.append(line)
    left = len(notices) - len(lines)
    if left:
        lines.append(f"and {left} more: monitor alerts")
    return "\n".join([*lines, "", f"Alert {alert_id}"])


def _rank(entry: tuple[Sequence[tuple[Hit, Telling]], Notice]) -> tuple[float, int]:
    strongest, notice = entry
    return (-strongest[0][0].score if strongest else 0.0, notice.story_id)


def _digest_line(strongest: Sequence[tuple[Hit, Telling]], notice: Notice, labels: Mapping[str, str]) -> str:
    telling = notice.tellings[0] if notice.tellings else None
    outlet = one_line(telling.outlet, _OUTLET_CHARS) if telling else ""
    link = web_link(telling.url) if telling else ""
    headline = one_line(_headline(notice), _DIGEST_HEADLINE_CHARS)
    return " ".join(filter(None, [_tag(strongest, labels), headline, f"({outlet})" if outlet else "", link]))
