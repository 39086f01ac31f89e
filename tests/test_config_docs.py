"""`docs/configuration.md` and the shipped `config.yaml` say the truth about the keys."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml

from monitor.config import load
from monitor.config.document import Value
from monitor.config.model import Section, Settings, read_settings, section_at
from monitor.config.values import address_key

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs" / "configuration.md"
SHIPPED = ROOT / "config.yaml"
LISTS = {"feeds": "feeds[]", "channels": "channels[]", "signals": "signals.<name>"}
NEEDED: dict[str, dict[str, Value]] = {
    "feeds[]": {"url": "https://example.org/feed"},
    "channels[]": {"name": "a", "url": "json://x"},
    "quiet_hours": {"from": "22:00", "to": "06:00"},
}
"""What a section cannot do without."""


def keys_of(section: type[Section], path: tuple[str, ...] = (), written: str = "") -> Iterator[str]:
    for key in section.written_keys():
        inner = section_at((*path, key))
        text = LISTS.get(key, key) if inner is not section else key
        full = f"{written}.{text}" if written else text
        if inner is section:
            yield full
        else:
            yield from keys_of(inner, (*path, key), full)


def documented() -> dict[str, str]:
    """Documented keys and what stands in their default column."""
    rows = re.findall(r"^\| `([^`]+)` \| .* \| ?(.*?) ?\|$", DOCS.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {key: default for key, default in rows if not key[0].isdigit()}


def with_value(key: str, value: Value) -> Value:
    """Plain data in which only this key is set, beside what its section cannot do without."""
    data = value
    for step in reversed(key.split(".")):
        if step in NEEDED and isinstance(data, dict):
            data = {**NEEDED[step], **data}
        name = "human_trafficking" if step == "<name>" else step.removesuffix("[]")
        data = {name: [data] if step.endswith("[]") else data}
    return data


def test_every_key_is_documented_and_every_documented_key_exists() -> None:
    """A new key without a line in the docs fails here, and so does a line that outlived its key."""
    assert set(documented()) == set(keys_of(Settings))


@pytest.mark.parametrize(
    ("key", "default"), [(key, text.strip("`")) for key, text in documented().items() if text.startswith("`")]
)
def test_documented_defaults_are_the_defaults(key: str, default: str) -> None:
    """Setting a key to its documented default changes nothing."""
    value = yaml.safe_load(default) if default[0] in '["{' else default
    parent, _, _ = key.rpartition(".")
    without = with_value(parent, {}) if parent else {}
    settings = read_settings(with_value(key, value))
    assert isinstance(settings, Settings)
    assert settings == read_settings(without)


def test_the_shipped_config_shows_every_key() -> None:
    """… in the text, set or as a commented example, so that nobody needs the docs to find one."""
    text = SHIPPED.read_text(encoding="utf-8")
    for key in keys_of(Settings):
        last = key.rpartition(".")[2].removesuffix("[]")
        assert re.search(rf"\b{last}\b", text), key


def test_the_shipped_config_sets_nothing_but_defaults() -> None:
    """What the file shows as a default is one; only feeds are added."""
    settings = load(SHIPPED, {}).settings
    assert settings.model_copy(update={"feeds": ()}) == Settings()


def test_the_commented_examples_of_the_shipped_config_work(tmp_path: Path) -> None:
    """Taking the comment signs away gives a config that loads."""
    text = SHIPPED.read_text(encoding="utf-8")
    text = text.replace("  channels: []\n", "").replace("/run/secrets/case_system_url", "secret")
    text = re.sub(r"^  # (channels:|  - |    |quiet_hours:)", r"  \1", text, flags=re.MULTILINE)
    (tmp_path / "config.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "secret").write_text("jsons://cases.example.org/hook")
    names = ("SLACK_URL", "SMTP_PASSWORD", "NTFY_TOPIC", "DIGEST_URL", "OPERATIONS_URL")
    config = load(tmp_path / "config.yaml", dict.fromkeys(names, "slack://TokenA/TokenB/TokenC"))
    assert [channel.name for channel in config.channels()] == [
        "desk",
        "duty-officer",
        "phones",
        "case-system",
        "morning-digest",
        "operations",
    ]
    assert all(channel.quiet for channel in config.channels())


def test_the_shipped_feeds_are_many_and_distinct() -> None:
    """60 to 100 feeds, each once, over https, with a name of its own and tags; none through a search engine."""
    config = load(SHIPPED, {})
    feeds = config.feed_sources()
    assert 60 <= len(feeds) <= 100
    assert len({address_key(feed.url) for feed in feeds}) == len(feeds)
    assert len({feed.name for feed in feeds}) == len(feeds)
    assert all(feed.url.startswith("https://") and feed.name and feed.tags for feed in feeds)
    assert not any((urlsplit(feed.url).hostname or "").endswith("google.com") for feed in feeds)
    assert config.warnings == ()


@pytest.mark.parametrize(
    "tag",
    [
        *("world", "nepal", "india", "sri-lanka", "bangladesh", "kenya", "uganda", "ghana", "nigeria", "cameroon"),
        *("south-africa", "cuba", "colombia", "philippines", "kyrgyzstan", "uzbekistan", "kazakhstan", "tajikistan"),
        *("russia", "ukraine", "gulf", "israel", "syria", "libya", "sudan", "cambodia", "myanmar", "thailand"),
        *("agency", "ngo", "en", "es", "fr", "ru", "uk", "ar", "pt", "hi", "ne"),
    ],
)
def test_the_shipped_feeds_cover_what_the_signals_need(tag: str) -> None:
    """Where people are taken from, where to, who works against it, and the languages it is told in."""
    assert any(tag in feed.tags for feed in load(SHIPPED, {}).feed_sources())
