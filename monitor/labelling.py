"""Where every verdict goes through, whether typed as a command or clicked on a story's page."""

from monitor.errors import InputError
from monitor.house import House


def record_verdict(house: House, item_id: int, signal: str, verdict: bool) -> None:
    """Write down an analyst's yes or no on an item; a later one replaces it.

    Raises:
        InputError: the config has no such signal, or the database no such item.
        StorageError: the database cannot be written.
    """
    known = house.config.thresholds()
    if signal not in known:
        raise InputError(f"no signal {signal} in the config; there are: {', '.join(known)}")
    house.journal.label(item_id, signal, verdict, house.clock.now())
