"""Asks the running service for its health: `python -m monitor.web.probe`. Exit 0 = serving, 1 = not."""

import http.client
import os
import sys
from pathlib import Path

from monitor.config import load
from monitor.errors import ConfigError


def main() -> int:
    """Ask `/healthz` where the config says that it is served."""
    try:
        web = load(Path(os.environ.get("MONITOR_CONFIG", "config.yaml")), os.environ).web
    except ConfigError as error:
        print(error, file=sys.stderr)
        return 1
    host = "127.0.0.1" if web.host in {"0.0.0.0", "::", ""} else web.host  # noqa: S104 - compared, not bound
    connection = http.client.HTTPConnection(host, web.port, timeout=4)
    try:
        connection.request("GET", "/healthz")
        answer = connection.getresponse()
        print(answer.read().decode("utf-8", "replace"))
    except OSError as error:
        print(f"no answer on {host}:{web.port}: {error}", file=sys.stderr)
        return 1
    else:
        return 0 if answer.status == http.client.OK else 1
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(main())
