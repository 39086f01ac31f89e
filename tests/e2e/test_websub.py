"""`monitor run` behind a public address: a hub brings a report, and it is alerted within seconds."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from socket import create_server

from tests.e2e.office import Office, ordinary, report, until
from tests.hubs import TestHub, hub_server
from tests.servers import rss


@contextmanager
def hub_in_thread() -> Iterator[tuple[TestHub, asyncio.AbstractEventLoop]]:
    """A hub in a loop and thread of its own."""
    loop, ready, found = asyncio.new_event_loop(), threading.Event(), list[TestHub]()
    stop = asyncio.Event()

    async def main() -> None:
        async with hub_server() as hub:
            found.append(hub)
            ready.set()
            await stop.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(main()), name="hub")
    thread.start()
    try:
        assert ready.wait(10), "the hub did not start"
        yield found[0], loop
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
        loop.close()


def free_port() -> int:
    with create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def test_a_pushed_report_is_alerted_while_the_feed_is_not_polled(desk: Office) -> None:
    """The service asks the hub, answers it, believes it, and alerts; nothing it signs with is written."""
    port = free_port()
    with hub_in_thread() as (hub, loop):
        links = f'<link rel="hub" href="{hub.url}"/><link rel="self" href="{desk.feeds.url("/feed")}"/>'
        url = desk.feeds.serve("/feed", rss(*ordinary(), extra=links))
        desk.configure(
            {"url": url, "every": "1h"},  # type: ignore[arg-type]
            web={"port": port, "public_url": f"http://127.0.0.1:{port}", "password": "s3cret"},
        )
        with desk.service() as service:
            until(lambda: service.says("is listened to until"), "the subscription")
            pushed = asyncio.run_coroutine_threadsafe(hub.deliver(rss(report(), extra=links)), loop)
            assert pushed.result(10) == 202
            until(lambda: desk.hook.requests and desk.mail.mails, "the alert")
            assert service.stop()[0] == 0
        secret, path = hub.asked[0]["hub.secret"], hub.asked[0]["hub.callback"].rpartition("/")[2]
        assert secret.encode() not in desk.database.read_bytes()
        assert secret not in service.text
        assert path not in service.text
    assert len(desk.feeds.requests("/feed")) == 1
    listed = desk.monitor("feeds", "list").stdout
    assert "pushing" in listed
