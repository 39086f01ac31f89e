"""Editing the config file as a careful person would."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.adapters.configedit import add_feeds, remove_feed
from monitor.config import load
from monitor.errors import ConfigError

CONFIG = """\
# The desk's monitor.
database: data/monitor.db   # on the small disk

poll: {every: 15m}
feeds:
  # world desks
  - {url: "https://a.example/feed", name: 'A', tags: [world]}  # the first
  - https://b.example/feed

# From here on: signals. Mind the threshold.
signals:
  human_trafficking: {threshold: 0.50}   # tuned in May
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "config.yaml"
    path.write_text(CONFIG, encoding="utf-8")
    return path


def urls(path: Path) -> list[str]:
    return [source.url for source in load(path, {}).feed_sources()]


def test_a_feed_is_added_and_nothing_else_changes(config: Path) -> None:
    """Comments, quotes, order and spacing of the rest stay as they were."""
    add_feeds(config, [{"url": "https://c.example/feed", "name": 'C: "news" # 1', "tags": ["x", "y"]}], {})
    lines = config.read_text(encoding="utf-8").splitlines()
    (added,) = (line for line in lines if "c.example" in line)
    lines.remove(added)
    assert lines == CONFIG.splitlines()
    (source,) = (source for source in load(config, {}).feed_sources() if "c.example" in source.url)
    assert (source.name, source.tags) == ('C: "news" # 1', ("x", "y"))


@pytest.mark.parametrize(
    "text", ["", "# nothing yet\n", "feeds:\n", "feeds: []\n", "feeds: []  # none\nlog: {level: info}\n",
             "feeds: [https://a.example/f, {url: https://b.example/f}] # flow\n", "feeds: ~\n", "feeds:\n- https://b.example/f",
             "feeds:\n  - url: https://b.example/f\n    tags:\n      - x\n\n\n# end\nlog:\n  level: info\n",
             '{"feeds": ["https://a.example/f"]}', "feeds:\r\n  - https://b.example/f\r\n# end\r\n",
             "feeds:\n  # the only one\n  - https://b.example/feed\n# end\n", "log: {level: info}\n# end\n"],
)  # fmt: skip
def test_the_first_feeds_find_their_place(text: str, config: Path) -> None:
    """A file without feeds, or with a single one, takes more; its comments stay."""
    config.write_text(text, encoding="utf-8")
    before = urls(config)
    add_feeds(config, [{"url": "https://c.example/feed"}, {"url": "https://d.example/feed"}], {})
    assert set(urls(config)) == {*before, "https://c.example/feed", "https://d.example/feed"}
    edited = config.read_text(encoding="utf-8")
    assert [line for line in text.splitlines() if line.startswith("#")] == [
        line for line in edited.splitlines() if line.startswith("#")
    ]


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(name=st.text(st.characters(exclude_categories=("C", "Zl", "Zp")), min_size=1).map(str.strip).filter(bool))
def test_adding_and_removing_gives_the_file_back(name: str, config: Path) -> None:
    """Whatever a feed is called, taking it out undoes adding it."""
    config.write_text(CONFIG, encoding="utf-8")
    add_feeds(config, [{"url": "https://c.example/feed", "name": name}], {})
    assert name in {source.name for source in load(config, {}).feed_sources()}
    assert remove_feed(config, "https://c.example/feed", {})
    assert config.read_text(encoding="utf-8") == CONFIG


def test_both_spellings_of_a_feed_can_be_removed(config: Path) -> None:
    """An entry may be a mapping or a bare address."""
    assert remove_feed(config, "https://a.example/feed", {})
    assert urls(config) == ["https://b.example/feed"]
    assert remove_feed(config, "https://b.example/feed", {})
    assert urls(config) == []
    kept = [line for line in CONFIG.splitlines() if ".example" not in line]
    assert config.read_text(encoding="utf-8").splitlines() == kept


@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_feed_of_a_list_in_one_line_can_be_removed(number: int, config: Path) -> None:
    """First, middle or last."""
    listed = [f"https://{name}.example/f" for name in "abc"]
    config.write_text(f"feeds: [{listed[0]}, {{url: {listed[1]}}}, {listed[2]}]  # three\n", encoding="utf-8")
    assert remove_feed(config, listed.pop(number), {})
    assert urls(config) == listed


def test_a_feed_that_is_not_listed_is_not_removed(config: Path) -> None:
    """It may come from an OPML file."""
    assert not remove_feed(config, "https://c.example/feed", {})
    assert config.read_text(encoding="utf-8") == CONFIG


def test_an_edit_that_would_break_the_config_is_not_made(config: Path) -> None:
    """The running service never sees a broken file, and nothing is left lying about."""
    with pytest.raises(ConfigError, match=r"^not changed: .*config\.yaml:\d+: feeds\[2\]\.url: "):
        add_feeds(config, [{"url": "nonsense"}], {})
    assert config.read_text(encoding="utf-8") == CONFIG
    assert [path.name for path in config.parent.iterdir()] == ["config.yaml"]


def test_a_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """One line that names the file and the way out."""
    config = tmp_path / f"{'long' * 63}.y"  # no room in the name for the copy that is written first
    config.write_text(CONFIG, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"cannot be written \(File name too long\); edit the file"):
        add_feeds(config, [{"url": "https://c.example/feed"}], {})
    assert config.read_text(encoding="utf-8") == CONFIG


def test_a_link_stays_a_link(config: Path, tmp_path: Path) -> None:
    """The file it leads to is edited; the mode of the file stays."""
    config.chmod(0o640)
    (tmp_path / "here").mkdir()
    link = tmp_path / "here" / "config.yaml"
    link.symlink_to(config)
    add_feeds(link, [{"url": "https://c.example/feed"}], {})
    assert link.is_symlink()
    assert "https://c.example/feed" in urls(config)
    assert config.stat().st_mode & 0o777 == 0o640
    assert [path.name for path in link.parent.iterdir()] == ["config.yaml"]
