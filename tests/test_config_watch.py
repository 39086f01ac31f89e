"""Edits of the config while the service runs."""

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from monitor.config import Config, ConfigWatcher, InvalidConfigError, load, restart_needed

TEXT = """
feeds: [https://example.org/feed]
signals: {human_trafficking: {threshold: 0.5}}
"""


class Edited:
    """A config file under a watcher. Each edit moves the clock of the file on, as time would."""

    def __init__(self, folder: Path, text: str = TEXT) -> None:
        self.path = folder / "config.yaml"
        self._edits = 0
        self.write(text)
        self.watcher = ConfigWatcher(load(self.path, {}), {})

    def write(self, text: str, name: str = "config.yaml") -> None:
        file = self.path.with_name(name)
        file.write_text(text, encoding="utf-8")
        self.touch(file)

    def touch(self, file: Path) -> None:
        self._edits += 1
        os.utime(file, ns=(self._edits * 10**9, self._edits * 10**9))

    def settled(self) -> Config | None:
        """What the watcher says once it has seen the same twice."""
        assert self.watcher.changed() is None
        return self.watcher.changed()


@pytest.fixture
def edited(tmp_path: Path) -> Edited:
    return Edited(tmp_path)


def test_nothing_new_is_nothing(edited: Edited) -> None:
    """A file that stays as it is gives no config, however often it is looked at."""
    assert [edited.watcher.changed() for _ in range(5)] == [None] * 5


def test_an_edit_is_taken_over_once(edited: Edited) -> None:
    """Thresholds, channels and feeds of the new config; after that there is nothing new."""
    edited.write(
        "{feeds: [https://example.org/other], signals: {human_trafficking: {threshold: 0.9}}, "
        "alerts: {channels: [{name: a, url: 'json://x'}]}}"
    )
    config = edited.settled()
    assert config is not None
    assert [feed.url for feed in config.feed_sources()] == ["https://example.org/other"]
    assert config.thresholds() == {"human_trafficking": 0.9}
    assert config.channel_urls() == {"a": "json://x"}
    assert edited.settled() is None


def test_a_file_being_written_is_left_alone(edited: Edited) -> None:
    """While every look sees something else, nothing is read; the half file would be broken."""
    edited.write("feeds: [")
    assert edited.watcher.changed() is None
    edited.write("feeds: [https://example.org/one, ")
    assert edited.watcher.changed() is None
    edited.write("feeds: [https://example.org/one, https://example.org/two]")
    config = edited.settled()
    assert config is not None
    assert len(config.feed_sources()) == 2


def test_a_broken_edit_is_reported_once_until_it_changes(edited: Edited) -> None:
    """Touching the broken file is no news, another broken content is, mending it gives a config."""
    edited.write("signals: {human_trafficking: {threshold: 2}}")
    with pytest.raises(InvalidConfigError, match=r"threshold: got \"2\"; expected less than 1"):
        edited.settled()
    assert edited.settled() is None
    edited.touch(edited.path)
    assert edited.settled() is None
    edited.write("signals: {human_trafficking: {threshold: 3}}")
    with pytest.raises(InvalidConfigError, match=r"got \"3\""):
        edited.settled()
    edited.write(TEXT)
    config = edited.settled()
    assert config is not None
    assert config.thresholds() == {"human_trafficking": 0.5}


def test_a_file_taken_away_is_reported_once(edited: Edited) -> None:
    """The service goes on with what it has, and takes the file when it is back."""
    edited.path.unlink()
    with pytest.raises(InvalidConfigError, match="no such file"):
        edited.settled()
    assert edited.settled() is None
    edited.write(TEXT)
    assert edited.settled() is not None


def test_an_edit_that_loses_every_feed_is_not_taken_over(edited: Edited) -> None:
    """An emptied file is an accident; the feeds would all be marked as removed."""
    edited.write("")
    with pytest.raises(InvalidConfigError, match="the feeds are gone"):
        edited.settled()


def test_touching_the_file_is_no_edit(edited: Edited) -> None:
    """A deployment that writes the same content again changes nothing."""
    edited.write(TEXT)
    assert edited.settled() is None


