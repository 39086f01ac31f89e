"""Hits as CSV for a spreadsheet, or as RSS for a feed reader."""

import csv
import json
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from email.utils import format_datetime
from typing import Any, TextIO
from xml.etree import ElementTree as ET

CSV_COLUMNS = (
    "id", "item_id", "created_at", "signal", "score", "threshold", "model_id", "story_id", "title", "url", "feed",
    "lang", "published_at", "verdict", "why", "nearest_seed", "confident", "on_fulltext", "countries", "origins",
    "destinations", "text_hash", "config_hash",
)  # fmt: skip

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0, section 2.2, does not allow in a document, not even escaped."""

Row = Mapping[str, object]


def write_csv(rows: Iterable[Row], stream: TextIO) -> None:
    """Write a header and one line a hit; text that a spreadsheet would run as a formula is quoted with `'`."""
    writer = csv.writer(stream)
    writer.writerow(CSV_COLUMNS)
    for row in rows:
        writer.writerow([_cell(row.get(column)) for column in CSV_COLUMNS])


def write_rss(rows: Iterable[Row], link: str, now: datetime, stream: TextIO) -> None:
    """Write an RSS 2.0 document about the pages at `link`; a hit's guid stays the same from export to export."""
    rss = ET.Element("rss", version="2.0")
    channel = ET.SubElement(rss, "channel")
    for tag, text in (
        ("title", "Hits of the trafficking-recruitment alert monitor"),
        ("link", link),
        ("description", "News items that reached a signal's threshold"),
        ("lastBuildDate", format_datetime(now)),
    ):
        ET.SubElement(channel, tag).text = text
    for row in rows:
        item = ET.SubElement(channel, "item")
        for tag, text in (
            ("title", str(row["title"])),
            ("link", str(row["url"])),
            ("description", _description(row)),
            ("category", str(row["signal"])),
            ("pubDate", _rfc822(row.get("published_at") or row["created_at"])),
        ):
            ET.SubElement(item, tag).text = _NOT_XML.sub("\ufffd", text)
        ET.SubElement(item, "guid", isPermaLink="false").text = f"hit-{row['id']}"
    stream.write('<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(rss, encoding="unicode") + "\n")


def _description(row: Row) -> str:
    scored = f"{row['signal']} {row['score']:.2f} (threshold {row['threshold']:.2f}, model {row['model_id']})"
    parts = [
        f"{row['feed']}: {scored}",
        f"why: {_listed(row.get('why'), lambda pair: pair[0])}",
        f"countries: {_listed(row.get('countries')) or 'none named'}",
        f"text SHA-256: {row['text_hash'] or 'not kept'}",
        f"config: {row['config_hash'] or 'not kept'}",
    ]
    return "; ".join(parts)


def _listed(values: object, name: Callable[[Any], object] = str) -> str:
    return ", ".join(str(name(value)) for value in values) if isinstance(values, list) else ""


def _rfc822(text: object) -> str:
    return format_datetime(datetime.fromisoformat(str(text)))


def _cell(value: object) -> object:
    if value is None:
        return ""
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, str) and value[:1] in {"=", "+", "-", "@", "\t", "\r"}:
        return "'" + value
    return value
