"""What poll() and backfill() decide alike about items that are new: scores, hits, stories."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from monitor.domain import hit, story
from monitor.domain.item import Item
from monitor.domain.story import Assignments, Told
from monitor.ports import Geographer, ScoredItem, Scorer, StoryStore

LEAD = 1_500
"""Characters of an article in which countries are looked for: its end names those of its author and of other news."""


def scored(
    scorer: Scorer, geographer: Geographer, thresholds: Mapping[str, float], items: Sequence[Item]
) -> list[ScoredItem]:
    """Score items; those with hits learn why, and which countries they name."""
    return with_hits(scorer, geographer, thresholds, first_look(scorer, items))


def first_look(scorer: Scorer, items: Sequence[Item]) -> list[ScoredItem]:
    """Items with their scores, by the feed's own words."""
    return [ScoredItem(entry, scores) for entry, scores in zip(items, scorer.score(items), strict=True)]


def with_hits(
    scorer: Scorer, geographer: Geographer, thresholds: Mapping[str, float], entries: Sequence[ScoredItem]
) -> list[ScoredItem]:
    """The items with the hits that their scores make, why, and the countries named in the text that was scored."""
    found = []
    for entry in entries:
        hits = []
        for score in hit.reaching(entry.scores, thresholds):
            told = entry.article if score.on_fulltext and entry.article else entry.item
            hits.append(hit.because(score, thresholds[score.signal], scorer.why(told, score.signal)))
        told = entry.article if entry.article and any(one.on_fulltext for one in hits) else entry.item
        if hits:
            text = f"{told.title}\n{told.summary if told is entry.item else told.summary[:LEAD]}"
            named, route = geographer.countries(text, told.lang), geographer.route(text, told.lang)
            entry = replace(entry, hits=tuple(hits), countries=named, route=route)  # noqa: PLW2901 - the same, decided
        found.append(entry)
    return found


def assigned(store: StoryStore, weigh: story.Weigh, told: Sequence[Told]) -> Assignments:
    """Put items with hits into the stories they belong to, among those open when the first of them was told."""
    if not told:
        return Assignments((), ())
    since, members = min(one.at for one in told) - story.STORY_WINDOW, story.fingerprints(told, weigh)
    return story.assign_told(told, members, store.open_stories(since, story.search_terms(members)))
