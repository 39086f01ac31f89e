"""What `tune` reads: a signal's scores over a period of the stored stream, the low ones only as a sum.

Memory stays bounded whatever is stored: at most `MOST` items come as rows.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.adapters.columns import INDEXED, TELLING, to_text, to_time
from monitor.adapters.database import Database, Row
from monitor.domain.alert import OLD_NEWS_AFTER
from monitor.domain.retelling import Candidate
from monitor.domain.tuning import Stream

MOST = 10_000
"""Items above the floor that are looked at one by one, the highest first: dozens of alerts a day over a year."""

PERIOD = timedelta(days=30)
"""Looked at by default, back from the last item stored."""

_TEXT_CHARS = 2000  # as much of a summary as story assignment compares
_SAMPLED = 10_000  # items that show whether this is an archive

_LATE = f"published_at < strftime('%Y-%m-%dT%H:%M:%S', first_seen_at, '-{OLD_NEWS_AFTER.total_seconds():.0f} seconds')"

# CROSS JOIN keeps SQLite to the order given: of items few are of the period, of scores few reach the floor.
_COUNTED = """
SELECT count(*) AS items, min({time}) AS first, max({time}) AS last,
    total(CASE WHEN score < :floor THEN score END) AS below
FROM items CROSS JOIN scores ON item_id = items.id AND signal = :signal WHERE {time} >= :since
"""

_HIGHEST = f"""
SELECT item_id, title, substr(summary, 1, {_TEXT_CHARS}) AS summary, lang, {{time}} AS at, score, model_id,
    (SELECT story_id FROM hits WHERE hits.item_id = items.id AND story_id IS NOT NULL) AS story_id,
    (SELECT verdict FROM verdicts WHERE verdicts.item_id = items.id AND verdicts.signal = :signal) AS verdict
FROM scores CROSS JOIN items ON items.id = item_id
WHERE signal = :signal AND {TELLING} AND score >= :floor AND {{time}} >= :since {{late}}
ORDER BY score DESC, item_id LIMIT {MOST + 1}
"""  # noqa: S608  # our own words


@dataclass(frozen=True, slots=True)
class Reading:
    """A period as read.

    Attributes:
        models: ids of the models that gave the scores above the floor.
        capped: more than MOST items reach the floor asked for, so the stream's floor is higher.
        archive: most items were published long before they were stored, so the time of publication counts.
    """

    stream: Stream
    models: frozenset[str]
    capped: bool
    archive: bool


class StreamReader:
    """Reads the stored stream. Raises StorageError where the database fails."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def read(self, signal: str, since: datetime | None, floor: float) -> Reading | None:
        """The signal's scores since then, by default of the last `PERIOD`; None where there are none.

        As in the pipeline, news that was old when first seen raises nothing, unless the database is an archive. A floor
        below INDEXED is raised to it.
        """
        archive = self._is_archive()
        time = "coalesce(published_at, first_seen_at)" if archive else "first_seen_at"
        start = since or self._default_start(time)
        if start is None:
            return None
        floor = max(floor, INDEXED)
        known = {"signal": signal, "since": to_text(start), "floor": floor}
        counted = self._database.rows(_COUNTED.format(time=time), known)[0]
        if not counted["items"]:
            return None
        late = "" if archive else f"AND {_LATE} IS NOT TRUE"
        rows = self._database.rows(_HIGHEST.format(time=time, late=late), known)
        capped = len(rows) > MOST
        stream = Stream(
            since=to_time(counted["first"]),
            until=to_time(counted["last"]),
            items=counted["items"],
            floor=rows[MOST]["score"] if capped else floor,
            below=counted["below"],
            candidates=tuple(_candidate(row) for row in rows[:MOST]),
        )
        return Reading(stream, frozenset(row["model_id"] for row in rows), capped, archive)

    def _is_archive(self) -> bool:
        newest = f"SELECT published_at, first_seen_at FROM items ORDER BY id DESC LIMIT {_SAMPLED}"  # noqa: S608 - our own words
        late = self._database.value(f"SELECT avg({_LATE}) FROM ({newest})")  # noqa: S608 - our own words
        return late is not None and late > 0.5

    def _default_start(self, time: str) -> datetime | None:
        last = self._database.value(f"SELECT max({time}) FROM items")  # noqa: S608 - our own words
        return to_time(last) - PERIOD if last else None


def _candidate(row: Row) -> Candidate:
    return Candidate(
        item_id=row["item_id"],
        title=row["title"],
        summary=row["summary"],
        lang=row["lang"],
        at=to_time(row["at"]),
        score=row["score"],
        story_id=row["story_id"],
        verdict=None if row["verdict"] is None else row["verdict"] == "yes",
    )
