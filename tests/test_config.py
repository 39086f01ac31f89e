"""What a config file means once it is loaded."""

import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import time, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.config import Config, InvalidConfigError, load
from monitor.config.model import Settings, read_settings
from monitor.config.values import address_key, duration, duration_text
from monitor.domain.channel import Channel, QuietHours, Schedule
from monitor.domain.feed import FeedSource

OPML = """<?xml version="1.0" encoding="UTF-8"?>
<opml version="2.0"><head/><body>
  <outline text="Asia">
    <outline type="rss" text="One" xmlUrl="https://one.example.org/feed"/>
    <outline type="rss" text="Two" xmlUrl="https://two.example.org/feed" category="courts"/>
    <outline type="rss" text="Odd" xmlUrl="https://me:s3cret@three.example.org/feed"/>
    <outline type="rss" text="Local" xmlUrl="file:///etc/passwd"/>
  </outline>
</body></opml>
"""


def config_of(folder: Path, text: str, environ: Mapping[str, str] | None = None) -> Config:
    path = folder / "config.yaml"
    path.write_text(text, encoding="utf-8")
    return load(path, environ or {})


def test_an_empty_file_is_a_config_of_defaults(tmp_path: Path) -> None:
    """Every default is the documented one; that nothing is watched is told as a warning."""
    config = config_of(tmp_path, "")
    assert (config.database, config.models) == (tmp_path / "data/monitor.db", tmp_path / "data/models")
    assert config.seeds == tmp_path / "seeds"
    assert config.poll.every == timedelta(minutes=15)
    assert (config.poll.concurrency, config.poll.per_host) == (64, 2)
    assert (config.poll.timeout, config.poll.max_bytes) == (timedelta(seconds=20), 10_000_000)
    assert config.poll.allow_private_addresses is False
    assert config.thresholds() == {"foreign_fighter_recruitment": 0.5, "human_trafficking": 0.5}
    assert (config.retention.items, config.retention.hits) == (timedelta(days=180), None)
    assert (config.web.host, config.web.port, config.web.public_url) == ("127.0.0.1", 8080, "")
    assert config.web.password.get_secret_value() == ""
    assert (config.log.level, config.log.format) == ("info", "text")
    assert config.feed_sources() == ()
    assert "nothing will be polled" in config.warnings[0]


def test_sections_with_everything_commented_out_are_left_out(tmp_path: Path) -> None:
    """`alerts:` with only comments below it is null in YAML, and means the defaults."""
    assert config_of(tmp_path, "alerts:\n  # channels: []\nfeeds:\nsignals:\npoll: ~\n") == config_of(tmp_path, "")


def test_without_a_channel_alerts_go_to_the_console(tmp_path: Path) -> None:
    """The first run needs no secret."""
    config = config_of(tmp_path, "alerts: {max_per_hour: 7}")
    assert config.channels() == (Channel("console", max_per_hour=7, ops=True),)
    assert config.channel_urls() == {"console": "console://"}


def test_a_channel_in_full(tmp_path: Path) -> None:
    """Every key of a channel arrives in the domain's words."""
    config = config_of(
        tmp_path,
        """
alerts:
  channels:
    - name: desk
      url: slack://a/b/c
      signals: [human_trafficking]
      min_score: 0.8
      countries: [np, NO]
      when: daily 08:00 Asia/Kathmandu
      max_per_hour: 3
    - {name: all, url: 'json://x'}
  quiet_hours: {from: 22:00, to: "06:00", timezone: Europe/Berlin, except_score: 0.97}
  max_per_hour: 5
""",
    )
    quiet = QuietHours(time(22), time(6), "Europe/Berlin", 0.97)
    assert config.channels() == (
        Channel(
            name="desk",
            signals=frozenset({"human_trafficking"}),
            min_score=0.8,
            countries=frozenset({"NP", "NO"}),
            when=Schedule("daily", time(8), "Asia/Kathmandu"),
            quiet=quiet,
            max_per_hour=3,
        ),
        Channel(name="all", quiet=quiet, max_per_hour=5),
    )
    assert config.channel_urls() == {"desk": "slack://a/b/c", "all": "json://x"}


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("now", Schedule("now")),
        ("hourly", Schedule("hourly")),
        ("daily 8:05", Schedule("daily", time(8, 5), "UTC")),
        ("Daily  23:59 UTC", Schedule("daily", time(23, 59), "UTC")),
    ],
)
def test_when(tmp_path: Path, written: str, meant: Schedule) -> None:
    """The words of `when`, whatever their case and spacing."""
    config = config_of(tmp_path, f"alerts: {{channels: [{{name: a, url: 'json://x', when: {written}}}]}}")
    assert config.channels()[0].when == meant


