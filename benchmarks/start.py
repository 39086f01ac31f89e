"""From a process's start to what somebody waits for: the first poll stored, and the help.

    python -m benchmarks.start --model data/models/ID [--feeds 10] [--repeat 5] [--json OUT.json]

Each time a new process in a new folder, with a trained model and so many feeds on loopback: `monitor run` until it says
that the first poll is stored, `monitor poll` and `monitor --help` until their end; lemon24/reader, where it is
installed, until the same feeds are updated. Prints the medians of seconds and of processor time, that of worker
processes included. The start of the Python interpreter counts for all of them.
"""

import argparse
import importlib.util
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.newsstand import newsstand
from monitor.models import SHIPPED_MODEL

CONFIG = """
database: monitor.db
models: models
seeds: {seeds}
poll: {{allow_private_addresses: true, spacing: 1ms}}
web: {{port: 0}}
log: {{level: info}}
feeds:
{feeds}
"""

STORED = b"polled "
"""What the service's log says once a cycle is stored."""

READER = """
import sys, reader
client = reader.make_reader(sys.argv[1])
for url in sys.argv[2:]:
    client.add_feed(url)
client.update_feeds(workers=10)
"""

WANTED = {"monitor run": 2.0, "monitor poll": 2.0, "monitor --help": 0.4}
"""Seconds."""

PATIENCE = 120.0
"""Seconds, for one start."""


@dataclass(frozen=True, slots=True)
class Start:
    """One start: seconds until what was waited for, and the processor time spent until the process was gone."""

    seconds: float
    processor: float


def timed(wait: Callable[[], float]) -> Start:
    """Do it, and see what it cost; `wait` returns when it was done, by `time.perf_counter`."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = wait()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Start(done - began, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def ended(command: Sequence[str], environ: dict[str, str]) -> float:
    """Run a command to its end."""
    subprocess.run(command, env=environ, check=True, capture_output=True, timeout=PATIENCE)
    return time.perf_counter()


def stored(command: Sequence[str], environ: dict[str, str]) -> float:
    """Run the service until its first poll is stored, then end it."""
    with subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        said = []
        for line in process.stderr or ():
            said.append(line.decode(errors="replace"))
            if STORED in line:
                done = time.perf_counter()
                process.terminate()
                process.communicate(timeout=PATIENCE)
                return done
    sys.exit(f"the service ended without a poll; its log: {''.join(said[-20:])}")


def starts(folder: Path, urls: Sequence[str], model: Path, seeds: Path) -> dict[str, Start]:
    """One start of each kind, each in a folder of its own."""
    environ = os.environ | {SHIPPED_MODEL: str(model)}
    environ.pop("PYTHONDONTWRITEBYTECODE", None)  # what is installed is compiled once
    feeds = "\n".join(f"  - {{url: {url}}}" for url in urls)
    commands = {}
    for name in ("run", "poll"):
        (folder / name).mkdir()
        config = folder / name / "config.yaml"
        config.write_text(CONFIG.format(seeds=seeds.resolve(), feeds=feeds))
        commands[name] = [sys.executable, "-m", "monitor", name, "--config", str(config)]
    found = {
        "monitor run": timed(lambda: stored(commands["run"], environ)),
        "monitor poll": timed(lambda: ended(commands["poll"], environ)),
        "monitor --help": timed(lambda: ended([sys.executable, "-m", "monitor", "--help"], environ)),
    }
    if importlib.util.find_spec("reader"):
        command = [sys.executable, "-c", READER, str(folder / "reader.db"), *urls]
        found["reader update"] = timed(lambda: ended(command, environ))
    return found


def main() -> None:
    """Prints the medians beside what is wanted."""
    parser = argparse.ArgumentParser(description="Measures how long a start takes.")
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--seeds", type=Path, default=Path("seeds"))
    parser.add_argument("--feeds", type=int, default=10)
    parser.add_argument("--items", type=int, default=30)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    rounds = []
    with newsstand(options.seeds, options.feeds, options.items) as stand:
        for _ in range(options.repeat):
            with TemporaryDirectory() as folder:
                rounds.append(starts(Path(folder), stand.urls, options.model.resolve(), options.seeds))
    print(
        f"{options.feeds} feeds of {options.items} items, median of {options.repeat}: seconds, processor time, wanted"
    )
    for name in rounds[0]:
        seconds, processor = (median(getattr(one[name], what) for one in rounds) for what in ("seconds", "processor"))
        print(f"{name:16} {seconds:7.2f} {processor:7.2f} {WANTED.get(name, ''):>7}")
    if options.json:
        told = {name: [asdict(one[name]) for one in rounds] for name in rounds[0]}
        options.json.write_text(json.dumps(told, indent=1))


if __name__ == "__main__":
    main()
