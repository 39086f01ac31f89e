"""deliver(): what waits and is due, folded where it is too much, sent channel by channel."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from monitor.domain import delivery, sending
from monitor.domain.alert import AlertState, Reason
from monitor.domain.delivery import Attempt, PendingAlert
from monitor.domain.writing import write
from monitor.errors import DeliveryError
from monitor.pipeline.parts import DeliverParts, DeliverySummary, Policy

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=5)
"""Longer than any single send may take; after a crash, the alert is free again when it ends."""


async def waiting_channels(parts: DeliverParts) -> set[str]:
    """The channels something waits for now, those that left the config included."""
    return {one.channel for one in await asyncio.to_thread(parts.outbox.waiting, parts.clock.now())}


async def deliver(parts: DeliverParts, policy: Policy, channel: str | None = None) -> DeliverySummary:
    """Send what waits and is due, for one channel or for all side by side.

    A round ends with its slowest channel. So that a slow one delays no other, the service has a round for each.

    An alert is marked as sent after its service took it, never before: a crash in between sends it twice, not never.

    Raises:
        StorageError: the database cannot be read or written.
    """
    now = parts.clock.now()
    waiting = await asyncio.to_thread(parts.outbox.waiting, now)
    waiting = [one for one in waiting if channel in {None, one.channel}]
    sent = await asyncio.to_thread(parts.outbox.sent_since, now - timedelta(hours=1))
    memos = [one.alert_id for one in waiting if one.reason is Reason.OPS]  # few, and nobody's hours are for them
    stories = [one for one in waiting if one.reason is not Reason.OPS]
    plan = sending.plan_sending(stories, sent, policy.channels.values(), now)
    digests = await asyncio.to_thread(parts.outbox.fold, plan.folds, now)
    await asyncio.to_thread(parts.outbox.join, plan.joins, now)
    channel_of = {one.alert_id: one.channel for one in waiting} | digests
    queues: dict[str, list[int]] = {}
    for alert_id in (*memos, *plan.send, *digests, *plan.dead):
        queues.setdefault(channel_of[alert_id], []).append(alert_id)
    results = await asyncio.gather(*(_send_all(parts, policy, queue) for queue in queues.values()))
    attempts = [attempt for attempts in results for attempt in attempts]
    folded = sum(len(fold.alert_ids) for fold in plan.folds) + sum(len(join.alert_ids) for join in plan.joins)
    return DeliverySummary(
        sent=sum(attempt.ok for attempt in attempts),
        retried=sum(attempt.state == AlertState.PENDING for attempt in attempts),
        dead=sum(attempt.state == AlertState.DEAD for attempt in attempts),
        pending=len(waiting) - folded + len(digests) - sum(attempt.state != AlertState.PENDING for attempt in attempts),
    )


async def _send_all(parts: DeliverParts, policy: Policy, queue: Sequence[int]) -> list[Attempt]:
    """Send a channel's alerts one after the other, each leased just before, so that a slow one cannot outlast it."""
    attempts = []
    for alert_id in queue:
        now = parts.clock.now()
        for pending in await asyncio.to_thread(parts.outbox.lease, [alert_id], now, now + LEASE):
            attempt = await _send(parts, policy, pending)
            await asyncio.to_thread(parts.outbox.finish, attempt)
            attempts.append(attempt)
    return attempts


async def _send(parts: DeliverParts, policy: Policy, pending: PendingAlert) -> Attempt:
    channel = policy.channels.get(pending.channel)
    voice = replace(parts.voice, restrained=channel is not None and channel.restrained)
    try:
        await parts.notifier.send(pending.channel, write(pending, voice))
    except DeliveryError as error:
        log.warning("alert %d to %s: %s", pending.id, pending.channel, error)
        return delivery.failed(
            pending,
            str(error),
            permanent=error.permanent,
            retry_after=error.retry_after,
            now=parts.clock.now(),
            jitter=parts.clock.jitter(),
        )
    log.info("alert %d to %s: sent", pending.id, pending.channel)
    return delivery.succeeded(pending, parts.clock.now())
