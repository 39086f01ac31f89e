"""Seed files → seeds, and what is wrong with them."""

from pathlib import Path

import pytest

from classifiers.errors import SeedError
from classifiers.seed import Seed, check_seeds, load_seeds, signals_of


def write(folder: Path, name: str, text: str | bytes) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_a_plain_article_works_as_it_is(tmp_path: Path) -> None:
    """First line headline, the rest body, label from the folder; the language is detected if somebody can."""
    write(tmp_path, "cyber_scams/one.txt", "Bank warns of phishing mails\n\nCustomers lost savings.\n")
    assert load_seeds(tmp_path, detect=lambda _text: "en") == [
        Seed("cyber_scams/one.txt", "Bank warns of phishing mails", "Customers lost savings.", "en",
             frozenset({"cyber_scams"}))
    ]  # fmt: skip


def test_front_matter_adds_a_label(tmp_path: Path) -> None:
    """A text may be an example of a second signal."""
    write(tmp_path, "human_trafficking/a.txt", "Some text here\n")
    write(
        tmp_path,
        "cyber_scams/b.txt",
        "---\ntitle: Scam compound raided\nlang: en\nlabels: [human_trafficking]\n---\nBody.\n",
    )
    seeds = {seed.id: seed for seed in load_seeds(tmp_path)}
    both = seeds["cyber_scams/b.txt"]
    assert both.labels == {"cyber_scams", "human_trafficking"}
    assert (both.title, both.body, both.lang) == ("Scam compound raided", "Body.", "en")
    assert signals_of(seeds.values()) == ("cyber_scams", "human_trafficking")


def test_background_has_no_labels(tmp_path: Path) -> None:
    """Ordinary news is an example of nothing."""
    write(tmp_path, "background/a.txt", "Rain expected at the weekend\n")
    (seed,) = load_seeds(tmp_path)
    assert seed.labels == frozenset()


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a/x.txt", b"caf\xe9", "not UTF-8"),
        ("a/x.txt", b"abc\0def", "zero bytes"),
        ("a/x.txt", b"  \n\n", "has no words"),
        ("a/x.txt", b"---\ntitle: [\n---\ntext", "not YAML"),
        ("a/x.txt", b"---\n- title\n---\ntext", "not a list of keys"),
        ("a/x.txt", b"---\ntitel: x\n---\ntext", "unknown key 'titel'"),
        ("a/x.txt", b"---\nlang: no\n---\ntext", "lang False"),
        ("a/x.txt", b"---\nlabels: b\n---\ntext", "labels must be a list"),
        ("a/x.txt", b"---\nlabels: [other]\n---\ntext", "'other' has no folder"),
        ("background/x.txt", b"---\nlabels: [a]\n---\ntext", "label 'a' has no folder"),
        ("a/x.txt", b"x" * 1_000_001, "at most 1000000"),
    ],
)
def test_an_unusable_seed_is_named_with_the_reason(tmp_path: Path, name: str, content: bytes, reason: str) -> None:
    """The message is one line: which file, and why."""
    path = write(tmp_path, name, content)
    with pytest.raises(SeedError, match=reason) as caught:
        load_seeds(tmp_path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_background_seed_with_labels_is_a_conflict(tmp_path: Path) -> None:
    """Ordinary news cannot be an example as well."""
    write(tmp_path, "a/y.txt", "An example text\n")
    write(tmp_path, "background/x.txt", "---\nlabels: [a]\n---\nA text\n")
    with pytest.raises(SeedError, match="move it to a/"):
        load_seeds(tmp_path)


def test_a_folder_without_seeds_is_told(tmp_path: Path) -> None:
    """Missing, empty and badly named folders each have their message."""
    with pytest.raises(SeedError, match="no such folder"):
        load_seeds(tmp_path / "none")
    with pytest.raises(SeedError, match="holds no"):
        load_seeds(tmp_path)
    write(tmp_path, "Bad Name/x.txt", "text here")
    with pytest.raises(SeedError, match="rename the folder"):
        load_seeds(tmp_path)


def seed(name: str, title: str, body: str = "", *labels: str) -> Seed:
    return Seed(name, title, body, "en", frozenset(labels))


def test_faults_are_found() -> None:
    """Duplicates, label conflicts, broken encodings and leaks; clean seeds have none."""
    leak = "one two three four five six seven eight nine"
    seeds = [
        seed("a/1", "Same title", "same body", "a"),
        seed("a/2", "Same Title", "Same body", "a"),
        seed("background/3", "Same title", "same body"),
        seed("a/4", "Same title", "another body", "a"),
        seed("a/5", "Broken", "cafÃ© text", "a"),
        seed("a/6", "Leaky", leak, "a"),
        seed("a/7", "Clean and its own", "words of its own", "a"),
    ]
    faults = {(fault.kind, fault.seed) for fault in check_seeds(seeds, [f"zero {leak} ten"])}
    assert faults == {
        ("duplicate", "a/2"), ("label conflict", "background/3"), ("duplicate", "a/4"), ("encoding", "a/5"),
        ("leak", "a/6"),
    }  # fmt: skip


def test_seven_shared_words_are_no_leak() -> None:
    assert not check_seeds([seed("a/1", "one two three four five six seven", "", "a")],
                           ["one two three four five six seven nine"])  # fmt: skip
