"""How values are held in the database, and an item as the columns it is stored in: made where it was scored."""

import json
from datetime import UTC, datetime

from monitor.domain.fulltext import UNASKED
from monitor.ports import Filed, ScoredItem

ARTICLE_KEPT = 4_000
"""Characters of an article that are stored, as many as of a summary."""

ITEM = ("guid", "url", "title", "summary", "lang", "published_at", "fulltext", "article")
"""The columns that `Filed.columns` begins with; whether an article was asked for comes last."""

SCORE = ("signal", "score", "model_id", "on_fulltext")
"""The columns of each of `Filed.scores`."""

INDEXED = 0.01
"""Scores below are not found by their size: of a thousand, three are above. Spelt out in the migration that says so."""

TELLING = f"score >= {INDEXED}"
"""Part of each statement that looks for scores by their size; without it, SQLite does not use their index."""


def to_text(time: datetime) -> str:
    """A time as the database holds it: `2026-11-23T08:40:00.000000Z`. A naive time is a mistake: ValueError."""
    if time.tzinfo is None:
        raise ValueError(f"{time!r} has no time zone")
    utc = time if time.tzinfo is UTC else time.astimezone(UTC)
    return utc.isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


def to_time(text: str) -> datetime:
    """The time a column holds, timezone-aware UTC."""
    return datetime.fromisoformat(text)


def maybe_text(time: datetime | None) -> str | None:
    """Like `to_text`, where None stays None."""
    return None if time is None else to_text(time)


def maybe_time(text: str | None) -> datetime | None:
    """Like `to_time`, where None stays None."""
    return None if text is None else to_time(text)


def to_json(value: object) -> str:
    """JSON text, readable in any script."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def storable(text: str) -> str:
    """The text with half characters (lone surrogates), which UTF-8 cannot hold, replaced."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def filed(scored: ScoredItem, told_at: datetime | None = None) -> Filed:
    """The item made ready to be stored.

    Of its article the words are kept, and no more of them than of a summary, where a hit stands on them: for whoever
    reviews it, and for a verdict to teach the words that were scored.

    Args:
        scored: what was decided about it, but for its story.
        told_at: when an archive tells it; None for a poll's, which are told now.
    """
    item, look = scored.item, scored.look
    kept = scored.article if any(hit.on_fulltext for hit in scored.hits) else None
    return Filed(
        item.identity,
        (
            storable(item.guid),
            storable(item.url),
            storable(item.title),
            storable(item.summary),
            item.lang,
            maybe_text(item.published_at),
            look,
            None if kept is None else storable(kept.summary[:ARTICLE_KEPT]),
            look is not None and look not in UNASKED,
        ),
        tuple((one.signal, one.value, one.model_id, one.on_fulltext) for one in scored.scores),
        scored if scored.hits or scored.story_id is not None else None,
        told_at if scored.hits else None,
    )
