"""Sentinels: plain reports, and plain news that is none, which any model worth using tells apart.

They are shipped with the package (``data/sentinels.jsonl``) and never used in training, so they notice a model that
learned the wrong thing. The probes of :mod:`classifiers.artifact` are something else: texts whose decision values a
model carries along, to notice that it is read differently from how it was written.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from classifiers.model import Model
from classifiers.seed import Seed, SeedFault, check_seeds
from classifiers.text import Document

THRESHOLD = 0.5
"""For a signal that has none of its own."""
LEAST_FOUND = 0.75
"""A model that finds a smaller share of a signal's plain reports cannot be relied on."""
MOST_RAISED = 0.25
"""Nor can one that takes a larger share of the other texts for reports."""


@dataclass(frozen=True, slots=True)
class Sentinel:
    """A text, and of which signals it is a report (true) or not (false); signals not named were not judged."""

    id: str
    document: Document
    signals: Mapping[str, bool]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a model did on the sentinels of one signal, in the languages it has examples of that signal in."""

    signal: str
    reports: int
    found: tuple[str, ...]
    """Ids of the reports that reached the threshold."""
    missed: tuple[str, ...]
    others: int
    raised: tuple[str, ...]
    """Ids of the texts that reached the threshold and are no reports."""

    @property
    def failing(self) -> bool:
        """Whether the model cannot be relied on for the signal."""
        return len(self.found) < LEAST_FOUND * self.reports or len(self.raised) > MOST_RAISED * self.others

    def __str__(self) -> str:
        return (
            f"{self.signal}: {len(self.found)} of {self.reports} known reports found, "
            f"{len(self.raised)} of {self.others} other texts raised"
        )


@cache
def shipped_sentinels() -> tuple[Sentinel, ...]:
    """The sentinels that come with this package."""
    lines = files("classifiers").joinpath("data/sentinels.jsonl").read_text(encoding="utf-8").splitlines()
    return tuple(
        Sentinel(known["id"], Document(known["title"], known["body"], known["lang"]), known["signals"])
        for known in map(json.loads, lines)
    )


def examine(
    model: Model, thresholds: Mapping[str, float], sentinels: Sequence[Sentinel] | None = None
) -> tuple[Outcome, ...]:
    """Score the sentinels; one outcome for each signal of the model that they know, in the model's order."""
    asked = shipped_sentinels() if sentinels is None else sentinels
    scores = model.score([one.document for one in asked])
    outcomes = []
    for column, signal in enumerate(model.signals):
        reached = scores[:, column] >= thresholds.get(signal, THRESHOLD)
        judged = [
            (one.id, one.signals[signal], bool(hit))
            for one, hit in zip(asked, reached, strict=True)
            if signal in one.signals and model.confident(one.document, signal)
        ]
        if any(report for _, report, _ in judged):
            outcomes.append(_outcome(signal, judged))
    return tuple(outcomes)


def shown_sentinels(seeds: Sequence[Seed]) -> list[SeedFault]:
    """Seeds that share a title or eight words in a row with a sentinel."""
    texts = [f"{one.document.title}\n{one.document.body}" for one in shipped_sentinels()]
    titles = {one.document.title for one in shipped_sentinels()}
    shared = {fault.seed for fault in check_seeds(seeds, texts) if fault.kind == "leak"}
    shared |= {seed.id for seed in seeds if seed.title in titles}
    detail = "repeats a text that models are tested with; drop it"
    return [SeedFault("sentinel", seed, detail) for seed in sorted(shared)]


def worse(old: Sequence[Outcome], new: Sequence[Outcome]) -> str | None:
    """Why the outcomes of a new model speak against it; None where it answers as many texts rightly as the old one.

    Near the threshold any new seed moves a score, so a text lost is made good by one won, of whatever signal.
    """
    after = {outcome.signal: outcome for outcome in new}
    wrong: list[str] = []
    lost = won = 0
    for before in old:
        now = after.get(before.signal)
        if now is None:
            return f"{before.signal}: none of the known reports is found any more"
        missed = [one for one in before.found if one in now.missed]
        raised = [one for one in now.raised if one not in before.raised]
        wrong += [
            f"{before.signal} {how} {', '.join(ids)}" for how, ids in (("misses", missed), ("raises", raised)) if ids
        ]
        lost += len(missed) + len(raised)
        won += len(set(before.missed) & set(now.found)) + len(set(before.raised) - set(now.raised))
    return f"known texts newly judged wrong: {'; '.join(wrong)} (newly right: {won})" if lost > won else None


def _outcome(signal: str, judged: Sequence[tuple[str, bool, bool]]) -> Outcome:
    return Outcome(
        signal=signal,
        reports=sum(report for _, report, _ in judged),
        found=tuple(name for name, report, hit in judged if report and hit),
        missed=tuple(name for name, report, hit in judged if report and not hit),
        others=sum(not report for _, report, _ in judged),
        raised=tuple(name for name, report, hit in judged if hit and not report),
    )
