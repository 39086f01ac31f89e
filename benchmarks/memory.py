"""Memory of polling many feeds, and whether it grows, beside lemon24/reader on the same server in the same run.

    python -m benchmarks.memory --model data/models/ID [--feeds 10000] [--rounds 3] [--json OUT.json]
    python -m benchmarks.memory --model data/models/ID --feeds 1000 --rounds 200 --alone

Rounds are those of `polling.py`. Prints the main process after the first and the last, its peak, and those below it.
From twenty rounds on, growth is told as well: the median of the last rounds beside that of as many after the middle,
so that one garbage collection more or less decides nothing; and the largest step from one round to the next, since the
first hit in a language reads its word list, which is no leak.
"""

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from statistics import median

from benchmarks.race import Course, Side, run

WANTED_MB = 400.0
"""Peak of the main process, at 10,000 feeds."""

ENOUGH = 20
"""Rounds; fewer say nothing about growth."""

WINDOW = 20
"""Of so many rounds one is in each median: ten of two hundred."""


def growth(side: Side) -> tuple[float, float]:
    """MB of the main process after the middle of all rounds, and at their end: medians of a twentieth of them each."""
    rounds = [lap.memory_mb for lap in side.laps[1:]]
    some, half = max(1, len(rounds) // WINDOW), len(rounds) // 2
    return median(rounds[half : half + some]), median(rounds[-some:])


def largest_step(side: Side) -> tuple[float, int]:
    """MB that the main process grew by at most from one round to the next in the second half, and in which round."""
    rounds = [lap.memory_mb for lap in side.laps[1:]]
    half = len(rounds) // 2
    return max((rounds[number] - rounds[number - 1], 1 + number) for number in range(half, len(rounds)))


def show(name: str, side: Side) -> None:
    """Print one side."""
    last = side.laps[-1]
    print(f"{name}: after the first time {side.laps[0].memory_mb:.0f} MB, at the end {last.memory_mb:.0f} MB")
    print(f"{name}: peak of the main process {side.peak_mb:.0f} MB")
    if last.workers_mb:
        print(f"{name}: processes below it {', '.join(f'{each:.0f}' for each in sorted(last.workers_mb))} MB")
    if len(side.laps) > ENOUGH:
        middle, end = growth(side)
        print(f"{name}: from the middle to the end {middle:.1f} to {end:.1f} MB, {end / middle - 1:+.2%}")
        step, number = largest_step(side)
        print(f"{name}: the largest step there is {step:.1f} MB, in round {number}")


def main() -> None:
    """Prints both sides."""
    parser = argparse.ArgumentParser(description="Measures the memory of polling beside reader's.")
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--seeds", type=Path, default=Path("seeds"))
    parser.add_argument("--feeds", type=int, default=10_000)
    parser.add_argument("--items", type=int, default=30)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--alone", action="store_true", help="leave reader out")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    course = Course(options.seeds, options.feeds, options.items, options.rounds)
    results = run(course, options.model, alone=options.alone)
    print(f"{options.feeds} feeds of {options.items} items, {options.rounds} rounds after the first time")
    for name, side in results.items():
        show(name, side)
    print(f"wanted of ours: a peak of {WANTED_MB:.0f} MB at 10,000 feeds")
    if options.json:
        options.json.write_text(json.dumps({name: asdict(side) for name, side in results.items()}, indent=1))


if __name__ == "__main__":
    main()
