"""Health and metrics over real HTTP."""

import base64
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime

import httpx
import pytest

from monitor.errors import MonitorError
from monitor.pipeline import DeliverySummary, PollSummary
from monitor.web.health import Facts, Health, assess
from monitor.web.metrics import Metrics
from monitor.web.pages import create_app
from monitor.web.server import WebServer

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
FACTS = Facts(started_at=NOW, heartbeat_at=NOW, last_poll_at=NOW, model="m1", feeds={"ok": 3}, pending_alerts=2)


class Site:
    """The pages, served; `facts` may change between requests."""

    def __init__(self, password: str | None) -> None:
        self.facts = FACTS
        self.metrics = Metrics()
        self.server = WebServer(create_app(self.health, self.metrics, password), "127.0.0.1", 0)

    async def health(self) -> Health:
        return assess(self.facts, NOW)

    async def get(self, path: str, password: str | None = None) -> httpx.Response:
        given = base64.b64encode(f"analyst:{password}".encode()).decode()
        headers = {"Authorization": f"Basic {given}"} if password is not None else {}
        async with httpx.AsyncClient(trust_env=False) as client:
            return await client.get(f"http://127.0.0.1:{self.server.port}{path}", headers=headers)


@pytest.fixture(params=[None, "s3cret"])
async def site(request: pytest.FixtureRequest) -> AsyncIterator[Site]:
    site = Site(request.param)
    async with site.server:
        yield site


async def test_health_is_open_and_says_what_is_wrong(site: Site) -> None:
    """200 while the service does its work, 503 where it does not; the facts are there for people."""
    good = await site.get("/healthz")
    assert (good.status_code, good.json()["status"], good.json()["model"]) == (200, "ok", "m1")
    site.facts = replace(FACTS, database_error="monitor.db: the disk is full")
    bad = await site.get("/healthz")
    assert (bad.status_code, bad.json()["problems"]) == (503, ["database: monitor.db: the disk is full"])


async def test_metrics_count_what_the_pipeline_reports() -> None:
    """Counters grow with every cycle; gauges are those of the moment."""
    site = Site(None)
    site.metrics.polled(
        PollSummary(5, 3, 2, new_items=40, hits=2, stories=1, alerts=1, articles=3, articles_failed=1), seconds=1.5
    )
    site.metrics.delivered(DeliverySummary(sent=4, retried=1, dead=0, pending=1))
    async with site.server:
        text = (await site.get("/metrics")).text
    for line in (
        'monitor_feeds_polled_total{outcome="failed"} 2.0',
        "monitor_items_total 40.0",
        "monitor_hits_total 2.0",
        'monitor_articles_total{outcome="read"} 2.0',
        'monitor_articles_total{outcome="failed"} 1.0',
        'monitor_deliveries_total{outcome="sent"} 4.0',
        'monitor_feeds{state="ok"} 3.0',
        "monitor_alerts_pending 2.0",
        "monitor_healthy 1.0",
    ):
        assert line in text.splitlines()


async def test_a_state_no_feed_is_in_any_more_does_not_linger() -> None:
    """When the last failing feed recovers, its gauge goes away with it."""
    site = Site(None)
    async with site.server:
        site.facts = replace(FACTS, feeds={"ok": 2, "failing": 1})
        assert 'monitor_feeds{state="failing"} 1.0' in (await site.get("/metrics")).text
        site.facts = FACTS
        assert 'state="failing"' not in (await site.get("/metrics")).text


async def test_a_password_guards_everything_but_health() -> None:
    """Without it, or with a wrong one, there are no metrics."""
    site = Site("s3cret")
    async with site.server:
        assert (await site.get("/metrics")).status_code == 401
        assert (await site.get("/metrics", "wrong")).status_code == 401
        assert (await site.get("/metrics", "s3cret")).status_code == 200


async def test_nothing_else_is_served(site: Site) -> None:
    """No documentation pages, no schema."""
    for path in ("/docs", "/openapi.json", "/redoc", "/nothing"):
        assert (await site.get(path)).status_code == 404


async def test_a_taken_port_is_told_in_one_line() -> None:
    """The message names the address and the key to change."""
    site = Site(None)
    with pytest.raises(MonitorError, match=rf"cannot listen on 127\.0\.0\.1:{site.server.port}: .*set web\.port"):
        WebServer(None, "127.0.0.1", site.server.port)
    async with site.server:
        pass
