"""A real WebSub hub on loopback: takes subscriptions, verifies them, delivers signed, and misbehaves on request."""

import asyncio
import hmac
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx
from aiohttp import web


@dataclass
class TestHub:
    """A hub; what it was asked is in `asked`, in order.

    Attributes:
        status: answered to requests.
        verifies: asks back before it answers.
        lease: granted.
        changes: to what it asks back, such as another topic.
    """

    __test__ = False

    client: httpx.AsyncClient
    url: str = ""
    status: int = 202
    verifies: bool = True
    lease: int = 86_400
    changes: dict[str, str] = field(default_factory=dict)
    asked: list[dict[str, str]] = field(default_factory=list)
    verified: list[int] = field(default_factory=list)
    redirects: str | None = None
    slow: asyncio.Event | None = None

    async def handle(self, request: web.Request) -> web.Response:
        """Take a request to subscribe or unsubscribe."""
        self.asked.append({name: str(value) for name, value in (await request.post()).items()})
        if self.redirects:
            return web.Response(status=self.status, headers={"Location": self.redirects})
        if self.slow:
            await self.slow.wait()
        if self.verifies:
            await self.verify()
        return web.Response(status=self.status)

    async def verify(self, **changes: str) -> httpx.Response:
        """Ask whether what was asked last was asked; keeps the status."""
        last = self.asked[-1]
        said = {name: last[name] for name in ("hub.mode", "hub.topic")}
        said |= {"hub.challenge": "ch4llenge", "hub.lease_seconds": str(self.lease)} | self.changes | changes
        answer = await self._call("GET", params=said)
        self.verified.append(answer.status_code if answer.text == "ch4llenge" else -answer.status_code)
        return answer

    async def deliver(
        self, body: bytes, *, method: str = "sha256", secret: str | None = None, headers: dict[str, str] | None = None
    ) -> int:
        """Bring content as the last subscription wants it; the status answered."""
        secret = self.asked[-1].get("hub.secret", "") if secret is None else secret
        signed = f"{method}={hmac.new(secret.encode(), body, method).hexdigest()}"
        given = {"Content-Type": "application/rss+xml", "X-Hub-Signature": signed} | (headers or {})
        return (await self._call("POST", content=body, headers=given)).status_code

    async def _call(self, method: str, **given: object) -> httpx.Response:
        return await self.client.request(method, self.asked[-1]["hub.callback"], **given)  # type: ignore[arg-type]


@asynccontextmanager
async def hub_server() -> AsyncIterator[TestHub]:
    """A hub in the running loop, on a free port of loopback."""
    client = httpx.AsyncClient(trust_env=False)
    hub = TestHub(client)
    app = web.Application()
    app.router.add_post("/hub", hub.handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    hub.url = "http://{}:{}/hub".format(*runner.addresses[0][:2])
    try:
        yield hub
    finally:
        await client.aclose()
        await runner.cleanup()
