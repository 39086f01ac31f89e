"""subscribe() and confirm(): hubs are asked for what feeds announce, and answered about what they were asked."""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from monitor.domain import websub
from monitor.domain.websub import LISTENING, Decision, Mode, Refusal, State, Step, Subscription
from monitor.errors import FetchError
from monitor.ports import Clock
from monitor.ports.push import Hub, SubscriptionStore, Tended

log = logging.getLogger(__name__)

AT_ONCE = 200
"""Subscriptions of one round; the rest waits for the next."""

OF_ONE_HUB = 20
"""Of these; a hub that takes its time keeps no other waiting for long."""

LONGEST_CHALLENGE = 4_096


@dataclass(frozen=True, slots=True)
class SubscribeParts:
    """What following hubs works with."""

    store: SubscriptionStore
    hub: Hub
    clock: Clock


async def subscribe(parts: SubscribeParts) -> None:
    """Ask the hubs that are to be asked now: for new feeds, before leases end, after failures, and to leave.

    Raises:
        StorageError: the database cannot be read or written.
    """
    now = parts.clock.now()
    for feed_id, announced in await asyncio.to_thread(parts.store.unsubscribed, AT_ONCE):
        new = websub.begun(feed_id, announced, parts.hub.new_path(), now)
        await asyncio.to_thread(parts.store.begin, new)
    tended = await asyncio.to_thread(parts.store.to_tend, now, AT_ONCE, OF_ONE_HUB)
    await asyncio.gather(*(_tend(parts, one) for one in tended))


async def _tend(parts: SubscribeParts, tended: Tended) -> None:
    one, now = tended.subscription, parts.clock.now()
    decision = websub.next_step(one, tended.announced, now, feed_url=tended.feed_url, removed=tended.removed)
    if decision.step is Step.FAIL:
        await _fail(parts, one, decision.reason)
    elif decision.step is Step.FORGET:
        await asyncio.to_thread(parts.store.change, one.path, lambda _: None)
        parts.hub.forget(one.path)
    elif decision.step is not Step.REST:
        await _ask(parts, one, decision)


async def _ask(parts: SubscribeParts, one: Subscription, decision: Decision) -> None:
    now = parts.clock.now()
    asked = await asyncio.to_thread(parts.store.change, one.path, lambda known: websub.asked(known, decision, now))
    if asked is None:
        return
    mode = Mode.UNSUBSCRIBE if decision.step is Step.UNSUBSCRIBE else Mode.SUBSCRIBE
    log.info("feed %d: asking hub to %s (%s): %s", one.feed_id, mode, decision.reason, one.announced.hub.split("?")[0])
    try:
        await parts.hub.ask(asked, mode)
    except FetchError as error:
        await _fail(parts, asked, f"hub_{error.reason}", str(error), error.retry_after)


async def _fail(
    parts: SubscribeParts, one: Subscription, reason: str, error: str | None = None, wait: timedelta | None = None
) -> None:
    now, jitter = parts.clock.now(), parts.clock.jitter()

    def fail(known: Subscription) -> Subscription:
        if known.state is not one.state or known.due_at != one.due_at:  # the hub spoke in the meantime
            return known
        return websub.failed(known, reason, now=now, jitter=jitter, error=error, wait=wait)

    after = await asyncio.to_thread(parts.store.change, one.path, fail)
    if after is not None and after.state is not State.LEAVING:
        told = f": {error}" if error else ""
        log.warning(
            "feed %d: no subscription (%s)%s; next try %s", one.feed_id, reason, told, f"{after.due_at:%F %H:%M}Z"
        )


async def confirm(parts: SubscribeParts, path: str, said: Mapping[str, str]) -> str | None:
    """What to answer to a hub that asks whether we asked for this, or says that it refuses; None = not found.

    Args:
        parts: with the store.
        path: the last part of the address it called.
        said: the query: `hub.mode`, `hub.topic`, `hub.challenge`, `hub.lease_seconds`, `hub.reason`.

    Raises:
        StorageError: the database cannot be read or written.
    """
    now, jitter = parts.clock.now(), parts.clock.jitter()
    mode, topic, challenge = (said.get(f"hub.{name}", "") for name in ("mode", "topic", "challenge"))
    heard: list[str] = []

    def change(known: Subscription) -> Subscription | None:
        if mode == "denied":
            told = websub.denied(known, topic=topic, told=said.get("hub.reason", ""), now=now, jitter=jitter)
            heard.extend(["denied"] if told else [])
            return told or known
        lease = said.get("hub.lease_seconds", "")
        answer = websub.confirmed(known, mode=mode, topic=topic, lease=lease, now=now)
        if isinstance(answer, Refusal):
            log.warning("feed %d: a hub's question is not answered (%s)", known.feed_id, answer.reason)
            return known
        heard.append("confirmed")
        return answer

    if mode != "denied" and not 0 < len(challenge) <= LONGEST_CHALLENGE:
        return None
    after = await asyncio.to_thread(parts.store.change, path, change)
    if not heard:
        return None
    if after is None:
        parts.hub.forget(path)
    elif after.state in LISTENING:
        log.info("feed %d: its hub is listened to until %s", after.feed_id, f"{after.expires_at:%F %H:%M}Z")
    else:
        log.warning("feed %d: its hub refuses: %s", after.feed_id, after.error or "without a reason")
    return challenge if heard == ["confirmed"] else ""
