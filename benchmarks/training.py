"""What a training costs: seconds, size on disk, seconds to load, and whether a second process gets the same bytes.

    python -m benchmarks.training [--seeds seeds] [--json OUT.json]

Each training runs in a process of its own, with another seed for Python's hashes.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

from classifiers.artifact import load_model

TRAIN = """
import sys
from pathlib import Path
from classifiers.artifact import save_model
from classifiers.background import shipped
from classifiers.seed import load_seeds
from classifiers.train import train
save_model(train(load_seeds(Path(sys.argv[1])), shipped()).model, Path(sys.argv[2]))
"""


def trained(seeds: Path, target: Path, hashes: str) -> float:
    """Trains in a fresh process; seconds."""
    start = time.perf_counter()
    environment = {**os.environ, "PYTHONHASHSEED": hashes}
    subprocess.run([sys.executable, "-c", TRAIN, str(seeds), str(target)], env=environment, check=True)
    return time.perf_counter() - start


def digest(folder: Path) -> str:
    """Hash of all files of a model."""
    return sha256(b"".join(path.read_bytes() for path in sorted(folder.iterdir()))).hexdigest()


def main() -> int:
    """Prints the figures; exit 1 where the bytes differ."""
    parser = argparse.ArgumentParser(description="Measures a training.")
    parser.add_argument("--seeds", type=Path, default=Path("seeds"))
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with TemporaryDirectory() as scratch:
        one, other = Path(scratch) / "one", Path(scratch) / "other"
        found: dict[str, float] = {"training, seconds": trained(options.seeds, one, "1")}
        trained(options.seeds, other, "2")
        start = time.perf_counter()
        load_model(one)
        found["load, seconds"] = time.perf_counter() - start
        found["size, MB"] = sum(path.stat().st_size for path in one.iterdir()) / 1e6
        found["same bytes in both processes"] = float(digest(one) == digest(other))
    for name, value in found.items():
        print(f"{name:32} {value:8.2f}")
    if options.json:
        options.json.write_text(json.dumps(found, indent=1), encoding="utf-8")
    return 0 if found["same bytes in both processes"] else 1


if __name__ == "__main__":
    sys.exit(main())
