"""Ordinary items of the stored stream, from which training learns what the service's own feeds look like.

Nothing is counted as items come in: they are kept for `retention.items` anyway, so what training needs is read from
them. That survives whatever the database survives, grows no further than the retention, and follows the feeds.
"""

from collections.abc import Iterator

from monitor.adapters.database import Database

DOUBTFUL = 0.1
"""An item that scored so high for any signal may well be a report, hit or not."""

_PAGE = 2000

_ORDINARY = f"""
FROM items WHERE lang IS NOT NULL
AND NOT EXISTS (SELECT 1 FROM hits WHERE item_id = items.id)
AND NOT EXISTS (SELECT 1 FROM verdicts WHERE item_id = items.id AND verdict = 'yes')
AND NOT EXISTS (SELECT 1 FROM scores WHERE item_id = items.id AND score >= {DOUBTFUL})
"""  # noqa: S608 - built from constants

# Multiplied by a large odd number and cut to 32 bits, ids are spread evenly: a share of them is a share of each day.
_DRAW = "(id * 2654435761) & 4294967295"


class OrdinaryItems:
    """Reads them a page at a time, as (title, summary, language). Raises StorageError where the database fails."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def read(self, most: int) -> Iterator[tuple[str, str, str]]:
        """About `most` items spread evenly over all that are stored, or all where they are fewer; always the same.

        Hits, items an analyst said yes to and doubtful ones are left out: a report must not teach what is ordinary.
        """
        stored = int(self._database.value(f"SELECT count(*) {_ORDINARY}"))
        below = 2**32 if stored <= most else most * 2**32 // stored
        after = 0
        while page := self._database.rows(
            f"SELECT id, title, summary, lang {_ORDINARY} "
            f"AND id > :after AND {_DRAW} < :below ORDER BY id LIMIT {_PAGE}",
            {"after": after, "below": below},
        ):
            for row in page:
                yield row["title"], row["summary"], row["lang"]
            after = page[-1]["id"]
