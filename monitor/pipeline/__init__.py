"""poll(), watch() and deliver(): the only place where the stages are put in order.

poll():    due feeds → fetch → parse → drop what was seen → score → second look → hits → stories → alerts
           → stored with the feed, all or nothing.
subscribe(): feeds that name a hub → ask it, renew, leave; confirm() answers what it asks, and take_push() goes poll()'s
           way from the body on.
watch():   facts about the monitor itself → troubles → alerts.
deliver(): waiting alerts → fold → lease → send → confirm or reschedule.
backfill(): an archive, in chunks → parse and score elsewhere → as poll() from there, one transaction a chunk.
"""

from monitor.pipeline.backfilling import BackfillParts, BackfillSummary, Step, backfill
from monitor.pipeline.deciding import Deciding
from monitor.pipeline.delivering import LEASE, deliver, waiting_channels
from monitor.pipeline.parts import DeliverParts, DeliverySummary, Policy, PollParts, PollSummary
from monitor.pipeline.polling import poll, take_push
from monitor.pipeline.subscribing import SubscribeParts, confirm, subscribe
from monitor.pipeline.watching import WatchParts, watch

__all__ = [
    "LEASE",
    "BackfillParts",
    "BackfillSummary",
    "Deciding",
    "DeliverParts",
    "DeliverySummary",
    "Policy",
    "PollParts",
    "PollSummary",
    "Step",
    "SubscribeParts",
    "WatchParts",
    "backfill",
    "confirm",
    "deliver",
    "poll",
    "subscribe",
    "take_push",
    "waiting_channels",
    "watch",
]