def test_values_yaml_would_misread_mean_what_they_say(tmp_path: Path) -> None:
    """Norway is no boolean, a time is no number in base 60, off is a word, and 0123 is not 83."""
    config = config_of(
        tmp_path,
        """
feeds: [{url: 'https://example.org/feed', fulltext: off, tags: [yes, 2026]}]
alerts:
  channels: [{name: 007, url: 'json://x', countries: [NO]}]
  quiet_hours: {from: 22:30, to: 6:00}
web: {password: 0123}
poll: {allow_private_addresses: yes}
""",
    )
    assert config.feed_sources()[0].fulltext == "off"
    assert config.feed_sources()[0].tags == ("yes", "2026")
    assert config.channels()[0].name == "007"
    assert config.channels()[0].countries == {"NO"}
    quiet = config.channels()[0].quiet
    assert quiet is not None
    assert (quiet.start, quiet.end, quiet.timezone) == (time(22, 30), time(6), "UTC")
    assert config.web.password.get_secret_value() == "0123"
    assert config.poll.allow_private_addresses is True


def test_feeds_in_every_form(tmp_path: Path) -> None:
    """An address alone, a mapping, and a file of feeds, each address once and listed ones first."""
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists" / "feeds.opml").write_text(OPML)
    config = config_of(
        tmp_path,
        """
feeds:
  - {opml: lists/feeds.opml, tags: [imported], every: 2h}
  - https://bare.example.org/feed
  - url: https://two.example.org/feed/
    name: Two again
    tags: [asia]
    every: 1h30m
    fulltext: gray
    user_agent: monitor (me@example.org)
    headers: {Authorization: Bearer s3cret}
""",
    )
    assert config.feed_sources() == (
        FeedSource("https://bare.example.org/feed"),
        FeedSource(
            url="https://two.example.org/feed/",
            name="Two again",
            tags=("asia",),
            every=timedelta(minutes=90),
            fulltext="gray",
            user_agent="monitor (me@example.org)",
            headers={"Authorization": "Bearer s3cret"},
        ),
        FeedSource("https://one.example.org/feed", "One", ("imported", "Asia"), every=timedelta(hours=2)),
    )
    assert len(config.warnings) == 2
    assert not any("s3cret" in warning for warning in config.warnings)
    assert list(config.files) == [tmp_path / "config.yaml", tmp_path / "lists" / "feeds.opml"]


def test_a_broken_opml_file_is_a_mistake_of_the_config(tmp_path: Path) -> None:
    """A billion laughs in an OPML file is refused before it is expanded."""
    (tmp_path / "feeds.opml").write_text('<!DOCTYPE opml [<!ENTITY a "b">]><opml><body>&a;</body></opml>')
    with pytest.raises(InvalidConfigError, match=r"config\.yaml:1: feeds\[0\]\.opml: feeds\.opml: holds a DTD"):
        config_of(tmp_path, "feeds: [{opml: feeds.opml}]")


def test_paths_are_relative_to_the_config_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """… and not to where the monitor was started; absolute ones stay."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "config.yaml").write_text("{database: here.db, models: /var/models}")
    config = load(Path("etc/config.yaml"), {})
    assert config.database == tmp_path / "etc" / "here.db"
    assert config.models == Path("/var/models")


def test_variables(tmp_path: Path) -> None:
    """Anywhere in any value, of any type; a default also for an empty variable; `$${` for the characters."""
    config = config_of(
        tmp_path,
        """
