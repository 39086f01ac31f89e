"""The nouns and the decisions, in the order of the flow: feed, item, score, hit, story, alert, message, delivery.

Pure: standard library only, no I/O, no clock, no randomness. Times are timezone-aware UTC and come in as arguments.
"""
