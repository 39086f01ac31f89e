"""The stores in memory: they pass the same contract tests as the SQLite ones."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from monitor.adapters.outbox import LATEST
from monitor.domain.alert import Alert, AlertState, Facts, History, News, Reason, strongest_first
from monitor.domain.delivery import Attempt, PendingAlert
from monitor.domain.feed import Feed, FeedSource, FeedState, FeedUpdate
from monitor.domain.fulltext import UNASKED, Mode, Spent
from monitor.domain.message import Notice, Telling
from monitor.domain.pace import CLOCK_BACK
from monitor.domain.sending import Fold, Join, Waiting
from monitor.domain.story import Story
from monitor.domain.websub import Delivered
from monitor.errors import StorageError
from monitor.ports import PollResult, ScoredItem


@dataclass
class _Stored:
    """An item as stored."""

    id: int
    feed_id: int
    scored: ScoredItem
    first_seen_at: datetime


@dataclass
class _StoredAlert:
    """An alert as stored; a digest tells the stories of those folded into it."""

    id: int
    story_id: int | None
    channel: str
    state: AlertState
    reason: Reason
    created_at: datetime
    due_at: datetime
    key: str
    told: Facts | None = None
    news: tuple[News, ...] = ()
    sent_at: datetime | None = None
    attempts: int = 0
    leased_until: datetime | None = None
    folded_into: int | None = None

    def free(self, now: datetime) -> bool:
        return self.state is AlertState.PENDING and (self.leased_until is None or self.leased_until <= now)


class MemoryStore:
    """A PollStore in memory."""

    def __init__(self) -> None:
        self.feeds: dict[int, Feed] = {}
        self.seen: dict[int, set[str]] = {}
        self.items: dict[int, _Stored] = {}
        self.stories: dict[int, Story] = {}
        self.alerts: dict[int, _StoredAlert] = {}

    def sync_feeds(self, sources: Sequence[FeedSource], now: datetime) -> None:
        by_url = {feed.source.url: feed for feed in self.feeds.values()}
        wanted = {source.url: source for source in reversed(sources)}
        for source in dict.fromkeys(one.url for one in sources):
            known = by_url.get(source)
            fresh = (
                _new_feed(len(self.feeds) + 1, wanted[source], now)
                if known is None
                else _synced(known, wanted[source], now)
            )
            self.feeds[fresh.id] = fresh
        for feed in list(self.feeds.values()):
            if feed.source.url not in wanted:
                self.feeds[feed.id] = replace(feed, state=FeedState.REMOVED, reason="not_in_config")

    def due_feeds(self, now: datetime, *, force: bool = False) -> list[Feed]:
        kept = [feed for feed in self.feeds.values() if feed.state is not FeedState.REMOVED]
        back = [feed.id for feed in kept if feed.last_polled_at and feed.last_polled_at > now + CLOCK_BACK]
        due = [feed for feed in kept if force or feed.next_poll_at <= now or feed.id in back]
        return sorted(due, key=lambda feed: (feed.next_poll_at, feed.id))

    def feed(self, feed_id: int) -> Feed | None:
        one = self.feeds.get(feed_id)
        return None if one is None or one.state is FeedState.REMOVED else one

    def known_keys(self, feed_id: int, keys: Collection[str]) -> set[str]:
        return self.seen.get(feed_id, set()) & set(keys)

    def fulltext_spent(self, since: datetime) -> Spent:
        recent = [one for one in self.items.values() if one.first_seen_at >= since]
        gray = [one for one in recent if self.feeds[one.feed_id].source.fulltext == Mode.GRAY]
        return Spent(len(recent), sum(one.scored.look not in {None, *UNASKED} for one in gray))

    def open_stories(self, since: datetime, terms: Collection[int] | None = None) -> list[Story]:
        told = [story for story in self.stories.values() if story.last_seen_at >= since]
        if terms is not None:
            told = [story for story in told if any(set(terms) & set(member.keys) for member in story.members)]
        return sorted(told, key=lambda story: (story.first_seen_at, story.id))

    def histories(self, story_ids: Collection[int]) -> dict[int, History]:
        return {story_id: self._history(story_id) for story_id in story_ids}

    def record(self, result: PollResult) -> None:
        update = result.update
        at = update.at if isinstance(update, Delivered) else update.polled_at
        if update.feed_id not in self.feeds:
            raise StorageError(f"no feed {update.feed_id}")
        if isinstance(update, FeedUpdate):
            self.feeds[update.feed_id] = _updated(self.feeds[update.feed_id], update)
        self.seen.setdefault(update.feed_id, set()).update(result.seen)
        stored = {(one.feed_id, one.scored.item.identity) for one in self.items.values()}
        fresh = [scored for scored in result.items if (update.feed_id, scored.item.identity) not in stored]
        ids = self._store_stories(result.stories, {scored.story_id for scored in fresh})
        for scored in fresh:
            story_id = ids.get(scored.story_id, scored.story_id) if scored.story_id is not None else None
            new_id = len(self.items) + 1
            self.items[new_id] = _Stored(new_id, update.feed_id, replace(scored, story_id=story_id), at)
        known = {alert.key for alert in self.alerts.values()}
        for alert in result.alerts:
            if alert.key not in known and (alert.story_id >= 0 or alert.story_id in ids):
                self._add_alert(alert, ids.get(alert.story_id, alert.story_id))
                known.add(alert.key)

    def _history(self, story_id: int) -> History:
        tellers = [one.scored for one in self.items.values() if one.scored.hits and one.scored.story_id == story_id]
        scores: dict[str, float] = {}
        for hit in (hit for scored in tellers for hit in scored.hits):
            scores[hit.signal] = max(hit.score, scores.get(hit.signal, 0.0))
        told: dict[str, Facts] = {}
        for alert in self.alerts.values():
            if alert.story_id == story_id and alert.told and alert.state is not AlertState.SUPPRESSED:
                known = told.get(alert.channel)
                told[alert.channel] = known | alert.told if known else alert.told
        return History(scores, frozenset(code for scored in tellers for code in scored.countries), told)

    def _store_stories(self, stories: Iterable[Story], told_now: set[int | None]) -> dict[int, int]:
        ids: dict[int, int] = {}
        for story in stories:
            if story.id >= 0:
                self.stories[story.id] = story
            elif story.id in told_now:
                ids[story.id] = new_id = len(self.stories) + 1
                self.stories[new_id] = replace(story, id=new_id)
        return ids

    def _add_alert(self, alert: Alert, story_id: int) -> None:
        new_id = max(self.alerts, default=0) + 1
        self.alerts[new_id] = _StoredAlert(
            new_id,
            story_id,
            alert.channel,
            alert.state,
            alert.reason,
            alert.created_at,
            alert.due_at,
            alert.key,
            alert.told,
            alert.news,
        )


class MemoryOutbox:
    """An OutboxStore over the alerts of a MemoryStore."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store
        self._alerts = store.alerts
        self.deliveries: list[Attempt] = []

    def waiting(self, now: datetime) -> list[Waiting]:
        free = [alert for alert in self._alerts.values() if alert.free(now)]
        due = {(one.story_id, one.channel) for one in free if one.due_at <= now and one.story_id is not None}
        return [
            Waiting(one.id, one.channel, one.reason, one.created_at, one.due_at, self._score(one), one.story_id)
            for one in sorted(free, key=lambda one: (one.created_at, one.id))
            if one.due_at <= now or (one.story_id, one.channel) in due
        ]

    def sent_since(self, since: datetime) -> dict[str, int]:
        sent: dict[str, int] = {}
        for alert in self._alerts.values():
            if alert.sent_at is not None and alert.sent_at >= since:
                sent[alert.channel] = sent.get(alert.channel, 0) + 1
        return sent

    def fold(self, folds: Sequence[Fold], now: datetime) -> dict[int, str]:
        digests = ((self._fold(fold, now), fold.channel) for fold in folds)
        return {digest: channel for digest, channel in digests if digest is not None}

    def join(self, joins: Sequence[Join], now: datetime) -> None:
        for join in joins:
            lead = self._alerts[join.into]
            for alert in (self._alerts[one] for one in join.alert_ids):
                same = (alert.story_id, alert.channel) == (lead.story_id, lead.channel)
                if alert is not lead and same and alert.free(now) and lead.free(now):
                    alert.state, alert.folded_into = AlertState.FOLDED, lead.id
                    self._fold_along(lead, {alert.id})

    def lease(self, alert_ids: Collection[int], now: datetime, until: datetime) -> list[PendingAlert]:
        leased = [alert for alert in self._alerts.values() if alert.id in alert_ids and alert.free(now)]
        for alert in leased:
            alert.leased_until = until
        return [
            PendingAlert(one.id, one.channel, one.reason, one.key, one.created_at, one.attempts, self._notices(one))
            for one in sorted(leased, key=lambda one: (one.created_at, one.id))
        ]

    def finish(self, attempt: Attempt) -> None:
        if attempt.alert_id not in self._alerts:
            raise StorageError(f"no alert {attempt.alert_id}")
        self.deliveries.append(attempt)
        alert = self._alerts[attempt.alert_id]
        if alert.state is not AlertState.PENDING and not attempt.ok:
            return
        alert.state, alert.leased_until = AlertState(attempt.state), None
        alert.due_at = attempt.due_at or alert.due_at
        alert.sent_at = attempt.attempted_at if attempt.ok else alert.sent_at
        alert.attempts += 1

    def requeue_dead(self, now: datetime, channel: str | None = None) -> int:
        dead = [one for one in self._alerts.values() if one.state is AlertState.DEAD and channel in {None, one.channel}]
        for alert in dead:
            alert.state, alert.due_at, alert.attempts, alert.leased_until = AlertState.PENDING, now, 0, None
        return len(dead)

    def _fold(self, fold: Fold, now: datetime) -> int | None:
        digest = next((one for one in self._alerts.values() if one.key == fold.key), None)
        chosen = [self._alerts[one] for one in fold.alert_ids if one in self._alerts]
        chosen = [one for one in chosen if one is not digest and one.free(now) and one.channel == fold.channel]
        if digest is None and chosen:
            new_id = max(self._alerts) + 1
            digest = _StoredAlert(new_id, None, fold.channel, AlertState.PENDING, Reason.DIGEST, now, now, fold.key)
            self._alerts[new_id] = digest
        if digest is None or not digest.free(now):
            return None
        for alert in chosen:
            alert.state, alert.folded_into = AlertState.FOLDED, digest.id
        self._fold_along(digest, {one.id for one in chosen})
        return digest.id

    def _fold_along(self, into: _StoredAlert, folded: set[int]) -> None:
        for alert in self._alerts.values():
            if alert.folded_into in folded:
                alert.folded_into = into.id

    def _told(self, alert: _StoredAlert) -> list[_StoredAlert]:
        """The alerts whose stories this one tells, highest score first."""
        told = [one for one in self._alerts.values() if alert.id in {one.id, one.folded_into}]
        return sorted((one for one in told if one.story_id is not None), key=lambda one: (-self._best(one), one.id))

    def _tellers(self, story_id: int | None) -> list[_Stored]:
        return [one for one in self._store.items.values() if one.scored.hits and one.scored.story_id == story_id]

    def _best(self, alert: _StoredAlert) -> float:
        return max((hit.score for one in self._tellers(alert.story_id) for hit in one.scored.hits), default=0.0)

    def _score(self, alert: _StoredAlert) -> float:
        return max((self._best(one) for one in self._told(alert)), default=0.0)

    def _notices(self, alert: _StoredAlert) -> tuple[Notice, ...]:
        told = self._told(alert)
        story_ids = dict.fromkeys(one.story_id for one in told if one.story_id is not None)
        return tuple(
            self._notice(self._store.stories[story_id], [one for one in told if one.story_id == story_id])
            for story_id in story_ids
        )

    def _notice(self, story: Story, alerts: Sequence[_StoredAlert]) -> Notice:
        tellers = sorted(self._tellers(story.id), key=lambda one: (one.first_seen_at, one.id))
        signals = {hit.signal for one in tellers for hit in one.scored.hits}
        chosen = [*tellers[:1], *tellers[-LATEST:], *(self._strongest(tellers, signal) for signal in signals)]
        tellings = tuple(self._telling(one) for one in tellers if one in chosen)
        first = any(alert.reason is Reason.FIRST_HIT for alert in alerts)
        news = () if first else strongest_first(news for alert in alerts for news in alert.news)
        return Notice(story.id, story.title, tellings, len(story.outlets), news)

    def _strongest(self, tellers: Sequence[_Stored], signal: str) -> _Stored:
        scores = {(hit.score, -one.id): one for one in tellers for hit in one.scored.hits if hit.signal == signal}
        return scores[max(scores)]

    def _telling(self, one: _Stored) -> Telling:
        item, outlet = one.scored.item, self._store.feeds[one.feed_id].name
        hits = tuple(sorted(one.scored.hits, key=lambda hit: hit.signal))
        return Telling(
            one.id,
            item.title,
            item.summary,
            item.url,
            outlet,
            item.published_at,
            one.first_seen_at,
            hits,
            one.scored.countries,
            lang=item.lang,
            route=one.scored.route,
        )


