"""Opens what a command works with. Imported by the commands' modules alone, so that `--help` stays quick."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from monitor.adapters import logs
from monitor.cli import output
from monitor.config import Config
from monitor.house import House, load_config, open_house


def read_config(path: Path) -> Config:
    """The config, its warnings told, and the logs set up by it."""
    config = load_config(path, os.environ)
    logs.configure(config.log.level, config.log.format)
    for warning in config.warnings:
        output.complain(f"warning: {warning}")
    return config


@contextmanager
def working_house(path: Path) -> Iterator[House]:
    """The house of a config; the database is made where there is none."""
    with open_house(read_config(path)) as house:
        yield house


@contextmanager
def existing_house(path: Path) -> Iterator[House]:
    """The house of a config, for commands that make no sense without a database."""
    with open_house(read_config(path), create=False) as house:
        yield house
