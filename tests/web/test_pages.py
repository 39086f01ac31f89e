"""Pages, health and metrics over real HTTP."""

import base64
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from monitor.config import load
from monitor.domain.feed import FeedSource
from monitor.domain.item import Item
from monitor.errors import MonitorError
from monitor.house import House, open_house
from monitor.pipeline import DeliverySummary, PollSummary
from monitor.ports import PollResult
from monitor.web.access import Access
from monitor.web.desk import Desk
from monitor.web.health import Facts, Health, Sentinels, assess
from monitor.web.metrics import Metrics
from monitor.web.pages import FORM_BYTES, create_app
from monitor.web.server import WebServer
from monitor.web.throttle import TRIES, Throttle
from tests.adapters import storage

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
FACTS = Facts(
    started_at=NOW,
    heartbeat_at=NOW,
    last_poll_at=NOW,
    model="m1",
    sentinels={"piracy": Sentinels(reports=8, found=6, others=10, raised=1, failing=False)},
    feeds={"ok": 3},
    pending_alerts=2,
)


HOSTILE = "<script>alert(1)</script> \"onload=x ' <img src=//evil.example/p.png> {{ 7*7 }}"
TOKEN = "t0ken"


class Site:
    """The pages, served; `facts` may change between requests."""

    def __init__(self, house: House, password: str = "", *, host: str = "127.0.0.1", public_url: str = "") -> None:
        self.facts = FACTS
        self.seconds = 0.0  # what the throttle's clock shows
        self.metrics = Metrics()
        self.house = house
        access, throttle = Access(host, password, public_url, TOKEN), Throttle(lambda: self.seconds)
        app = create_app(self.health, self.metrics, access, Desk(house, TOKEN), throttle=throttle)
        self.server = WebServer(lambda: app, "127.0.0.1", 0)

    @property
    def root(self) -> str:
        return f"http://127.0.0.1:{self.server.port}"

    async def health(self) -> Health:
        return assess(self.facts, NOW)

    async def get(self, path: str, password: str | None = None, **headers: str) -> httpx.Response:
        return await self._ask("GET", path, password, headers)

    async def head(self, path: str) -> httpx.Response:
        return await self._ask("HEAD", path, None, {})

    async def judge(self, path: str = "/stories/1", password: str | None = None, **changes: str) -> httpx.Response:
        """Send the form of the story's page, or a changed one; `headers_…` are headers."""
        form = {"token": TOKEN, "item": "1", "signal": storage.TRAFFICKING, "verdict": "yes"}
        headers = {name.removeprefix("headers_"): changes.pop(name) for name in list(changes) if "headers_" in name}
        return await self._ask("POST", path, password, headers, data=form | changes)

    def verdicts(self) -> list[tuple[int, str, str]]:
        return [(row["item_id"], row["signal"], row["verdict"]) for row in self.house.records.verdicts()]

    async def _ask(
        self, method: str, path: str, password: str | None, headers: dict[str, str], **given: Any
    ) -> httpx.Response:
        if password is not None:
            headers |= {"Authorization": f"Basic {base64.b64encode(f'analyst:{password}'.encode()).decode()}"}
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        async with httpx.AsyncClient(trust_env=False) as client:
            return await client.request(method, f"{self.root}{path}", headers=headers, **given)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A database with one story: item 1, alert 1."""
    (tmp_path / "config.yaml").write_text("feeds: []", encoding="utf-8")
    with open_house(load(tmp_path / "config.yaml", {})) as house:
        house.store.sync_feeds([FeedSource(storage.URL, "The <b>Desk</b>")], storage.NOW)
        [feed] = house.store.due_feeds(storage.NOW, force=True)
        entry = hostile_item()
        told = PollResult(
            storage.update(feed),
            items=(replace(storage.scored(entry, story_id=-1), countries=("CU", "RU")),),
            seen=entry.identity.keys(),
            stories=(storage.story(-1, HOSTILE),),
            alerts=(storage.alert(-1),),
        )
        house.store.record(told)
        yield house


def hostile_item() -> Item:
    return replace(storage.item(HOSTILE, f"Summary {HOSTILE}"), url="javascript:alert(1)")


@pytest.fixture(params=["", "s3cret"])
async def site(request: pytest.FixtureRequest, house: House) -> AsyncIterator[Site]:
    site = Site(house, request.param)
    async with site.server:
        yield site


@pytest.fixture
async def open_site(house: House) -> AsyncIterator[Site]:
    """Served to this machine alone, without a password."""
    site = Site(house)
    async with site.server:
        yield site


async def test_health_is_open_and_says_what_is_wrong(site: Site) -> None:
    """200 while the service does its work, 503 where it does not; the facts are there for people."""
    good = await site.get("/healthz")
    assert (good.status_code, good.json()["status"], good.json()["model"]) == (200, "ok", "m1")
    assert good.json()["sentinels"]["piracy"] == {"reports": 8, "found": 6, "others": 10, "raised": 1, "failing": False}
    site.facts = replace(FACTS, database_error="/srv/monitor.db: the disk is full", model_problem="/srv/m1: no")
    bad = await site.get("/healthz")
    assert (bad.status_code, bad.json()["problems"]) == (
        503,
        ["database: monitor.db: the disk is full", "model: m1: no"],
    )
    assert "/srv" not in bad.text


async def test_metrics_count_what_the_pipeline_reports(house: House) -> None:
    """Counters grow with every cycle; gauges are those of the moment."""
    site = Site(house)
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
        'monitor_sentinels_found_ratio{signal="piracy"} 0.75',
        'monitor_sentinels_raised_ratio{signal="piracy"} 0.1',
        "monitor_healthy 1.0",
    ):
        assert line in text.splitlines()


async def test_a_state_no_feed_is_in_any_more_does_not_linger(house: House) -> None:
    """When the last failing feed recovers, its gauge goes away with it."""
    site = Site(house)
    async with site.server:
        site.facts = replace(FACTS, feeds={"ok": 2, "failing": 1})
        assert 'monitor_feeds{state="failing"} 1.0' in (await site.get("/metrics")).text
        site.facts = FACTS
        assert 'state="failing"' not in (await site.get("/metrics")).text


async def test_a_password_guards_everything_but_health(house: House) -> None:
    """Without it, or with a wrong one, there are no metrics and no pages."""
    site = Site(house, "s3cret")
    async with site.server:
        for path in ("/metrics", "/", "/stories/1"):
            refused = await site.get(path)
            assert (refused.status_code, refused.headers["WWW-Authenticate"][:5]) == (401, "Basic")
            assert (await site.get(path, "wrong")).status_code == 401
            assert (await site.get(path, Authorization="Basic ???")).status_code == 401
            assert (await site.get(path, "s3cret")).status_code == 200
        assert (await site.judge()).status_code == 401
        assert site.verdicts() == []
        assert (await site.judge(password="s3cret")).status_code == 303


async def test_nothing_else_is_served(site: Site) -> None:
    """No documentation pages, no schema."""
    for path in ("/docs", "/openapi.json", "/redoc", "/nothing"):
        assert (await site.get(path)).status_code == 404


async def test_a_taken_port_is_told_in_one_line(house: House) -> None:
    """The message names the address and the key to change."""
    site = Site(house)
    with pytest.raises(MonitorError, match=rf"cannot listen on 127\.0\.0\.1:{site.server.port}: .*set web\.port"):
        WebServer(lambda: None, "127.0.0.1", site.server.port)
    async with site.server:
        pass


async def test_a_story_shows_its_items_scores_reasons_and_alerts(open_site: Site) -> None:
    """What an analyst needs to judge an alert, the feed's text as text and its address a link only where it is one."""
    page = (await open_site.get("/stories/1")).text
    for told in (
        "Human trafficking: 0.90",
        "the threshold was 0.50",
        "lured</span> +2.50",
        "Model m1",
        "Low confidence",
    ):
        assert told in page
    for told in ("Cuba, Russia", "human_trafficking/one.txt", "<td>desk</td><td>pending</td><td>first_hit</td>"):
        assert told in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "The &lt;b&gt;Desk&lt;/b&gt;" in page
    for markup in ("<script", "<img", "javascript:", "49"):
        assert markup not in re.sub(r'value="[^"]*"|\d{4}-\d\d-\d\d', "", page)


