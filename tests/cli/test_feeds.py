"""`monitor feeds`: looking at the feeds and changing the list."""

import json
from pathlib import Path

import pytest

from monitor.config import load
from tests.cli.conftest import Monitor, write_config
from tests.servers import FeedServer

OPML = """<opml version="2.0"><body><outline text="Africa">
<outline text="Known" xmlUrl="https://a.example/feed/"/><outline text="New" xmlUrl="https://n.example/feed"/>
<outline text="New again" xmlUrl="https://N.example/feed"/><outline text="Odd" xmlUrl="gopher://x.example/"/>
</outline></body></opml>"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return write_config(tmp_path, feeds=[{"url": "https://a.example/feed", "name": "A"}])


def urls(config: Path) -> list[str]:
    return [source.url for source in load(config, {}).feed_sources()]


def test_a_feed_is_added_listed_and_removed(monitor: Monitor, config: Path) -> None:
    """By its address, its name or its id; without a database or a poll before."""
    assert monitor("feeds", "add", "https://b.example/feed", "--name", "B", "--tag", "x", "-c", config).code == 0
    rows = [json.loads(line) for line in monitor("feeds", "list", "--json", "-c", config).out.splitlines()]
    assert [(row["name"], row["state"], row["tags"]) for row in rows] == [("A", "new", []), ("B", "new", ["x"])]
    assert monitor("feeds", "remove", rows[0]["id"], "-c", config).code == 0
    assert monitor("feeds", "remove", "B", "-c", config).code == 0
    assert urls(config) == []


@pytest.mark.parametrize(
    "url",
    ["nonsense", "ftp://a.example/", "https://", "file:///etc/passwd", "https://u:p@a.example/", "https://a b/", ""],
)
def test_what_is_no_address_is_not_added(url: str, monitor: Monitor, config: Path) -> None:
    """The file stays as it was; the message shows what was given."""
    before = config.read_bytes()
    result = monitor("feeds", "add", url, "-c", config)
    assert (result.code, len(result.errors)) == (2, 1)
    assert result.errors[0].startswith(f"error: feed {url}: ")
    assert config.read_bytes() == before


@pytest.mark.parametrize("url", ["https://a.example/feed", "http://A.example/feed/"])
def test_a_feed_is_not_added_twice(url: str, monitor: Monitor, config: Path) -> None:
    """Neither as it is nor in another spelling."""
    result = monitor("feeds", "add", url, "-c", config)
    assert result.code == 2
    assert "has it already" in result.errors[0]
    assert urls(config) == ["https://a.example/feed"]


@pytest.mark.parametrize("name", ["nope", "99", "-1"])
def test_an_unknown_feed_is_not_removed(name: str, monitor: Monitor, config: Path) -> None:
    """The message says where the feeds are listed."""
    result = monitor("feeds", "remove", "-c", config, "--", name)
    assert result.code == 2
    assert "monitor feeds list" in result.errors[0]


def test_opml_goes_round(monitor: Monitor, config: Path, tmp_path: Path) -> None:
    """An export is imported elsewhere with names and tags; a second import adds nothing."""
    monitor("feeds", "add", "https://b.example/feed", "--name", "B & <b>", "--tag", "x", "-c", config)
    (tmp_path / "out.opml").write_text(monitor("feeds", "export", "-c", config).out, encoding="utf-8")
    (tmp_path / "new").mkdir()
    other = write_config(tmp_path / "new")
    assert "2 feeds added" in monitor("feeds", "import", tmp_path / "out.opml", "-c", other).out
    assert "0 feeds added" in monitor("feeds", "import", tmp_path / "out.opml", "-c", other).out
    found = {source.url: (source.name, source.tags) for source in load(other, {}).feed_sources()}
    assert found == {"https://a.example/feed": ("A", ()), "https://b.example/feed": ("B & <b>", ("x",))}


def test_an_import_leaves_out_what_is_known_or_no_feed(monitor: Monitor, config: Path, tmp_path: Path) -> None:
    """Each feed is added once; what is left out is told."""
    (tmp_path / "in.opml").write_text(OPML, encoding="utf-8")
    result = monitor("feeds", "import", tmp_path / "in.opml", "-c", config)
    assert result.code == 0
    assert urls(config) == ["https://a.example/feed", "https://n.example/feed"]
    assert "1 feeds added" in result.out
    assert "1 entries left out" in result.err


@pytest.mark.parametrize("body", [b"", b"<html/>", b"\xff\xfe", b"<!DOCTYPE x [<!ENTITY a 'b'>]><opml>&a;</opml>"])
def test_what_is_no_opml_is_refused(body: bytes, monitor: Monitor, config: Path, tmp_path: Path) -> None:
    """Nothing is added."""
    (tmp_path / "in.opml").write_bytes(body)
    result = monitor("feeds", "import", tmp_path / "in.opml", "-c", config)
    assert (result.code, len(result.errors)) == (2, 1)
    assert monitor("feeds", "import", tmp_path / "none.opml", "-c", config).code == 2


def test_check_tells_which_feeds_answer(monitor: Monitor, feeds: FeedServer, tmp_path: Path) -> None:
    """Every feed has its answer; any that fails makes the exit code 1; nothing is stored."""
    config = write_config(tmp_path, feeds=[{"url": feeds.url("/good"), "name": "Good"}, feeds.url("/page")])
    result = monitor("feeds", "check", "--json", "-c", config)
    rows = [json.loads(line) for line in result.out.splitlines()]
    assert [(row["answer"], row["items"]) for row in rows] == [("ok", 3), ("html", 0)]
    assert result.code == 1
    assert "1 of 2 feeds answer" in result.err
    assert monitor("feeds", "check", "Good", "-c", config).code == 0
    assert [path.name for path in tmp_path.iterdir()] == ["config.yaml"]


def test_check_of_an_unknown_name_is_refused(monitor: Monitor, config: Path) -> None:
    """Before anything is fetched."""
    assert monitor("feeds", "check", "nope", "-c", config).code == 2
