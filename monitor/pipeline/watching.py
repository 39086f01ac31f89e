"""watch(): the monitor's own troubles, told through the outbox like any alert."""

import asyncio
import logging
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from monitor.domain import ops
from monitor.domain.alert import Reason
from monitor.domain.channel import Channel
from monitor.domain.ops import Known, Word
from monitor.ports import Clock
from monitor.ports.watching import OpsAlert, TroubleStore

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class WatchParts:
    """What watch() works with.

    Attributes:
        running_since: when the service started: it answers for no time before that.
    """

    troubles: TroubleStore
    clock: Clock
    running_since: datetime | None = None


async def watch(parts: WatchParts, channels: Iterable[Channel]) -> tuple[Known, ...]:
    """Look for troubles, store what is known of them and, in the same transaction, the alerts that tell of it.

    Without a channel for it, troubles are logged only, and told once there is one.

    Returns:
        What is wrong now.

    Raises:
        StorageError: the database cannot be read or written.
    """
    return await asyncio.to_thread(_look, parts, [channel.name for channel in channels if channel.ops])


def _look(parts: WatchParts, channels: list[str]) -> tuple[Known, ...]:
    now = parts.clock.now()
    before = tuple(parts.troubles.known())
    facts = parts.troubles.facts(now)
    if facts.last_ok_at and parts.running_since:
        facts = replace(facts, last_ok_at=max(facts.last_ok_at, parts.running_since))
    known = ops.follow(before, ops.troubles(facts, before, now), now)
    _log(before, known)
    told = ops.words(known, parts.troubles.last_told(), now) if channels else ()
    after = ops.after_telling(known, told, now)
    if set(after) != set(before) or told:
        parts.troubles.record(after, [_alert(word, channel, now) for word in told for channel in channels], now)
    return tuple(one for one in known if one.ended_at is None)


def _alert(word: Word, channel: str, now: datetime) -> OpsAlert:
    key = f"{Reason.OPS}/{word.condition}/{now:%Y%m%dT%H%M%S.%f}/{channel}"
    return OpsAlert(channel, word.subject, word.lines, key)


def _log(before: Iterable[Known], after: Iterable[Known]) -> None:
    was = {one.key for one in before if one.ended_at is None}
    now = {one.key: one for one in after if one.ended_at is None}
    for key, one in list(now.items())[: ops.LISTED]:
        if key not in was:
            log.warning("trouble (%s): %s", one.trouble.condition, one.trouble.detail)
    if over := was - now.keys():
        log.info("troubles over: %d", len(over))
