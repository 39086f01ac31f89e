"""Speaks with hubs (W3C WebSub): asks them, and knows whether what comes is theirs.

Secrets are made anew by each process and are in no file: a service that starts subscribes anew.
"""

import hmac
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

from monitor.domain.feed import FetchRequest
from monitor.domain.websub import LEASE, Mode, Subscription
from monitor.ports import Fetcher

CALLBACKS = "websub"
"""The part of an address under `web.public_url` below which hubs call."""

METHODS = frozenset({"sha1", "sha256", "sha384", "sha512"})
"""Of signatures, W3C WebSub 8.1. SHA-1 is no longer fit for documents, but in an HMAC nobody forges it."""

_SIGNATURE = re.compile(r"\s*([a-z0-9]{1,10})\s*=\s*([0-9a-f]{40,128})\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class HubClient:
    """Implements `ports.push.Hub`.

    Args:
        fetcher: with the guards of feeds, as a feed names its hub.
        public_url: where the service is reached from outside.
    """

    fetcher: Fetcher
    public_url: str
    _secrets: dict[str, str] = field(default_factory=dict, repr=False)  # by path

    def new_path(self) -> str:
        """The last part of a callback's address, which nobody can guess."""
        return secrets.token_urlsafe(32)

    def callback(self, path: str) -> str:
        """The address where a hub calls."""
        return f"{self.public_url.rstrip('/')}/{CALLBACKS}/{path}"

    async def ask(self, subscription: Subscription, mode: Mode) -> None:
        """Ask the hub to subscribe us or to end it; FetchError where it cannot be reached or refuses."""
        form = {
            "hub.mode": str(mode),
            "hub.topic": subscription.announced.topic,
            "hub.callback": self.callback(subscription.path),
        }
        if mode is Mode.SUBSCRIBE:
            secret = self._secrets.setdefault(subscription.path, secrets.token_urlsafe(48))
            form |= {"hub.secret": secret, "hub.lease_seconds": str(int(LEASE.total_seconds()))}
        await self.fetcher.fetch(FetchRequest(subscription.announced.hub, accept="*/*", form=form))

    def fault(self, path: str, body: bytes, headers: Mapping[str, str]) -> str | None:
        """Why a body is not the hub's, None where its signature proves that it is.

        `no_secret` where this process has not asked the hub yet; `unsigned`, `unknown_method`, `wrong_signature`.
        """
        secret = self._secrets.get(path)
        if secret is None:
            return "no_secret"
        given = _SIGNATURE.fullmatch(headers.get("x-hub-signature", ""))
        if given is None:
            return "unsigned"
        method = given[1].lower()
        if method not in METHODS:
            return "unknown_method"
        expected = hmac.new(secret.encode(), body, method).hexdigest()
        return None if hmac.compare_digest(expected, given[2].lower()) else "wrong_signature"

    def forget(self, path: str) -> None:
        """Drop the secret of a subscription that is over."""
        self._secrets.pop(path, None)
