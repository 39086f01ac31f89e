"""Messages → services, through Apprise. The only file that knows Apprise and, below it, requests.

Apprise answers with success or failure and log lines that may quote the URL. What decides over another attempt (HTTP
status, Retry-After, kind of network error) is therefore read off the HTTP exchange itself, and no text of Apprise, of
a library below it or of the service gets into our errors or logs.
"""

import asyncio
import concurrent.futures
import logging
import os
import re
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cache, wraps
from typing import Any, TypeVar

import apprise
import requests
from apprise.decorators import notify as apprise_plugin

from monitor.adapters.console import print_framed
from monitor.domain.message import Message
from monitor.errors import DeliveryError

CONSOLE_URL = "console://"
"""Prints messages to standard output; `console://stderr` to standard error."""

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class _Exchange:
    """How one HTTP request ended: a status, or the name of the error where no answer came."""

    status: int | None = None
    retry_after: timedelta | None = None
    error: str = ""


_exchanges: ContextVar[list[_Exchange] | None] = ContextVar("exchanges", default=None)


class AppriseNotifier:
    """Sends a message to a channel with one Apprise call, off the event loop.

    Args:
        urls: an Apprise URL for each channel. Holds secrets; never logged or shown.
        connect_timeout: seconds to wait for a connection, where the URL has no `cto`.
        read_timeout: seconds to wait for an answer, where the URL has no `rto`. Generous, since a service that took
            the message but answers too late gets it again.
        total_timeout: seconds one message may take, its parts included.
    """

    def __init__(
        self,
        urls: Mapping[str, str],
        *,
        connect_timeout: float = 15.0,
        read_timeout: float = 15.0,
        total_timeout: float = 60.0,
    ) -> None:
        _known_services()  # here, not in the threads: importing a hundred plugins is not for two of them at once
        self._urls = dict(urls)
        self._timeouts = (connect_timeout, read_timeout)
        self._total_timeout = total_timeout
        self._services: dict[str, apprise.NotifyBase] = {}
        # One message at a time: plugins keep state between calls, such as when they sent last.
        self._turns = {channel: asyncio.Lock() for channel in urls}

    def __repr__(self) -> str:
        return f"{type(self).__name__}(channels={sorted(self._urls)})"

    async def send(self, channel: str, message: Message) -> None:
        """Send; returns only when the service took it. Raises DeliveryError, permanent or retryable."""
        if channel not in self._urls:
            raise DeliveryError(f"channel {channel}: not in the config; add it or drop its alerts", permanent=True)
        async with self._turns[channel]:
            try:
                error = await asyncio.wait_for(
                    _in_daemon_thread(lambda: self._deliver(channel, message)), self._total_timeout
                )
            except TimeoutError:
                waited = f"no answer within {self._total_timeout:g} s"
                error = DeliveryError(f"channel {channel}: {waited}; it will be tried again", permanent=False)
            except Exception as bug:  # noqa: BLE001  # of a plugin: costs this attempt only, and its text may hold the URL
                told = f"channel {channel}: {type(bug).__name__} inside Apprise; it will be tried again"
                error = DeliveryError(told, permanent=False)
        if error is not None:
            raise error

    def _deliver(self, channel: str, message: Message) -> DeliveryError | None:
        service = self._service(channel)
        if service is None:
            fault = check_url(self._urls[channel])
            return DeliveryError(f"channel {channel}: {fault or 'its URL cannot be used'}", permanent=True)
        body = message.body if service.schema in _PLAIN_SERVICES else defang(message.body)
        title = message.subject if service.schema in _PLAIN_SERVICES else defang(message.subject)
        _seal_logs()
        sender = apprise.Apprise(service, asset=service.asset)
        with _observed() as exchanges:
            result = sender.notify(
                body=body,
                title=title,
                notify_type=apprise.NotifyType.WARNING,
                body_format=apprise.NotifyFormat.TEXT,
                log_level=logging.DEBUG,
            )
        # Not the result as a whole: with `optional=yes` in the URL a failure counts as success there.
        if result.results and all(attempts and attempts[-1] for attempts in map(list, result.results)):
            return None
        lines = "\n".join(str(entry.message) for entry in result.logs())
        return _failure(f"channel {channel}: {service.service_name}", exchanges, lines)

    def _service(self, channel: str) -> apprise.NotifyBase | None:
        service = self._services.get(channel) or _instantiate(self._urls[channel])
        if service is None:
            return None
        # Instance attributes are what the URL itself asked for.
        connect, read = self._timeouts
        settings = {
            "socket_connect_timeout": connect,
            "socket_read_timeout": read,
            "overflow_mode": apprise.OverflowMode.SPLIT,  # too long for the service: in parts rather than refused
        }
        for name, value in settings.items():
            if name not in vars(service):
                setattr(service, name, value)
        self._services[channel] = service
        return service


def check_url(url: str) -> str | None:
    """What is wrong with an Apprise URL, as one line that holds no part of the URL but its schema; None if nothing.

    The URL is parsed by the service's own plugin; nothing is sent.
    """
    schema = re.match(r"([a-z0-9_-]{1,24})://", url.strip(), re.IGNORECASE)
    if schema is None:
        return "not an Apprise URL: it must start with a service, as in mailto:// or slack://"
    if _instantiate(url) is not None:
        return None
    name = schema[1].lower()
    if name in {"http", "https"}:
        return (
            f"{name}:// is no service Apprise knows at this address: for a webhook of your own write json{name[4:]}://"
        )
    if name not in _known_services():
        return f"{name}:// is not a service Apprise knows"
    return f"Apprise cannot use this {name}:// URL: a part of it is missing or malformed"