async def test_the_first_page_lists_the_stories(open_site: Site) -> None:
    """Each leads to its own page."""
    page = (await open_site.get("/")).text
    assert 'href="stories/1"' in page
    assert "up to 0.90" in page
    assert "<script" not in page


@pytest.mark.parametrize("path", ["/stories/2", "/stories/0", "/stories/x", f"/stories/{10**30}", "/stories/1/../2"])
async def test_a_story_that_is_not_there_is_said_to_be_missing(open_site: Site, path: str) -> None:
    answer = await open_site.get(path)
    assert answer.status_code == 404
    assert "<h1>Nothing here</h1>" in answer.text


async def test_a_verdict_is_recorded_and_shown(open_site: Site) -> None:
    """The form as the page has it; a second click replaces the first."""
    page = (await open_site.get("/stories/1")).text
    assert page.count('aria-pressed="true"') == 0
    assert f'name="token" value="{TOKEN}"' in page
    answer = await open_site.judge(headers_Origin=open_site.root, headers_Sec_Fetch_Site="same-origin")
    assert (answer.status_code, answer.headers["Location"]) == (303, "1?saved=1#item-1")
    assert open_site.verdicts() == [(1, storage.TRAFFICKING, "yes")]
    page = (await open_site.get("/stories/1?saved=1")).text
    assert 'value="yes" aria-pressed="true"' in page
    assert 'role="status"' in page
    await open_site.judge(verdict="no")
    assert open_site.verdicts() == [(1, storage.TRAFFICKING, "no")]


