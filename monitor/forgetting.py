"""Where all pruning goes through, whether done daily by the service or by hand."""

import logging

from monitor.adapters.upkeep import Pruned
from monitor.config.model import Retention
from monitor.domain.forgetting import Doubt, doubt
from monitor.house import House

log = logging.getLogger(__name__)


def forget(house: House, retention: Retention, *, trusted: bool = False) -> Pruned | Doubt:
    """Forget what is older than the retention, or say why the clock may be wrong and nothing was forgotten.

    Args:
        house: whose database and clock.
        retention: as configured now.
        trusted: somebody looked at the clock; nothing is doubted.

    Raises:
        StorageError: the database cannot be read or written.
    """
    now = house.clock.now()
    kept = [one for one in (retention.items, retention.hits) if one is not None]
    if kept and not trusted and (found := doubt(now, house.upkeep.moments(now), min(kept))):
        return found
    return house.upkeep.prune(items=retention.items, hits=retention.hits, now=now)


def forget_daily(house: House, retention: Retention) -> None:
    """As `forget`; the log says what became of it."""
    outcome = forget(house, retention)
    if isinstance(outcome, Doubt):
        log.warning("%s", told(outcome))
    else:
        log.info("pruned %d items, %d hits, %d stories", outcome.items, outcome.hits, outcome.stories)


def told(found: Doubt) -> str:
    """Why nothing was forgotten, and what to do, in one line."""
    return (
        f"nothing pruned ({found.reason}): nothing happened from {found.before:%F %H:%M}Z to {found.after:%F %H:%M}Z; "
        "the clock may have jumped ahead, or the service was off; if the clock is right, the service prunes by itself "
        f"from {found.ends_at:%F} on, and `monitor db prune --trust-clock` at once"
    )
