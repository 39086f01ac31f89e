"""Writing a threshold into the config file as a careful person would."""

from pathlib import Path

import pytest

from monitor.adapters.configedit import set_threshold
from monitor.config import load
from monitor.errors import ConfigError

FIGHTERS, TRAFFICKING = "foreign_fighter_recruitment", "human_trafficking"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# nothing yet",
        "log: {level: info}\n# end\n",
        "signals:\n",
        "signals:   # as shipped\nlog: {level: info}\n",
        "signals: ~\n",
        f"signals:\n  {FIGHTERS}: {{threshold: 0.50}}\n  {TRAFFICKING}: {{threshold: 0.50}}  # May\n",
        f"signals:\n  {FIGHTERS}:\n  {TRAFFICKING}:   # default\n\nlog: {{level: info}}\n",
        f"signals:\n  {FIGHTERS}: {{}}\n  {TRAFFICKING}: {{}}   # default\n",
        f"signals:\n  {FIGHTERS}: ~\n  {TRAFFICKING}: null  # default\n",
        f"signals:\n  {TRAFFICKING}:\n    # tuned in May\n    threshold: 0.5\n  {FIGHTERS}: # as is\n",
        f"signals:\n  {TRAFFICKING}:\n    threshold:   # default\n  {FIGHTERS}:\n    threshold: 0.5\n",
        f"signals: {{{TRAFFICKING}: {{threshold: 0.5}}, {FIGHTERS}: {{}}}}  # flow\n",
        f"web: {{password: ${{SECRET:-}}, port: 0}}  # May\nsignals: {{{TRAFFICKING}: {{threshold: 0.5}}}}\n",
        f'{{"signals": {{"{FIGHTERS}": {{}}, "{TRAFFICKING}": {{"threshold": "0.5"}}}}}}',
        f"signals:\r\n  {FIGHTERS}: {{}}\r\n  {TRAFFICKING}: {{threshold: 0.5}}  # May\r\n",
    ],
)
def test_only_the_threshold_changes(text: str, tmp_path: Path) -> None:
    """Wherever it stands or is missing; the other signals, comments and line ends stay."""
    config = tmp_path / "config.yaml"
    config.write_bytes(text.encode())
    before = load(config, {})
    set_threshold(config, TRAFFICKING, 0.62, {})
    after = load(config, {})
    assert after.thresholds() == {**before.thresholds(), TRAFFICKING: 0.62}
    edited = config.read_bytes().decode()
    assert [part.split("\n")[0] for part in text.split("#")[1:]] == [
        part.split("\n")[0] for part in edited.split("#")[1:]
    ]
    assert edited.count("\r") == (edited.count("\n") if "\r" in text else 0)
    set_threshold(config, TRAFFICKING, 0.71, {})
    assert config.read_bytes().decode() == edited.replace("0.62", "0.71")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"signals:\n  {FIGHTERS}: &both {{threshold: 0.5}}\n  {TRAFFICKING}: *both\n", ":3: .* uses a YAML anchor"),
        (f"signals:\n  {TRAFFICKING}: &both {{threshold: 0.5}}\n  {FIGHTERS}: *both\n", ":2: .* uses a YAML anchor"),
        (f"signals:\n  {TRAFFICKING}: {{threshold: &one 0.5}}\n  {FIGHTERS}: {{threshold: *one}}\n", ":2: .* anchor"),
        (f"signals:\n  {TRAFFICKING}: {{threshold: '${{LEVEL:-0.5}}'}}\n", ":2: threshold comes from .*LEVEL"),
    ],
)
def test_what_stands_elsewhere_is_left_alone(text: str, message: str, tmp_path: Path) -> None:
    """A shared value would change another signal with it; a variable is set where variables are set."""
    config = tmp_path / "config.yaml"
    config.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=message):
        set_threshold(config, TRAFFICKING, 0.62, {})
    assert config.read_text(encoding="utf-8") == text