database: ${DIR:-data}/${NAME}.db
seeds: $${NAME}
web: {port: "${PORT:-8081}", password: "${EMPTY:-}", host: "${EMPTY:-::1}"}
alerts: {channels: [{name: a, url: "slack://${TOKEN}/$x/#c"}]}  # ${COMMENTS} are not read
""",
        {"NAME": "x", "PORT": "9000", "EMPTY": "", "TOKEN": "a: [b], '#"},
    )
    assert config.database == tmp_path / "data" / "x.db"
    assert config.seeds == tmp_path / "${NAME}"
    assert (config.web.port, config.web.host, config.web.password.get_secret_value()) == (9000, "::1", "")
    assert config.channel_urls() == {"a": "slack://a: [b], '#/$x/#c"}


def test_variables_stand_in_mappings_written_in_braces(tmp_path: Path) -> None:
    """Their own braces end no mapping, with quotes and without, and an escaped one stays what it is."""
    config = config_of(
        tmp_path,
        """
web: {host: ${HOST:-127.0.0.1}, password: ${MONITOR_PASSWORD:-}, public_url: ""}
log: {level: "${LEVEL:-info}", format: ${FORMAT}}
feeds:
  - {url: "https://example.org/a.xml", name: $${NAME}, tags: [${TAG:-africa}, b]}
""",
        {"FORMAT": "json", "HOST": "0.0.0.0"},
    )
    assert (str(config.web.host), config.web.password.get_secret_value(), config.log.format) == ("0.0.0.0", "", "json")
    (source,) = config.feed_sources()
    assert (source.name, source.tags) == ("${NAME}", ("africa", "b"))


def test_a_secret_file_is_read_without_its_line_end(tmp_path: Path) -> None:
    """Mounted secrets end in a newline, sometimes in a Windows one, sometimes begin with a BOM."""
    (tmp_path / "secret").write_bytes(b"\xef\xbb\xbfjson://token@example.org\r\n")
    config = config_of(tmp_path, "alerts: {channels: [{name: a, url_file: secret}]}")
    assert config.channel_urls() == {"a": "json://token@example.org"}


def test_secrets_show_in_no_repr(tmp_path: Path) -> None:
    """A config in a log line or a traceback gives nothing away."""
    config = config_of(
        tmp_path,
        """
