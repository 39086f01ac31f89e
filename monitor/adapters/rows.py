"""Where a dataclass becomes a row and a row a dataclass again."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import timedelta

from monitor.adapters.columns import maybe_text, maybe_time, storable, to_json, to_text, to_time
from monitor.adapters.database import Row
from monitor.domain.alert import Alert, Facts, News, Reason
from monitor.domain.feed import Feed, FeedSource, FeedState, FeedUpdate
from monitor.domain.hit import Hit
from monitor.domain.item import IdentityKind, text_hash
from monitor.domain.score import Term
from monitor.domain.story import Member, Story
from monitor.domain.websub import Announcement, State, Subscription
from monitor.ports import ScoredItem


def source_row(source: FeedSource) -> Row:
    """A feed's configured columns; headers may carry secrets and stay in memory."""
    return {
        "url": source.url,
        "name": source.name,
        "tags": to_json(list(source.tags)),
        "every_s": source.every.total_seconds() if source.every is not None else None,
        "fulltext": source.fulltext,
        "user_agent": source.user_agent,
    }


def feed_from(row: Row, headers: Mapping[str, str], subscription: Subscription | None = None) -> Feed:
    """The feed a row of `feeds` describes."""
    source = FeedSource(
        url=row["url"],
        name="" if row["name"] == row["url"] else row["name"],
        tags=tuple(json.loads(row["tags"])),
        every=_duration(row["every_s"]),
        fulltext=row["fulltext"],
        user_agent=row["user_agent"],
        headers=headers,
    )
    return Feed(
        id=row["id"],
        source=source,
        next_poll_at=to_time(row["next_poll_at"]),
        state=FeedState(row["state"]),
        reason=row["reason"],
        last_ok_at=maybe_time(row["last_ok_at"]),
        last_polled_at=maybe_time(row["last_polled_at"]),
        interval=_duration(row["interval_s"]),
        failures=row["failures"],
        etag=row["etag"],
        last_modified=row["last_modified"],
        body_hash=row["body_hash"],
        unchanged_polls=row["unchanged_polls"],
        moved_to=row["moved_to"],
        moved_polls=row["moved_polls"],
        identity=IdentityKind(row["identity"]),
        primed=bool(row["primed"]),
        skip_hours=frozenset(json.loads(row["skip_hours"])),
        announced=announced_from(row["hub"], row["topic"]),
        subscription=subscription,
    )


def announced_from(hub: str | None, topic: str | None) -> Announcement | None:
    """The hub and topic that two columns hold."""
    return None if hub is None or topic is None else Announcement(hub, topic)


def subscription_from(row: Row) -> Subscription:
    """The subscription a row of `subscriptions` describes."""
    return Subscription(
        feed_id=row["feed_id"],
        announced=Announcement(row["hub"], row["topic"]),
        path=row["path"],
        state=State(row["state"]),
        reason=row["reason"],
        due_at=to_time(row["due_at"]),
        error=row["error"],
        open_until=maybe_time(row["open_until"]),
        expires_at=maybe_time(row["expires_at"]),
        failures=row["failures"],
        pushed_at=maybe_time(row["pushed_at"]),
        missed_at=maybe_time(row["missed_at"]),
    )


def update_row(update: FeedUpdate) -> Row:
    """The columns a poll changes on its feed, named as in the table; `title` is None where it stays."""
    return {
        "id": update.feed_id,
        "state": str(update.state),
        "reason": update.reason,
        "error": _maybe_storable(update.error),
        "last_polled_at": to_text(update.polled_at),
        "next_poll_at": to_text(update.next_poll_at),
        "interval_s": update.interval.total_seconds(),
        "last_ok_at": maybe_text(update.last_ok_at),
        "failures": update.failures,
        "etag": _maybe_storable(update.etag),
        "last_modified": _maybe_storable(update.last_modified),
        "body_hash": update.body_hash,
        "unchanged_polls": update.unchanged_polls,
        "moved_to": _maybe_storable(update.moved_to),
        "moved_polls": update.moved_polls,
        "identity": str(update.identity),
        "primed": update.primed,
        "skip_hours": to_json(sorted(update.skip_hours)),
        "hub": update.announced.hub if update.announced else None,
        "topic": update.announced.topic if update.announced else None,
        "title": _maybe_storable(update.title or None),
    }


