"""Word to a dead man's switch: a service that raises the alarm when it hears nothing any more."""

import logging
from datetime import datetime, timedelta

from monitor.domain.feed import FetchRequest
from monitor.errors import FetchError
from monitor.ports import Fetcher

log = logging.getLogger(__name__)

AT_MOST_EVERY = timedelta(minutes=1)


class DeadMansSwitch:
    """Tells an address now and then that all is well. Its path is a secret on most services, and is never logged.

    Args:
        url: asked with GET; empty = nobody is told.
        fetcher: may ask private addresses: this one is the user's own choice.
    """

    def __init__(self, url: str, fetcher: Fetcher) -> None:
        self._url = url
        self._fetcher = fetcher
        self._last: datetime | None = None
        self._failing = False

    def __repr__(self) -> str:
        return f"{type(self).__name__}({'on' if self._url else 'off'})"

    async def ping(self, now: datetime) -> bool:
        """Ask the address, unless that was less than a minute ago; a failure is logged once. Whether it was asked."""
        if not self._url or (self._last is not None and now - self._last < AT_MOST_EVERY):
            return False
        self._last = now
        try:
            await self._fetcher.fetch(FetchRequest(self._url))
        except FetchError as error:
            if not self._failing:
                log.warning("alerts.ping_url does not take the ping: %s; it is tried again every minute", error.reason)
            self._failing = True
        else:
            if self._failing:
                log.info("alerts.ping_url takes pings again")
            self._failing = False
        return True
