"""poll() and deliver(): the only place where the stages are put in order.

poll():    due feeds → fetch → parse → drop what was seen → score → second look → hits → stories → alerts
           → one transaction a feed.
deliver(): waiting alerts → fold → lease → send → confirm or reschedule.
"""

from monitor.pipeline.delivering import LEASE, deliver
from monitor.pipeline.parts import DeliverParts, DeliverySummary, Policy, PollParts, PollSummary
from monitor.pipeline.polling import poll

__all__ = [
    "LEASE",
    "DeliverParts",
    "DeliverySummary",
    "Policy",
    "PollParts",
    "PollSummary",
    "deliver",
    "poll",
]
