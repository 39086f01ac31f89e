"""Polling many feeds, beside lemon24/reader on the same server in the same run; reader does not score.

    python -m benchmarks.polling --model data/models/ID [--feeds 1000] [--items 30] [--rounds 3] [--json OUT.json]
    python -m benchmarks.polling --model data/models/ID --unchanged [--rounds 6]

First every feed is new, then in each round a tenth of the feeds has one new item, and of the rest half answer 304 and
half send the same body. Prints feeds a second and processor time a feed, of the side's processes together. With
`--unchanged` nothing is new after the first time: what a poll costs that brings nothing is the median of the rounds, of
which the first is left out, as it still warms up. See `race.py` for the sides.
"""

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from statistics import median

from benchmarks.race import Course, Side, run

SHOWN = 5
"""Rounds that are printed one by one."""

WANTED_MS = 2.0
"""Processor time of a poll that brings nothing."""


def effort(side: Side, feeds: int) -> list[float]:
    """Milliseconds of processor time a feed, for each lap."""
    return [1000 * lap.processor / feeds for lap in side.laps]


def show(results: dict[str, Side], course: Course) -> None:
    """Print each lap, and how the sides compare."""
    print(f"{course.feeds} feeds of {course.items} items; seconds, feeds/s, processor ms a feed, items stored")
    for name, side in results.items():
        for number, (lap, spent) in enumerate(zip(side.laps[: 1 + SHOWN], effort(side, course.feeds), strict=False)):
            label = f"{name}, {f'round {number}' if number else 'cold'}"
            print(f"{label:20} {lap.seconds:8.2f} {course.feeds / lap.seconds:9.1f} {spent:8.2f} {lap.items:8}")
    if "reader" in results:
        for number in range(1 + min(course.rounds, SHOWN)):
            ratio = results["reader"].laps[number].seconds / results["ours"].laps[number].seconds
            print(f"{f'round {number}' if number else 'cold'}: ours is {ratio:.2f} times as fast")


def idle(results: dict[str, Side], feeds: int) -> dict[str, float]:
    """Each side's milliseconds of processor time for a feed with nothing new: median of the rounds but the first."""
    return {name: median(effort(side, feeds)[2:]) for name, side in results.items()}


def main() -> None:
    """Prints both sides and the ratios."""
    parser = argparse.ArgumentParser(description="Measures polling beside reader.")
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--seeds", type=Path, default=Path("seeds"))
    parser.add_argument("--feeds", type=int, default=1000)
    parser.add_argument("--items", type=int, default=30)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--unchanged", action="store_true", help="nothing is new after the first time")
    parser.add_argument("--alone", action="store_true", help="leave reader out")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    if options.unchanged and options.rounds < 2:
        sys.exit("--unchanged needs two rounds or more: the first is left out")
    course = Course(options.seeds, options.feeds, options.items, options.rounds, options.unchanged)
    results = run(course, options.model, alone=options.alone)
    show(results, course)
    told: dict[str, object] = {name: asdict(side) for name, side in results.items()}
    if options.unchanged:
        found = idle(results, course.feeds)
        for name, spent in found.items():
            print(f"{name}: {spent:.2f} ms of processor time for a feed with nothing new")
        print(f"wanted of ours: {WANTED_MS:.0f} ms")
        told["unchanged, ms a feed"] = found
    if options.json:
        options.json.write_text(json.dumps(told, indent=1))


if __name__ == "__main__":
    main()