def _new_feed(feed_id: int, source: FeedSource, now: datetime) -> Feed:
    return Feed(id=feed_id, source=source, next_poll_at=now)


def _synced(feed: Feed, source: FeedSource, now: datetime) -> Feed:
    source = replace(source, name=source.name or feed.source.name)
    if feed.state is FeedState.REMOVED:
        state = FeedState.OK if feed.last_ok_at else FeedState.NEW
        return replace(feed, source=source, state=state, reason="back", next_poll_at=now, failures=0.0)
    changed = source.every is not None and source.every != feed.source.every
    soonest = now + source.every if changed and source.every else feed.next_poll_at
    return replace(feed, source=source, next_poll_at=min(feed.next_poll_at, soonest))


def _updated(feed: Feed, update: FeedUpdate) -> Feed:
    removed = feed.state is FeedState.REMOVED
    return replace(
        feed,
        source=replace(feed.source, name=feed.source.name or update.title or ""),
        state=feed.state if removed else update.state,
        reason=feed.reason if removed else update.reason,
        last_polled_at=update.polled_at,
        next_poll_at=update.next_poll_at,
        interval=update.interval,
        last_ok_at=update.last_ok_at,
        failures=update.failures,
        etag=update.etag,
        last_modified=update.last_modified,
        body_hash=update.body_hash,
        unchanged_polls=update.unchanged_polls,
        moved_to=update.moved_to,
        moved_polls=update.moved_polls,
        identity=update.identity,
        primed=update.primed,
        announced=update.announced,
    )