async def test_opening_links_changes_nothing(open_site: Site) -> None:
    """Mail scanners and previews open every link of an alert, whatever is in it."""
    for path in ("/", "/stories/1", "/stories/1?saved=1", "/stories/1?item=1&signal=human_trafficking&verdict=yes"):
        assert (await open_site.get(path)).status_code == 200
        assert (await open_site.head(path)).status_code == 200
    assert open_site.verdicts() == []


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"token": "wrong"}, 403),
        ({"token": ""}, 403),
        ({"headers_Origin": "https://evil.example"}, 403),
        ({"headers_Origin": "null"}, 403),
        ({"headers_Sec_Fetch_Site": "cross-site"}, 403),
        ({"headers_Sec_Fetch_Site": "same-site"}, 403),
        ({"item": "2"}, 400),
        ({"item": "-1"}, 400),
        ({"item": "9" * 30}, 400),
        ({"signal": "smuggling"}, 400),
        ({"verdict": "maybe"}, 400),
        ({"more": "x" * FORM_BYTES}, 413),
    ],
)
async def test_a_verdict_from_elsewhere_or_about_nothing_is_refused(
    open_site: Site, changes: dict[str, str], status: int
) -> None:
    """With a page that says why, and nothing written."""
    answer = await open_site.judge(**changes)
    assert (answer.status_code, answer.headers["Content-Type"][:9]) == (status, "text/html")
    assert open_site.verdicts() == []


async def test_behind_a_proxy_the_public_address_counts_as_ours(house: House) -> None:
    site = Site(house, "s3cret", host="0.0.0.0", public_url="https://m.example/monitor")
    async with site.server:
        assert (await site.judge(password="s3cret", headers_Origin="https://m.example")).status_code == 303


async def guess(site: Site, *passwords: str, **headers: str) -> list[int]:
    return [(await site.get("/", password, **headers)).status_code for password in passwords]


WRONG = [f"wrong {number}" for number in range(TRIES)]