alerts: {channels: [{name: a, url: 'json://s3cret'}]}
web: {password: s3cret}
feeds: [{url: 'https://example.org/feed', headers: {Authorization: s3cret}}]
""",
    )
    shown = f"{config} {config!r} {config.settings!r} {config.web} {config.settings.model_dump_json()}"
    assert "s3cret" not in shown


def test_a_mistake_found_by_others_is_put_at_its_line(tmp_path: Path) -> None:
    """What only Apprise knows is told like every other mistake."""
    config = config_of(tmp_path, "alerts:\n  channels:\n    - name: a\n      url: slak://x\n")
    problem = config.problem(("alerts", "channels", 0, "url"), "Apprise knows no slak://")
    assert str(problem) == f"{tmp_path}/config.yaml:4: alerts.channels[0].url: Apprise knows no slak://"


def test_aliases_repeat_a_value(tmp_path: Path) -> None:
    """Anchors and aliases are plain YAML and work."""
    config = config_of(tmp_path, "signals: {human_trafficking: &t {threshold: 0.7}, foreign_fighter_recruitment: *t}")
    assert config.thresholds() == {"human_trafficking": 0.7, "foreign_fighter_recruitment": 0.7}


@given(st.integers(min_value=1, max_value=10**9))
def test_a_duration_reads_back(seconds: int) -> None:
    """Written in its shortest form, any whole number of seconds comes back."""
    value = timedelta(seconds=seconds)
    assert duration(duration_text(value)) == value


@given(st.text(max_size=20))
def test_no_text_crashes_the_reading_of_durations(text: str) -> None:
    """It is a duration above zero, or a ValueError."""
    with suppress(ValueError):
        assert duration(text) > timedelta(0)


@given(st.integers(min_value=1, max_value=999), st.sampled_from(["B", "kB", "MB", "GB", "KiB", "MiB", "GiB"]))
def test_sizes(count: int, unit: str) -> None:
    """Decimal and binary units, exact to the byte."""
    powers = {"B": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}
    settings = read_settings({"poll": {"max_bytes": f"{count}{unit}"}})
    assert isinstance(settings, Settings)
    assert settings.poll.max_bytes == count * powers[unit]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("http://example.org/feed", "https://EXAMPLE.org:443/feed/", True),
        ("https://example.org/feed?a=1", "https://example.org/feed?a=2", False),
        ("https://example.org/Feed", "https://example.org/feed", False),
        ("https://example.org:8443/feed", "https://example.org/feed", False),
    ],
)
def test_addresses_of_the_same_feed(one: str, other: str, same: bool) -> None:
    """Scheme, host case, default port and last slash make no second feed; path and query do."""
    assert (address_key(one) == address_key(other)) is same


def test_capitals_and_length_do_not_matter_where_they_mean_nothing(tmp_path: Path) -> None:
    """LOG_LEVEL=INFO is what other programs expect; browsers call themselves by more than a hundred letters."""
    agent = "Mozilla/5.0 (X11; Linux x86_64) " + "x" * 100
    config = config_of(tmp_path, f"log: {{level: WARNING}}\nfeeds: [{{url: 'https://a.example', user_agent: {agent}}}]")
    assert config.log.level == "warning"
    assert config.feed_sources()[0].user_agent == agent


def test_windows_line_ends_and_a_byte_order_mark_are_no_mistakes(tmp_path: Path) -> None:
    """As an editor on Windows saves it; the lines of mistakes stay right."""
    (tmp_path / "config.yaml").write_bytes(b"\xef\xbb\xbfweb:\r\n  port: 81\r\n  hots: x\r\n")
    with pytest.raises(InvalidConfigError, match=r"config\.yaml:3: web\.hots: unknown key; did you mean host\?"):
        load(tmp_path / "config.yaml", {})


def test_the_hash_changes_with_what_is_in_force_and_not_with_a_secret(tmp_path: Path) -> None:
    """Decisions are kept with it, so it must say the same for the same settings, and hold no secret."""
    text = (
        "signals: {human_trafficking: {threshold: %s}}\nweb: {password: %s}\n"
        "alerts: {channels: [{name: a, url: 'json://%s'}]}\n"
        "feeds: [{url: 'https://example.org', headers: {Authorization: %s}}]"
    )
    one = config_of(tmp_path, text % (0.5, "s3cret", "token1", "s3cret"))
    rotated = config_of(tmp_path, text % (0.5, "other", "token2", "other"))
    lower = config_of(tmp_path, text % (0.4, "s3cret", "token1", "s3cret"))
    assert one.hash == rotated.hash != lower.hash
    assert "s3cret" not in one.without_secrets()
    assert "token1" not in one.without_secrets()
    assert json.loads(one.without_secrets())["signals"]["human_trafficking"]["threshold"] == 0.5


@pytest.mark.parametrize(
    ("written", "ops", "news"),
    [("true", True, True), ("yes", True, True), ("false", False, True), ("only", True, False)],
)
def test_who_hears_of_the_monitor_itself(tmp_path: Path, written: str, ops: bool, news: bool) -> None:
    """Besides stories, instead of them, or not at all."""
    (channel,) = config_of(tmp_path, f"alerts: {{channels: [{{name: a, url: 'json://x', ops: {written}}}]}}").channels()
    assert (channel.ops, channel.news) == (ops, news)


def test_the_console_that_stands_in_hears_of_everything(tmp_path: Path) -> None:
    """Without a channel, what is wrong is printed as alerts are."""
    (channel,) = config_of(tmp_path, "log: {level: info}").channels()
    assert (channel.name, channel.ops, channel.news) == ("console", True, True)


def test_the_ping_address_is_a_secret(tmp_path: Path) -> None:
    """From a variable, which may be empty; no repr shows it."""
    (tmp_path / "config.yaml").write_text("alerts: {ping_url: '${PING:-}'}")
    path = tmp_path / "config.yaml"
    assert load(path, {}).settings.alerts.ping_url.get_secret_value() == ""
    config = load(path, {"PING": "https://ping.example/s3cret"})
    assert config.settings.alerts.ping_url.get_secret_value() == "https://ping.example/s3cret"
    assert "s3cret" not in repr(config) + repr(config.settings) + config.without_secrets()
