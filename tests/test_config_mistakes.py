"""Each file in `data/config` holds mistakes; its first lines say what the user must be told, and in which line."""

from pathlib import Path

import pytest

from monitor.config import InvalidConfigError, load
from monitor.errors import ConfigError

FILES = sorted((Path(__file__).parent / "data" / "config").glob("*.yaml"))
ENVIRON = {"SECRET": "hunter2", "EMPTY": ""}


def expected(file: Path) -> list[str]:
    lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    told = [line.removeprefix("# expect ") for line in lines if line.startswith("# expect ")]
    return [f"{file}:{line.replace('{folder}', str(file.parent))}" for line in told]


def problems(file: Path) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(file, ENVIRON)
    assert isinstance(caught.value, InvalidConfigError)
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_mistake_is_told_with_file_line_key_and_fix(file: Path) -> None:
    """Every mistake of the file and nothing else, in the order of the file, one line each."""
    assert expected(file)
    assert problems(file) == expected(file)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_no_message_holds_a_secret(file: Path) -> None:
    """Neither a secret from the file nor the value of a variable shows in any message or repr."""
    with pytest.raises(ConfigError) as caught:
        load(file, ENVIRON)
    shown = f"{caught.value} {caught.value!r} {problems(file)}"
    assert "s3cret" not in shown
    assert "hunter2" not in shown


def test_several_mistakes_make_one_line_that_counts_the_rest() -> None:
    """`str()` of the error is one line however many mistakes there are."""
    file = next(file for file in FILES if file.stem == "several_mistakes")
    with pytest.raises(ConfigError) as caught:
        load(file, ENVIRON)
    assert str(caught.value) == f"{expected(file)[0]} (and 2 more)"
    assert caught.value.exit_code == 2


def test_a_missing_file_says_where_to_get_one(tmp_path: Path) -> None:
    """The way out is another path or the shipped file."""
    told = f"{tmp_path}/config.yaml: no such file; name another with --config or MONITOR_CONFIG, "
    assert problems(tmp_path / "config.yaml") == [f"{told}or start from the config.yaml the monitor comes with"]


def test_a_folder_is_not_a_config(tmp_path: Path) -> None:
    """A folder is named as what it is."""
    assert problems(tmp_path)[0].startswith(f"{tmp_path}: a folder, not a file; ")


@pytest.mark.timeout(5)
def test_a_device_is_refused_and_not_read_for_ever() -> None:
    """Reading /dev/zero would fill the memory."""
    assert "not a regular file" in problems(Path("/dev/zero"))[0]


def test_a_file_that_is_far_too_large_is_refused(tmp_path: Path) -> None:
    """A log or an image passed by mistake is not parsed."""
    file = tmp_path / "config.yaml"
    file.write_bytes(b"#" * 10_000_001)
    assert "larger than 10 MB" in problems(file)[0]


def test_deep_nesting_is_a_mistake_and_no_crash(tmp_path: Path) -> None:
    """Neither the YAML reader nor the checks behind it run out of stack."""
    file = tmp_path / "config.yaml"
    for depth in (60, 400, 5000):
        file.write_text("feeds: " + "[" * depth + "]" * depth)
        assert "nested too deeply" in problems(file)[0]


@pytest.mark.timeout(20)
def test_aliases_that_multiply_are_cut_off(tmp_path: Path) -> None:
    """Nine levels of nine aliases would be 387 million values."""
    levels = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    levels += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9)]
    file = tmp_path / "config.yaml"
    file.write_text("\n".join(levels))
    assert any("an alias that repeats itself" in problem for problem in problems(file))
