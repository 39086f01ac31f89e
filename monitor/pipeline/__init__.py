"""poll() and deliver(): the only place where the stages are put in order.

poll():    due feeds → fetch → parse → drop what was seen → score → second look → hits → stories → alerts
           → one transaction a feed.
deliver(): waiting alerts → fold → lease → send → confirm or reschedule.
backfill(): an archive, in chunks → parse and score elsewhere → as poll() from there, one transaction a chunk.
"""

from monitor.pipeline.backfilling import BackfillParts, BackfillSummary, Step, backfill
from monitor.pipeline.delivering import LEASE, deliver
from monitor.pipeline.parts import DeliverParts, DeliverySummary, Policy, PollParts, PollSummary
from monitor.pipeline.polling import poll

__all__ = [
    "LEASE",
    "BackfillParts",
    "BackfillSummary",
    "DeliverParts",
    "DeliverySummary",
    "Policy",
    "PollParts",
    "PollSummary",
    "Step",
    "backfill",
    "deliver",
    "poll",
]