def defang(text: str) -> str:
    """Plain text in which no chat service finds a mention, a titled link or a code block.

    A zero-width space parts the characters that would start one. A link at the end of a line is left alone.
    """
    return "\n".join(_defanged_line(line) for line in text.split("\n"))


# These show text as it is. Every other service may read it as markup, whatever format its plugin declares.
_PLAIN_SERVICES = {"json", "jsons", "xml", "xmls", "form", "forms", "mailto", "mailtos", "ntfy", "ntfys", "console"}
_LINK_AT_END = re.compile(r"(?:^|(?<=\s))https?://[^\s<>()\[\]{}|`\"'\\]+$")


def _defanged_line(line: str) -> str:
    link = _LINK_AT_END.search(line)
    text, kept = (line[: link.start()], link[0]) if link else (line, "")
    return re.sub(r"([@<\]])", "\\1\u200b", text.replace("`", "'")) + kept


def _failure(where: str, exchanges: list[_Exchange], lines: str) -> DeliveryError:
    """What went wrong, by the HTTP exchanges, else by the SMTP replies or the errno in Apprise's log lines.

    Permanent only where every refusal is: a URL may name many recipients.
    """
    retry_after = None
    if refused := [exchange for exchange in exchanges if exchange.error or (exchange.status or 0) >= 400]:
        causes = [exchange.error or f"HTTP {exchange.status}" for exchange in refused]
        permanent = all(exchange.status in _PERMANENT_STATUS for exchange in refused)
        retry_after = max((exchange.retry_after for exchange in refused if exchange.retry_after), default=None)
    elif replies := re.findall(r"(?:\(|refused: )([45]\d\d)(?:, b?['\"]| )", lines):  # (550, b'no such user')
        causes = [f"SMTP {code}" for code in replies]
        permanent = all(code.startswith("5") for code in replies)
    else:
        causes = [os.strerror(int(number)) for number in re.findall(r"\[Errno (\d+)\]", lines)] or ["no reason given"]
        permanent = False
    way_out = "check the channel's URL and account" if permanent else "it will be tried again"
    told = f"{where} did not take the message ({', '.join(sorted(set(causes)))}); {way_out}"
    return DeliveryError(told, permanent=permanent, retry_after=retry_after)


_PERMANENT_STATUS = set(range(400, 500)) - {408, 409, 421, 423, 424, 425, 429}


def _instantiate(url: str) -> apprise.NotifyBase | None:
    asset = apprise.AppriseAsset(
        app_id="Trafficking-recruitment monitor",
        app_desc="Alerts on foreign-fighter recruitment and human trafficking",
        app_url="",
        image_url_mask="",
        image_url_logo="",
        async_mode=False,
        service_timeout=0,  # the time limit is ours: Apprise's own needs threads that hold up the end of the process
    )
    _seal_logs()
    _known_services()
    return apprise.Apprise.instantiate(url, asset=asset)


def _seal_logs() -> None:
    """Keep the loggers of Apprise and of the HTTP library, which name tokens and paths of URLs, out of our logs.

    Done before each use, since whoever sets up logging later may set their levels.
    """
    own = logging.getLogger("apprise")
    own.propagate = False
    own.setLevel(logging.DEBUG)  # as far as the captures of Apprise's own results are to see
    logging.getLogger("urllib3").setLevel(logging.CRITICAL)


@contextmanager
def _observed() -> Iterator[list[_Exchange]]:
    """Collect the HTTP exchanges this thread makes, in order."""
    exchanges: list[_Exchange] = []
    token = _exchanges.set(exchanges)
    try:
        yield exchanges
    finally:
        _exchanges.reset(token)


def _observing(send: Callable[..., requests.Response]) -> Callable[..., requests.Response]:
    @wraps(send)
    def observed(*args: Any, **kwargs: Any) -> requests.Response:  # noqa: ANN401  # passed through as they are
        exchanges = _exchanges.get()
        try:
            response = send(*args, **kwargs)
        except requests.RequestException as error:
            if exchanges is not None:
                exchanges.append(_Exchange(error=type(error).__name__))
            raise
        if exchanges is not None:
            exchanges.append(_Exchange(response.status_code, _retry_after(response.headers.get("Retry-After", ""))))
        return response

    return observed


# Apprise gives neither status nor headers, and its plugins share no seam but this one. Outside `_observed` nothing is
# recorded.
requests.Session.send = _observing(requests.Session.send)  # type: ignore[method-assign]


def _retry_after(value: str) -> timedelta | None:
    """RFC 9110, section 10.2.3: seconds or a date."""
    value = value.strip()
    if re.fullmatch(r"\d{1,9}", value):
        return timedelta(seconds=int(value))
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(moment - datetime.now(UTC), timedelta())


async def _in_daemon_thread(call: Callable[[], _T]) -> _T:
    """Await `call` in a thread of its own; unlike a pool's, it never holds up the end of the process."""
    outcome: concurrent.futures.Future[_T] = concurrent.futures.Future()
    outcome.set_running_or_notify_cancel()

    def run() -> None:
        try:
            outcome.set_result(call())
        except Exception as error:  # noqa: BLE001  # handed on to whoever awaits it
            outcome.set_exception(error)

    threading.Thread(target=run, name="notify", daemon=True).start()
    return await asyncio.wrap_future(outcome)


@cache
def _known_services() -> apprise.NotificationManager:
    """Every service Apprise knows, with our console among them."""
    services = apprise.NotificationManager()  # type: ignore[no-untyped-call]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of what Apprise's plugins import
        known = "console" in services
    if not known:
        apprise_plugin(on="console", name="Console")(print_framed)  # type: ignore[no-untyped-call]
    return services
