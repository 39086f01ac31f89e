"""`monitor run`."""

import asyncio
import os

from monitor.cli.options import CONFIG, ConfigOption
from monitor.cli.session import read_config
from monitor.service import serve


def run(config: ConfigOption = CONFIG) -> None:
    """Start the service: polling, delivery, health and metrics, until SIGTERM or Ctrl-C."""
    asyncio.run(serve(read_config(config), os.environ))