def hit_row(hit: Hit, scored: ScoredItem, *, item_id: int, story_id: int | None) -> Row:
    """A hit's columns, but for what all hits of a poll have in common."""
    return {
        "item_id": item_id,
        "signal": hit.signal,
        "score": hit.score,
        "threshold": hit.threshold,
        "model_id": hit.model_id,
        "story_id": story_id,
        "why": storable(to_json([[term.term, term.weight] for term in hit.why])),
        "nearest_seed": _maybe_storable(hit.nearest_seed),
        "confident": hit.confident,
        "on_fulltext": hit.on_fulltext,
        "countries": to_json(list(scored.countries)),
        "origins": to_json(list(scored.route.origins)),
        "destinations": to_json(list(scored.route.destinations)),
        "text_hash": text_hash(scored.item.title, scored.item.summary),
    }


def hit_from(row: Row) -> Hit:
    """The hit a row of `hits` describes."""
    return Hit(
        signal=row["signal"],
        score=row["score"],
        threshold=row["threshold"],
        model_id=row["model_id"],
        why=tuple(Term(term, weight) for term, weight in json.loads(row["why"])),
        nearest_seed=row["nearest_seed"],
        confident=bool(row["confident"]),
        on_fulltext=bool(row["on_fulltext"]),
    )


def alert_row(alert: Alert, *, story_id: int | None, config_hash: str | None) -> Row:
    """An alert's columns."""
    told = alert.told
    return {
        "story_id": story_id,
        "channel": storable(alert.channel),
        "reason": alert.reason,
        "state": alert.state,
        "created_at": to_text(alert.created_at),
        "due_at": to_text(alert.due_at),
        "key": storable(alert.key),
        "told": told and to_json({"outlets": told.outlets, "countries": sorted(told.countries), "score": told.score}),
        "news": to_json([[news.reason, news.value] for news in alert.news]),
        "evidence": to_json([asdict(one) for one in alert.evidence]),
        "config_hash": config_hash,
    }


def facts_from(text: str) -> Facts:
    """The facts a column `told` holds."""
    told = json.loads(text)
    return Facts(told["outlets"] or 0, frozenset(told["countries"]), told["score"])


def news_from(text: str) -> tuple[News, ...]:
    """The news a column `news` holds."""
    return tuple(News(Reason(reason), value) for reason, value in json.loads(text))


def story_row(story: Story) -> Row:
    """A story's columns without its id."""
    return {
        "title": storable(story.title),
        "first_seen_at": to_text(story.first_seen_at),
        "last_seen_at": to_text(story.last_seen_at),
        "outlets": storable(to_json(list(story.outlets))),
        "members": to_json([[to_text(member.at), *_columns(member)] for member in story.members]),
    }


def story_from(row: Row) -> Story:
    """The story a row of `stories` describes."""
    return Story(
        id=row["id"],
        title=row["title"],
        first_seen_at=to_time(row["first_seen_at"]),
        last_seen_at=to_time(row["last_seen_at"]),
        outlets=tuple(json.loads(row["outlets"])),
        members=tuple(
            Member(to_time(at), tuple(zip(terms, weights, strict=True)))
            for at, terms, weights in json.loads(row["members"])
        ),
    )


def _columns(member: Member) -> tuple[list[int], list[float]]:
    return [term for term, _ in member.terms], [weight for _, weight in member.terms]


def _duration(seconds: float | None) -> timedelta | None:
    return None if seconds is None else timedelta(seconds=seconds)


def _maybe_storable(text: str | None) -> str | None:
    return None if text is None else storable(text)
