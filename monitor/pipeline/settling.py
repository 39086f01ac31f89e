"""What poll() and backfill() decide alike about items that are new: scores, hits, stories."""

from collections.abc import Mapping, Sequence

from monitor.domain import hit, story
from monitor.domain.item import Item
from monitor.domain.story import Assignments, Told
from monitor.ports import Geographer, ScoredItem, Scorer, StoryStore


def scored(
    scorer: Scorer, geographer: Geographer, thresholds: Mapping[str, float], items: Sequence[Item]
) -> list[ScoredItem]:
    """Score items; those with hits learn why, and which countries they name."""
    found = []
    for entry, scores in zip(items, scorer.score(items), strict=True):
        hits = tuple(
            hit.because(score, thresholds[score.signal], scorer.why(entry, score.signal))
            for score in hit.reaching(scores, thresholds)
        )
        named = geographer.countries(f"{entry.title}\n{entry.summary}", entry.lang) if hits else ()
        found.append(ScoredItem(entry, scores, hits, countries=named))
    return found


def assigned(store: StoryStore, weigh: story.Weigh, told: Sequence[Told]) -> Assignments:
    """Put items with hits into the stories they belong to, among those open when the first of them was told."""
    if not told:
        return Assignments((), ())
    since = min(one.at for one in told) - story.STORY_WINDOW
    return story.assign_told(told, store.open_stories(since, story.search_terms(told, weigh)), weigh)
