"""How fast an archive is scored into the database: in one process, with local workers, and on a Dask cluster of two.

    python -m benchmarks.backfill archive.jsonl.gz --model FOLDER [--records N] [--json FILE]

Each engine fills a database of its own. The start of its workers counts; the cluster is up before, as in use. Two
ratios were asked for: two processes against one (at least 1.7 times as fast), and a cluster of two workers against two
local processes (at least 0.8). "one process" does everything in one; "1 worker" and "2 workers" have the process beside
them that reads, decides and stores, so that on two cores the step from one worker to two is bounded by its own share.
"""

import argparse
import asyncio
import gzip
import json
import os
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self, TypeVar

from benchmarks.race import forget_main
from monitor import backfill, models
from monitor.adapters.cluster import DaskEngine
from monitor.adapters.engine import LocalEngine
from monitor.adapters.hatching import ARCHIVES, hatch
from monitor.adapters.language import ready
from monitor.house import load_config, open_house
from tests.clusters import cluster

T = TypeVar("T")

ASKED = (("2 workers", "one process", 1.7), ("dask 2", "2 workers", 0.8))
ALSO = ("2 workers", "1 worker")


class OneProcess(LocalEngine):
    """Everything in this process: what there is to gain is measured against it."""

    async def run(self, fn: Callable[..., T], *args: object, timeout: float) -> T:  # noqa: ARG002, ASYNC109
        """Run it here and now."""
        return fn(*args)

    async def __aenter__(self) -> Self:
        """Start nothing."""
        return self


def run(folder: Path, archive: Path, engine: LocalEngine | DaskEngine) -> dict[str, float]:
    """One backfill into a new database: seconds, items, hits, and stories."""
    folder.mkdir()
    config = folder / "config.yaml"
    config.write_text("log: {level: warning}\n", encoding="utf-8")
    with open_house(load_config(config, os.environ)) as house:
        scorer = models.required(house)

        async def fill() -> dict[str, float]:
            start = time.perf_counter()
            async with engine:
                done = await backfill.run(house, engine, scorer, str(archive), lambda _: None)
            seconds = time.perf_counter() - start
            return {"seconds": seconds, "items": done.new_items, "hits": done.hits, "stories": done.stories}

        return asyncio.run(fill())


def main() -> None:
    """Prints items a second and the ratios."""
    parser = argparse.ArgumentParser(description="Measures backfill on each engine.")
    parser.add_argument("archive", type=Path)
    parser.add_argument("--model", type=Path, required=True, help="folder of a trained model")
    parser.add_argument("--records", type=int, help="only the first so many")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    forget_main()
    hatch(ARCHIVES)  # first of all, as `monitor` does
    ready()  # as what workers are forked from is
    os.environ["MONITOR_SHIPPED_MODEL"] = str(options.model)
    with TemporaryDirectory() as name:
        folder = Path(name)
        archive = options.archive.absolute()
        if options.records:
            archive = folder / "part.jsonl"
            with gzip.open(options.archive) as lines:
                archive.write_bytes(b"".join(islice(lines, options.records)))
        found = {
            "one process": run(folder / "one", archive, OneProcess(1)),
            "1 worker": run(folder / "local-1", archive, LocalEngine(1, preload=ARCHIVES)),
            "2 workers": run(folder / "local-2", archive, LocalEngine(2, preload=ARCHIVES)),
        }
        (folder / "cluster").mkdir()
        with cluster(folder / "cluster", preload="monitor.beforehand") as running:  # as the manual has it
            found["dask 2"] = run(folder / "dask", archive, DaskEngine(running.address))
    for engine, told in found.items():
        print(f"{engine:12} {told['seconds']:8.1f} s {told['items'] / told['seconds']:8.0f} items/s")
    ratios = {f"{one} / {other}": found[other]["seconds"] / found[one]["seconds"] for one, other, _ in ASKED}
    for one, other, asked in ASKED:
        print(f"{one} / {other}: {ratios[f'{one} / {other}']:.2f}, asked for {asked}")
    ratios[" / ".join(ALSO)] = found[ALSO[1]]["seconds"] / found[ALSO[0]]["seconds"]
    print(f"{' / '.join(ALSO)}: {ratios[' / '.join(ALSO)]:.2f}")
    same = len({(told["items"], told["hits"], told["stories"]) for told in found.values()}) == 1
    print("all engines: the same numbers of items, hits and stories" if same else f"they differ: {found}")
    if options.json:
        options.json.write_text(json.dumps({"engines": found, "ratios": ratios, "cores": os.cpu_count()}, indent=1))


if __name__ == "__main__":
    main()
