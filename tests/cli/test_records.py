"""Listing and exporting what is stored, as people and programs read it."""

import csv
import hashlib
import io
import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from tests.cli.conftest import SIGNALS, Monitor


def records(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.parametrize(
    ("command", "columns"),
    [
        ("items", "id feed_id guid url title summary lang published_at first_seen_at"),
        ("hits", "id item_id signal score threshold model_id story_id created_at"),
        ("stories", "id title first_seen_at last_seen_at"),
        ("alerts", "id story_id channel reason state created_at sent_at"),
        ("feeds list", "id url name state reason next_poll_at last_ok_at"),
        ("export hits", "id item_id signal score threshold model_id story_id created_at"),
    ],
)
def test_json_uses_the_tables_names(command: str, columns: str, monitor: Monitor, polled: Path) -> None:
    """One JSON object a line, with the columns of the tables."""
    json_option = [] if command.startswith("export") else ["--json"]
    result = monitor(*command.split(), *json_option, "--config", polled)
    assert (result.code, result.err) == (0, "")
    rows = records(result.out)
    assert rows
    assert all(row.keys() >= set(columns.split()) for row in rows)


def test_a_table_in_a_pipe_is_one_whole_line_a_record(monitor: Monitor, polled: Path) -> None:
    """Nothing is wrapped, cut or taken for markup; a title cannot steer the terminal."""
    result = monitor("items", "--config", polled)
    lines = result.out.splitlines()
    assert len(lines) == 5
    assert lines[0].split() == ["id", "published", "at", "feed", "title", "lang", "scores"]
    (hostile,) = (line for line in lines if "Traffickers[/]" in line)
    assert "[bold red]Traffickers[/] :smile: held victims in forced labour, police rescued women" in hostile
    assert "\x1b" not in result.out


def test_limit(monitor: Monitor, polled: Path) -> None:
    """-n bounds the number of records; the newest come first."""
    everything = records(monitor("items", "--json", "--config", polled).out)
    assert len(everything) == 4
    assert records(monitor("items", "--json", "-n", 2, "--config", polled).out) == everything[:2]
    assert len(records(monitor("export", "hits", "--limit", 1, "--config", polled).out)) == 1


@pytest.mark.parametrize(
    ("since", "found"),
    [("1h", 4), ("7d", 4), ("2020-01-01", 4), ("2020-01-01T08:00Z", 4), ("2020-01-01T08:00:00+02:00", 4),
     ("2999-01-01", 0)],
)  # fmt: skip
def test_since_takes_dates_times_and_ages(since: str, found: int, monitor: Monitor, polled: Path) -> None:
    """What is stored since then is listed."""
    assert len(records(monitor("items", "--json", "--since", since, "--config", polled).out)) == found


@pytest.mark.parametrize("since", ["yesterday", "", "2026-13-01", "99999999999d", "-1h"])
def test_a_since_that_is_no_time_is_refused(since: str, monitor: Monitor, polled: Path) -> None:
    """The message shows the forms that work."""
    result = monitor("items", "--since", since, "--config", polled)
    assert (result.code, result.out) == (2, "")
    assert "not a time; write 2026-11-01" in result.errors[0]


@pytest.mark.parametrize("query", ['"', "NEAR(", "a AND", "*", "-", "'; DROP TABLE items; --", "col:x", "(" * 5000])
def test_no_query_is_a_syntax_error(query: str, monitor: Monitor, polled: Path) -> None:
    """Whatever people type is looked for as words."""
    result = monitor("hits", "--query", query, "--config", polled)
    assert (result.code, result.errors) == (0, [])


def test_query_country_and_signal_filter(monitor: Monitor, polled: Path) -> None:
    """A record must fit all that is asked for; a country is found by its name."""
    both = records(monitor("items", "--json", "-q", "rescued women", "--config", polled).out)
    assert len(both) == 2
    (nepal,) = records(monitor("items", "--json", "-q", "rescued women", "--country", "np", "--config", polled).out)
    assert nepal["guid"] == "g2"
    hits = records(monitor("hits", "--json", "--signal", SIGNALS[1], "--config", polled).out)
    assert {hit["signal"] for hit in hits} == {SIGNALS[1]}


@pytest.mark.parametrize("code", ["XX", "", "Nepal", "N"])
def test_an_unknown_country_is_refused(code: str, monitor: Monitor, polled: Path) -> None:
    """The message says what a country code is."""
    result = monitor("items", "--country", code, "--config", polled)
    assert result.code == 2
    assert "ISO 3166" in result.errors[0]


def test_an_unknown_signal_finds_nothing_and_says_why(monitor: Monitor, polled: Path) -> None:
    """A slip in a signal's name is not mistaken for a quiet day."""
    result = monitor("hits", "--signal", "human_traficking", "--config", polled)
    assert (result.code, result.out) == (0, "")
    assert "warning: no signal human_traficking in the config; there are: " in result.err


def test_csv_is_safe_in_a_spreadsheet(monitor: Monitor, polled: Path) -> None:
    """A title that a spreadsheet would run as a formula is quoted; the rest is as stored."""
    rows = list(csv.DictReader(io.StringIO(monitor("export", "hits", "--format", "csv", "--config", polled).out)))
    titles = {row["title"] for row in rows}
    assert "'=Women rescued from forced labour, traffickers arrested" in titles
    assert all(0.02 <= float(row["score"]) <= 1 for row in rows)


def test_an_export_carries_what_each_hit_rests_on(monitor: Monitor, polled: Path) -> None:
    """Model, threshold, countries, the hash of the text and of the config, in every format."""
    rows = [json.loads(line) for line in monitor("export", "hits", "--config", polled).out.splitlines()]
    (nepal,) = {row["text_hash"] for row in rows if row["countries"] == ["NP"]}
    shown = next(row for row in rows if row["text_hash"] == nepal)
    text = f"{shown['title']}\nTraffickers in Nepal were arrested."
    assert hashlib.sha256(text.encode()).hexdigest() == nepal
    table = list(csv.DictReader(io.StringIO(monitor("export", "hits", "--format", "csv", "--config", polled).out)))
    feed = monitor("export", "hits", "--format", "rss", "--config", polled).out
    for row in rows:
        cells = next(one for one in table if one["id"] == str(row["id"]))
        for name in ("model_id", "text_hash", "config_hash"):
            assert row[name]
            assert cells[name] == row[name]
            assert row[name] in feed
        assert json.loads(cells["countries"]) == row["countries"]
        assert float(cells["threshold"]) == row["threshold"]
    assert "countries: NP" in feed


def test_rss_is_a_feed(monitor: Monitor, polled: Path) -> None:
    """The export parses as XML, and each hit has a lasting guid."""
    first, second = (monitor("export", "hits", "--format", "rss", "--config", polled).out for _ in range(2))
    guids = [guid.text for guid in ET.fromstring(first).iter("guid")]
    assert len(set(guids)) == len(guids) > 0
    assert guids == [guid.text for guid in ET.fromstring(second).iter("guid")]
    channel = ET.fromstring(first).find("channel")
    assert channel is not None
    assert (channel.findtext("link") or "").startswith("http")


@pytest.mark.parametrize("arguments", [["export", "items"], ["export", "hits", "--format", "xml"]], ids=" ".join)
def test_what_cannot_be_exported_is_refused(arguments: list[str], monitor: Monitor, polled: Path) -> None:
    """Wrong usage is told."""
    assert monitor(*arguments, "--config", polled).code == 2
