"""What a publisher wrote about one entry → Item: plain text, bounded, with a language and an identity."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from monitor.adapters.language import detect_all
from monitor.adapters.links import canonical_url
from monitor.adapters.plaintext import shortened, to_text
from monitor.domain.item import Item, identity_of

SUMMARY_LIMIT = 4_000
TITLE_LIMIT = 500
GUID_LIMIT = 1_000
"""Characters stored. A longer guid is identified by all of it."""

STAND_IN_LIMIT = 100
"""Characters of the summary that stand in for a missing title."""

CLOCK_SKEW = timedelta(minutes=10)
"""A date this far ahead is a publisher's fast clock."""

AHEAD_LIMIT = timedelta(days=2)
"""A date further ahead than a wrong time zone or an embargo explains is no date at all."""

EARLIEST_YEAR = 1990

_REVISION = re.compile(r"\d{0,3}", re.ASCII)


def item_from(
    *,
    guid: str,
    url: str,
    title: str,
    texts: Iterable[str],
    date: datetime | None,
    now: datetime,
    lang: str | None = None,
) -> Item:
    """An item of what was published, in the language it is declared to be in.

    Args:
        guid: as published, possibly empty.
        url: canonical, possibly empty.
        title: text or markup.
        texts: summary and content, as text or markup; the longest is taken.
        date: as declared, timezone-aware, even where absurd.
        now: dates ahead of it are corrected.
        lang: ISO 639-1 code that it, or its feed for all it lists, declares; see `in_their_languages`.
    """
    guid = guid.strip()
    summary = shortened(max((to_text(text) for text in texts), key=len, default=""), SUMMARY_LIMIT)
    title = shortened(to_text(title), TITLE_LIMIT) or shortened(summary, STAND_IN_LIMIT)
    return Item(
        guid=guid[:GUID_LIMIT],
        url=url,
        title=title,
        summary=summary,
        lang=lang,
        published_at=_plausible(date, now),
        identity=identity_of(_guid_key(guid), url, title, date),
    )


def in_their_languages(items: Sequence[Item]) -> list[Item]:
    """The items in the languages that they are written in: what was declared, unless the text speaks against it."""
    langs = languages_of([(item.title, item.summary) for item in items], [item.lang for item in items])
    return [item if item.lang == lang else replace(item, lang=lang) for item, lang in zip(items, langs, strict=True)]


def languages_of(texts: Iterable[tuple[str, str]], priors: Sequence[str | None]) -> list[str | None]:
    """ISO 639-1 codes of titles and what follows them; `priors` are what was declared."""
    return detect_all([f"{title}. {summary}" for title, summary in texts], priors)


def _guid_key(guid: str) -> str:
    """A guid that is a URL, in its canonical form. Its fragment may name the entry, unless it counts revisions."""
    if "://" not in guid and guid.isprintable():  # no URL, nor one that something invisible breaks
        return guid
    canonical = canonical_url(guid)
    fragment = guid.partition("#")[2]
    if not canonical:
        return guid
    return canonical if _REVISION.fullmatch(fragment) else f"{canonical}#{fragment}"


def _plausible(date: datetime | None, now: datetime) -> datetime | None:
    """Never in the future: slightly ahead is now, far ahead is unknown, as is anything before there were feeds."""
    if date is None or date.year < EARLIEST_YEAR or date - now > AHEAD_LIMIT:
        return None
    return now if date - now > CLOCK_SKEW else min(date, now)
