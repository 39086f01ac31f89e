"""Alert → Message: which words an analyst reads, in which order, and what a restrained message leaves unsaid."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import floor

from monitor.domain.alert import News, Reason
from monitor.domain.foreign import gist, one_line, outlet_name, web_link
from monitor.domain.hit import Hit
from monitor.domain.message import Block, Line, Message, Notice, Part, PendingAlert, Span, Telling, note, plain_line
from monitor.domain.route import Route, together

SUBJECT_CHARS = 150
"""Longest subject: what mail readers and phones show at all."""

DIGEST_CHARS = 3500
"""Longest list of a digest; most chat services take 4000 characters a message."""

_HEADLINE_CHARS = 300
_DIGEST_HEADLINE_CHARS = 140
_OUTLET_CHARS = 80
_WHY_TERMS = 6
_COUNTRIES = 8

Ranked = Sequence[tuple[Hit, Telling]]


@dataclass(frozen=True, slots=True)
class Voice:
    """How messages are worded.

    Attributes:
        country_names: how to call a country, by its ISO code; by default the code itself.
        signal_labels: how to call a signal; by default its name with spaces for underscores.
        public_url: where the pages are served; empty = no link to them.
        restrained: nothing of an item's own words, so that no victim is named: no headline, gist, words that weighed,
            or link to the article, whose address often spells the headline.
    """

    country_names: Mapping[str, str] = field(default_factory=dict)
    signal_labels: Mapping[str, str] = field(default_factory=dict)
    public_url: str = ""
    restrained: bool = False

    def signal(self, name: str) -> str:
        """How a person calls a signal: `human_trafficking` → `Human trafficking`."""
        return self.signal_labels.get(name) or name.replace("_", " ").capitalize()

    def countries(self, codes: Iterable[str]) -> str:
        """The countries by name, the first few of them."""
        names = [self.country_names.get(code, code) for code in codes]
        more = len(names) - _COUNTRIES
        return ", ".join(names[:_COUNTRIES]) + (f" and {more} more" if more > 0 else "")

    def page(self, path: str) -> str:
        """The address of one of our pages; empty where they are not reachable."""
        return f"{self.public_url.rstrip('/')}/{path}" if self.public_url else ""


PLAIN_VOICE = Voice()
"""Codes for countries, no links to our pages."""


def score_text(score: float) -> str:
    """A score to two places, cut and not rounded: 0.9996 is not certain, and 0.799 has not reached 0.8."""
    return f"{floor(score * 100 + 1e-9) / 100:.2f}"


def write(pending: PendingAlert, voice: Voice = PLAIN_VOICE) -> Message:
    """Write what `pending` tells: one story in full, or the lines of a digest."""
    if pending.memo is not None:
        return note(pending.memo.subject, [*pending.memo.lines, f"Alert {pending.id}"], pending.key)
    if len(pending.notices) == 1:
        return _full(pending, pending.notices[0], voice)
    return _digest(pending, voice)


def _full(pending: PendingAlert, notice: Notice, voice: Voice) -> Message:
    strongest = _strongest(notice)
    leading = notice.tellings[0] if notice.tellings else None  # its items may have been pruned since
    told = gist(leading.title, leading.summary) if leading and not voice.restrained else ""
    blocks = (
        Block(Part.TAG, ((Span(_tag(strongest, voice), strong=True),),)),
        Block(Part.NEWS, ((Span(f"Update: {_news(notice, voice)}", strong=True),),) if notice.news else ()),
        Block(Part.HEADLINE, tuple(_headline_lines(notice, voice))),
        Block(Part.FACTS, _lines([_outlets(notice), _times(leading), _countries(notice, voice)] if leading else ())),
        Block(Part.GIST, ((Span(f"“{told}”"),),) if told else ()),
        Block(Part.SCORES, tuple(line for pair in strongest for line in _score_lines(*pair, voice))),
        Block(Part.ACTIONS, tuple(_actions(pending.id, notice, strongest, voice))),
        Block(Part.ID, _lines([f"Alert {pending.id}"])),
    )
    return Message(_subject(notice, strongest, voice), tuple(block for block in blocks if block.lines), pending.key)


def _lines(texts: Iterable[str]) -> tuple[Line, ...]:
    return tuple((Span(text),) for text in texts if text)


def _strongest(notice: Notice) -> list[tuple[Hit, Telling]]:
    """For each signal its highest hit in the story, highest first."""
    best: dict[str, tuple[Hit, Telling]] = {}
    for telling in notice.tellings:
        for hit in telling.hits:
            if hit.signal not in best or hit.score > best[hit.signal][0].score:
                best[hit.signal] = (hit, telling)
    return sorted(best.values(), key=lambda pair: (-pair[0].score, pair[0].signal))


def _subject(notice: Notice, strongest: Ranked, voice: Voice) -> str:
    update = "Update: " if notice.news else ""
    return one_line(f"[{_tag(strongest, voice)}] {update}{_headline(notice, voice)}", SUBJECT_CHARS)


def _tag(strongest: Ranked, voice: Voice) -> str:
    return ", ".join(f"{voice.signal(hit.signal)} {score_text(hit.score)}" for hit, _ in strongest) or "No score kept"


def _headline(notice: Notice, voice: Voice) -> str:
    if voice.restrained:
        countries = _countries(notice, voice, label="")
        return f"Story {notice.story_id}{f': {countries}' if countries else ''}"
    titles = [*(telling.title for telling in notice.tellings[:1]), notice.title]
    return next(filter(None, (one_line(title, _HEADLINE_CHARS) for title in titles)), "(no headline)")


def _headline_lines(notice: Notice, voice: Voice) -> Iterable[Line]:
    headline = _headline(notice, voice)
    if voice.restrained or not notice.tellings:
        yield (Span(headline, strong=True),)
        return
    link = web_link(notice.tellings[0].url)
    yield (Span(headline, link, strong=True),)
    if not link:
        yield (Span("(no link)"),)


def _news(notice: Notice, voice: Voice) -> str:
    return "; ".join(_one_news(news, notice, voice) for news in notice.news)


def _one_news(news: News, notice: Notice, voice: Voice) -> str:
    if news.reason is Reason.SCORE_BAND_UP:
        return f"score now {news.value} or more"
    if news.reason is Reason.NEW_COUNTRY:
        return f"now names {voice.countries([news.value])}"
    return f"now {notice.outlets} outlets"


def _outlets(notice: Notice) -> str:
    name = outlet_name(notice.tellings[0].outlet, _OUTLET_CHARS) or "unknown outlet"
    others = notice.outlets - 1
    if others < 1:
        return f"Outlet: {name}"
    return f"Outlet: {name} and {others} other{'s' if others > 1 else ''}"


def _countries(notice: Notice, voice: Voice, *, label: str = "Countries: ") -> str:
    codes = [code for telling in notice.tellings for code in telling.countries]
    told = whereabouts(codes, [telling.route for telling in notice.tellings], voice, others=bool(label))
    return f"{label}{told}" if told else ""


def whereabouts(countries: Iterable[str], routes: Iterable[Route], voice: Voice, *, others: bool = True) -> str:
    """Who goes where, as far as the reports say so, then the other countries they name; else all they name.

    Args:
        countries: as the reports name them, the leading one's first; repeated ones count once.
        routes: one for each report.
        voice: how to call them.
        others: whether to name those that are not on the route.
    """
    codes, route = dict.fromkeys(countries), together(routes)
    if not route:
        return voice.countries(codes)
    arrow = f"{voice.countries(route.origins)} → {voice.countries(route.destinations)}"
    aside = [code for code in codes if code not in {*route.origins, *route.destinations}]
    return f"{arrow}; also named: {voice.countries(aside)}" if aside and others else arrow


def _times(telling: Telling) -> str:
    seen = _utc(telling.first_seen_at)
    if telling.published_at is None:
        return f"Published: no date given; seen {seen}"
    return f"Published: {_utc(telling.published_at)}; seen {seen}"


def _utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _score_lines(hit: Hit, telling: Telling, voice: Voice) -> Iterable[Line]:
    text = ", scored on the full text" if hit.on_fulltext else ""
    told = f" (threshold {hit.threshold:.2f}, model {hit.model_id}{text})"
    yield Span(f"{voice.signal(hit.signal)}: "), Span(score_text(hit.score), strong=True), Span(told)
    if not hit.confident:
        lang = one_line(telling.lang or "", 20)
        language = f"language {lang} is" if lang else "its language is unknown,"
        yield (Span(f"Low confidence: {language} not among the model's"),)
    terms = [one_line(term.term, 60) for term in hit.why if term.weight > 0][:_WHY_TERMS]
    if terms and not voice.restrained:
        yield (Span(f"Why: {', '.join(terms)}"),)


def _actions(alert_id: int, notice: Notice, strongest: Ranked, voice: Voice) -> Iterable[Line]:
    if page := voice.page(f"stories/{notice.story_id}"):
        yield (Span("Open the story", page),)
        if strongest:
            yield (Span("Right or wrong?", f"{page}#item-{strongest[0][1].item_id}"),)
        return
    if voice.restrained:
        yield (Span(f"Read it: monitor alerts show {alert_id}"),)
    for hit, telling in strongest:
        yield (Span(f"Right or wrong? monitor label {telling.item_id} {hit.signal} yes (or no)"),)


def _digest(pending: PendingAlert, voice: Voice) -> Message:
    notices = pending.notices
    subject = f"{len(notices)} more alerts" if notices else "No more alerts"
    ranked = sorted(((_strongest(notice), notice) for notice in notices), key=_rank)
    entries: list[Line] = []
    room = DIGEST_CHARS
    for strongest, notice in ranked:
        entry = _entry(strongest, notice, voice)
        room -= len(plain_line(entry, Part.ENTRY)) + 1
        if room < 0 and entries:
            break
        entries.append(entry)
    left = len(notices) - len(entries)
    more = Span(f"and {left} more:" if voice.public_url else f"and {left} more: monitor alerts", voice.page(""))
    blocks = (
        Block(Part.TAG, ((Span(subject, strong=True),),)),
        Block(Part.ENTRY, tuple(entries)),
        Block(Part.ACTIONS, ((more,),) if left else ()),
        Block(Part.ID, _lines([f"Alert {pending.id}"])),
    )
    return Message(subject, tuple(block for block in blocks if block.lines), pending.key)


def _rank(entry: tuple[Ranked, Notice]) -> tuple[float, int]:
    strongest, notice = entry
    return (-strongest[0][0].score if strongest else 0.0, notice.story_id)


def _entry(strongest: Ranked, notice: Notice, voice: Voice) -> Line:
    telling = notice.tellings[0] if notice.tellings else None
    headline = one_line(_headline(notice, voice), _DIGEST_HEADLINE_CHARS)
    link = voice.page(f"stories/{notice.story_id}") if voice.restrained else web_link(telling.url) if telling else ""
    behind = [
        outlet_name(telling.outlet, _OUTLET_CHARS) if telling else "",
        f"update: {_news(notice, voice)}" if notice.news else "",
        "" if all(hit.confident for hit, _ in strongest) else "low confidence",
    ]
    told = ", ".join(filter(None, behind))
    tag = Span(f"[{_tag(strongest, voice)}] ")
    return (tag, Span(headline, link, strong=True), *([Span(f" ({told})")] if told else []))
