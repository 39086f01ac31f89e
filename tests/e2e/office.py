"""An analyst's office on loopback: a feed server, a webhook, a mail server, and `monitor` as a process."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import httpx

from tests.servers import Entry, FeedServer, feed_server_in_thread
from tests.sinks import MailSink, Webhook

FIGHTERS, TRAFFICKING = "foreign_fighter_recruitment", "human_trafficking"
PATIENCE = 240.0
"""Seconds; a bound on waiting for what must happen, on a machine that is busy."""


def now() -> str:
    return format_datetime(datetime.now(UTC))


def until(condition: Callable[[], object], what: str) -> None:
    """Wait for something that another process does."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, f"waited {PATIENCE:g} s for {what}"
        time.sleep(0.05)


@dataclass
class Office:
    """Everything around one config file."""

    folder: Path
    model: Path
    feeds: FeedServer
    hook: Webhook
    mail: MailSink
    settings: dict[str, Any] = field(default_factory=dict)

    @property
    def config(self) -> Path:
        return self.folder / "config.yaml"

    @property
    def database(self) -> Path:
        return self.folder / "data" / "monitor.db"

    def configure(self, *urls: str, **changes: Any) -> None:
        """Write the config file: these feeds, both channels."""
        self.settings = {
            "feeds": list(urls),
            "poll": {"allow_private_addresses": True, "timeout": "3s"},
            "alerts": {
                "channels": [
                    {"name": "hook", "url": f"json://127.0.0.1:{self.hook.port}/alerts"},
                    {
                        "name": "mail",
                        "url": f"mailto://{self.mail.address}?from=monitor@example.org&to=desk@example.org",
                    },
                ]
            },
            "web": {"port": 0},
        } | changes
        self.write(json.dumps(self.settings, indent=1))

    def write(self, text: str) -> None:
        self.config.write_text(text, encoding="utf-8")

    def monitor(self, *arguments: str, expect: int = 0) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        done = subprocess.run(
            [sys.executable, "-m", "monitor", *arguments, "--config", str(self.config)],
            env=self.environment(),
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert done.returncode == expect, f"exit {done.returncode}: {done.stdout}{done.stderr}"
        assert "Traceback" not in done.stderr
        return done

    def poll(self) -> dict[str, int]:
        """One forced cycle; its summary."""
        summary: dict[str, int] = json.loads(self.monitor("poll", "--force", "--json").stdout)
        return summary

    def environment(self) -> Mapping[str, str]:
        return {**os.environ, "MONITOR_SHIPPED_MODEL": str(self.model), "PYTHONWARNINGS": "default"}

    def subjects(self) -> list[str]:
        """What the webhook was told."""
        return [request.json()["title"] for request in self.hook.requests]

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Ask the database directly, as Datasette would."""
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)) as connection:
            return connection.execute(sql).fetchall()

    @contextmanager
    def service(self) -> Iterator["Running"]:
        """`monitor run` as a process; killed at the end where the test did not stop it."""
        path = self.folder / f"service-{len(list(self.folder.glob('service-*.log')))}.log"
        log = path.open("w", encoding="utf-8")
        process = subprocess.Popen(
            [sys.executable, "-m", "monitor", "run", "--config", str(self.config)],
            env=self.environment(),
            stdout=log,
            stderr=log,
        )
        try:
            yield Running(process, path)
        finally:
            if process.poll() is None:
                process.kill()
            process.wait(PATIENCE)
            log.close()


@dataclass
class Running:
    """A service at work."""

    process: "subprocess.Popen[bytes]"
    log: Path

    @property
    def text(self) -> str:
        return self.log.read_text(encoding="utf-8")

    def says(self, words: str) -> bool:
        assert self.process.poll() is None or words in self.text, self.text
        return words in self.text

    def health(self) -> httpx.Response:
        """Ask `/healthz` at the port that the log names."""
        until(lambda: self.says("health on http://"), "the service to start")
        address = self.text.rsplit("health on ", 1)[1].split("/healthz", 1)[0]
        return httpx.get(f"{address}/healthz", trust_env=False, timeout=10)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> tuple[int, float]:
        """Stop it; exit status and seconds."""
        began = time.monotonic()
        self.process.send_signal(number)
        return self.process.wait(PATIENCE), time.monotonic() - began


@contextmanager
def office(folder: Path, model: Path) -> Iterator[Office]:
    """An office with its servers running."""
    with feed_server_in_thread() as feeds, Webhook() as hook, MailSink() as mail:
        yield Office(folder, model, feeds, hook, mail)


HEADLINE = "Havana breaks up ring that recruited Cubans for Russia's war"
REPORT = (
    "The Cuban government says that it has uncovered a human trafficking network which recruited Cubans, on the island "
    "and in Russia, to fight for the Russian army in Ukraine. The foreign ministry said that people suspected of the "
    "recruitment are being prosecuted, that the country takes no part in the war, and that it will act against anyone "
    "who traffics its citizens to serve as mercenaries. In May a paper in Ryazan had told of Cubans who signed up with "
    "the Russian forces for the promise of citizenship."
)
"""The facts of a report of September 2023, in our words."""


def report(*, title: str = HEADLINE, link: str = "https://news.example/cuba-ring", guid: str | None = None) -> Entry:
    return Entry(title=title, link=link, summary=f"<p>{REPORT}</p>", guid=guid, date=now())


def ordinary() -> list[Entry]:
    """News that must raise nothing."""
    return [
        Entry("Ferry line adds a night sailing", "https://news.example/ferry", "Tickets are on sale.", None, now()),
        Entry("Rain expected in the north", "https://news.example/rain", "Up to 40 mm by Friday.", None, now()),
    ]