def test_a_file_replaced_by_another_is_seen(edited: Edited, tmp_path: Path) -> None:
    """Editors and mounted volumes swap files; the link leads to another inode, of the same size and time."""
    for name, threshold in (("a", 0.6), ("b", 0.7)):
        (tmp_path / name).write_text(TEXT.replace("0.5", str(threshold)))
        os.utime(tmp_path / name, ns=(10**9, 10**9))
    edited.path.unlink()
    edited.path.symlink_to(tmp_path / "a")
    first = edited.settled()
    assert edited.settled() is None
    edited.path.unlink()
    edited.path.symlink_to(tmp_path / "b")
    second = edited.settled()
    assert first is not None
    assert second is not None
    assert (first.thresholds()["human_trafficking"], second.thresholds()["human_trafficking"]) == (0.6, 0.7)


def test_a_changed_secret_is_taken_over(tmp_path: Path) -> None:
    """A rotated webhook needs no restart; a broken one is reported, and mending the secret alone is enough."""
    (tmp_path / "secret").write_text("json://old")
    edited = Edited(tmp_path, TEXT + "alerts: {channels: [{name: a, url_file: secret}]}")
    edited.write("json://new\n", "secret")
    config = edited.settled()
    assert config is not None
    assert config.channel_urls() == {"a": "json://new"}
    edited.write("\n", "secret")
    with pytest.raises(InvalidConfigError, match=r"channels\[0\]\.url_file: the file it names is empty"):
        edited.settled()
    edited.write("json://newer\n", "secret")
    config = edited.settled()
    assert config is not None
    assert config.channel_urls() == {"a": "json://newer"}


def test_a_file_named_by_a_broken_edit_is_watched_too(edited: Edited) -> None:
    """The secret may be mounted after the config that names it."""
    edited.write(TEXT + "alerts: {channels: [{name: a, url_file: later}]}")
    with pytest.raises(InvalidConfigError, match="no such file"):
        edited.settled()
    edited.write("json://x", "later")
    config = edited.settled()
    assert config is not None
    assert config.channel_urls() == {"a": "json://x"}


def test_an_opml_file_is_watched(tmp_path: Path) -> None:
    """Feeds added to the list arrive without touching the config."""
    outline = '<outline xmlUrl="https://{}.example.org/feed"/>'
    (tmp_path / "feeds.opml").write_text(f"<opml><body>{outline.format('a')}</body></opml>")
    edited = Edited(tmp_path, "feeds: [{opml: feeds.opml}]")
    edited.write(f"<opml><body>{outline.format('a')}{outline.format('b')}</body></opml>", "feeds.opml")
    config = edited.settled()
    assert config is not None
    assert len(config.feed_sources()) == 2


def test_a_stricter_reader_decides(edited: Edited) -> None:
    """What is found wrong after loading, such as a channel Apprise does not know, counts as a broken edit."""

    def read(path: Path, environ: Mapping[str, str]) -> Config:
        config = load(path, environ)
        raise InvalidConfigError([config.problem(("signals",), "refused")], config.files)

    watcher = ConfigWatcher(load(edited.path, {}), {}, read)
    edited.write(TEXT.replace("0.5", "0.6"))
    assert watcher.changed() is None
    with pytest.raises(InvalidConfigError, match="signals: refused"):
        watcher.changed()
    assert [watcher.changed() for _ in range(3)] == [None] * 3


def test_keys_that_wait_for_a_restart_are_named(tmp_path: Path) -> None:
    """As written in the file; what takes effect at once is not among them, nor is any secret."""
    path = tmp_path / "config.yaml"
    path.write_text("web: {password: one}")
    old = load(path, {})
    path.write_text(
        "{database: other.db, poll: {timeout: 5s, per_host: 1}, web: {port: 81, password: two}, log: {level: debug}, "
        "signals: {human_trafficking: {threshold: 0.9}}, feeds: [https://example.org], alerts: {max_per_hour: 1}}"
    )
    new = load(path, {})
    waiting = ("database", "poll.per_host", "poll.timeout", "web.port", "web.password", "log.level")
    assert restart_needed(old, new) == waiting
    assert restart_needed(new, new) == ()


def test_an_edit_between_loading_and_watching_is_not_missed(tmp_path: Path) -> None:
    """Training a first model takes a minute in which somebody may save the file."""
    path = tmp_path / "config.yaml"
    path.write_text(TEXT)
    config = load(path, {})
    path.write_text(TEXT.replace("0.5", "0.6"))
    watcher = ConfigWatcher(config, {})
    assert watcher.changed() is None
    taken = watcher.changed()
    assert taken is not None
    assert taken.thresholds() == {"human_trafficking": 0.6}