async def test_who_guesses_passwords_has_to_wait(house: House) -> None:
    """After five wrong ones in a minute even the right one is refused, with the time to wait; then all is as before."""
    site = Site(house, "s3cret")
    async with site.server:
        assert await guess(site, *WRONG[:-1], "s3cret", WRONG[-1]) == [401] * 4 + [200, 401]
        site.seconds = 40.2
        for refused in (
            await site.get("/", "s3cret"),
            await site.judge(password="s3cret"),
            await site.get("/metrics", "x"),
        ):
            assert (refused.status_code, refused.headers["retry-after"]) == (429, "20")
            assert "Wait 20 seconds" in refused.text
            assert "default-src 'none'" in refused.headers["content-security-policy"]
        assert (await site.get("/healthz")).status_code == 200
        assert (await site.get("/")).status_code == 401
        assert site.verdicts() == []
        site.seconds = 60
        assert await guess(site, "s3cret") == [200]


async def test_the_same_wrong_password_is_one_guess(house: House) -> None:
    """A program with an old password locks nobody out who comes from its address; nor does asking without any."""
    site = Site(house, "s3cret")
    async with site.server:
        assert await guess(site, *["last month's"] * 9, "s3cret") == [401] * 9 + [200]
        assert [(await site.get("/")).status_code for _ in range(9)] == [401] * 9
        assert await guess(site, *WRONG[:3], "s3cret") == [401] * 3 + [200]


async def test_others_are_not_kept_waiting(house: House) -> None:
    """Each address has tries of its own, also behind a proxy on this machine that names who asks."""
    site = Site(house, "s3cret")
    async with site.server:
        assert await guess(site, *WRONG, "s3cret", X_Forwarded_For="192.0.2.1") == [401] * 5 + [429]
        assert await guess(site, "s3cret", X_Forwarded_For="192.0.2.2") == [200]
        assert await guess(site, "s3cret") == [200]


async def test_a_client_that_makes_up_whom_it_asks_for_is_counted_as_itself(house: House) -> None:
    """Only a proxy on this machine is believed; what stands left of its own entry is not."""
    site = Site(house, "s3cret")
    async with site.server:
        for number, password in enumerate(WRONG):
            assert await guess(site, password, X_Forwarded_For=f"198.51.100.{number}, 192.0.2.1") == [401]
        assert await guess(site, "s3cret", X_Forwarded_For="198.51.100.77, 192.0.2.1") == [429]


async def test_without_a_password_the_pages_open_to_this_machine_only(house: House) -> None:
    """Not on an address others reach, and not under a name that a foreign page made lead here."""
    wide = Site(house, host="0.0.0.0")
    async with wide.server:
        refused = await wide.get("/stories/1")
        assert (refused.status_code, "Set web.password" in refused.text) == (403, True)
        assert (await wide.judge()).status_code == 403
        assert (await wide.get("/healthz")).status_code == 200
    narrow = Site(house)
    async with narrow.server:
        for name in ("evil.example", "evil.example:8080", "10.0.0.1", "[", ""):
            assert (await narrow.get("/stories/1", Host=name)).status_code in {400, 403}
        for name in ("localhost:8080", "127.0.0.1", "[::1]:8080"):
            assert (await narrow.get("/stories/1", Host=name)).status_code == 200
    assert wide.verdicts() == []


@pytest.mark.parametrize("path", ["/", "/stories/1", "/stories/9", "/healthz", "/style.css", "/nothing"])
async def test_every_answer_carries_the_security_headers(open_site: Site, path: str) -> None:
    """No script, no foreign content, no frame, no referrer to others, no copy in a cache."""
    headers = (await open_site.get(path)).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "frame-ancestors 'none'" in policy
    assert (headers["X-Content-Type-Options"], headers["X-Frame-Options"]) == ("nosniff", "DENY")
    assert (headers["Referrer-Policy"], headers["Cache-Control"]) == ("same-origin", "no-store")


async def test_pages_load_nothing_but_their_style_sheet(open_site: Site) -> None:
    """… which is there, relative, so that a proxy may serve the pages below a path."""
    for path, style in (("/", "style.css"), ("/stories/1", "../style.css"), ("/a/b/c", "../../style.css")):
        page = (await open_site.get(path)).text
        assert re.findall(r'<link[^>]*href="([^"]*)"', page) == [style]
        assert not re.search(r"<(?:style|script|img|iframe)|<[^>]* (?:style|src)=", page)
    assert (await open_site.get("/style.css")).headers["Content-Type"].startswith("text/css")
