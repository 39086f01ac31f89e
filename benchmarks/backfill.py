"""How fast an archive is scored into the database: one and two local processes, and a Dask cluster of two workers.

    python -m benchmarks.backfill archive.jsonl.gz --model FOLDER [--records N] [--json FILE]

Each engine fills a database of its own, through `monitor backfill` itself, from the start of the program until it
ends: its start-up counts. The cluster is up before, as in use. Two ratios were asked for: two processes against one
(at least 1.7 times as fast), and a cluster of two workers against two local processes (at least 0.8).
"""

import argparse
import gzip
import json
import os
import subprocess
import sys
import time
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.clusters import cluster

ASKED = {"local 2 / local 1": 1.7, "dask 2 / local 2": 0.8}


def run(config: Path, archive: Path, model: Path, *arguments: str) -> dict[str, float]:
    """One backfill into a new database: what it reports, and seconds from start to end."""
    command = [sys.executable, "-m", "monitor", "backfill", str(archive), "--json", "-c", str(config), *arguments]
    start = time.perf_counter()
    done = subprocess.run(
        command, check=True, stdout=subprocess.PIPE, env=os.environ | {"MONITOR_SHIPPED_MODEL": str(model)}
    )
    told: dict[str, float] = json.loads(done.stdout)
    return told | {"whole": time.perf_counter() - start}


def config_in(folder: Path, address: str = "") -> Path:
    """A config with a database of its own."""
    folder.mkdir()
    path = folder / "config.yaml"
    path.write_text(f"dask_address: {address}\nlog: {{level: warning}}\n" if address else "log: {level: warning}\n")
    return path


def main() -> None:
    """Prints items a second and the ratios."""
    parser = argparse.ArgumentParser(description="Measures `monitor backfill` on each engine.")
    parser.add_argument("archive", type=Path)
    parser.add_argument("--model", type=Path, required=True, help="folder of a trained model")
    parser.add_argument("--records", type=int, help="only the first so many")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        archive = options.archive.absolute()
        if options.records:
            archive = folder / "part.jsonl"
            with gzip.open(options.archive) as lines:
                archive.write_bytes(b"".join(islice(lines, options.records)))
        found = {}
        for workers in (1, 2):
            config = config_in(folder / f"local-{workers}")
            found[f"local {workers}"] = run(config, archive, options.model, "--workers", str(workers))
        (folder / "cluster").mkdir()
        address = stack.enter_context(cluster(folder / "cluster")).address
        found["dask 2"] = run(config_in(folder / "dask", address), archive, options.model, "--engine", "dask")
    ratios = {pair: _speed(found, pair.split(" / ")[0]) / _speed(found, pair.split(" / ")[1]) for pair in ASKED}
    for engine, told in found.items():
        print(
            f"{engine:10} {told['whole']:8.1f} s {told['records'] / told['whole']:8.0f} items/s {told['hits']:6} hits"
        )
    for pair, ratio in ratios.items():
        print(f"{pair:20} {ratio:5.2f}  asked for {ASKED[pair]}")
    if options.json:
        options.json.write_text(json.dumps({"engines": found, "ratios": ratios, "cores": os.cpu_count()}, indent=1))


def _speed(found: dict[str, dict[str, float]], engine: str) -> float:
    return found[engine]["records"] / found[engine]["whole"]


if __name__ == "__main__":
    main()
