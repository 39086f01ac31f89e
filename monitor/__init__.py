"""The trafficking-recruitment alert monitor.

The flow, and where each stage lives::

    Feed   → fetched, parsed     domain/feed.py   adapters/fetch.py, parse.py
    Item   → seen or new         domain/item.py   adapters/store.py
    Score  → probability         domain/score.py  adapters/classify.py
    Hit    → score ≥ threshold   domain/hit.py
    Story  → hits of one event   domain/story.py
    Alert  → one per story       domain/alert.py  adapters/rendering/, notify.py

`pipeline/` is the only place where the stages are put in order; `app.py` is the only place where parts are wired.
"""

__version__ = "0.1.0"
