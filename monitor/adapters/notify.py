"""Messages → services, through Apprise. The only file that knows Apprise.

Bodies come finished from `rendering`. No text of Apprise, of a library below it or of the service gets into our errors
or logs, since it may quote the URL; see `exchange` for what tells one failure from another.
"""

import asyncio
import concurrent.futures
import logging
import os
import re
import threading
import warnings
from collections.abc import Callable, Mapping
from functools import cache
from typing import TypeVar

import apprise
from apprise.decorators import notify as apprise_plugin

from monitor.adapters.console import print_framed
from monitor.adapters.exchange import Exchange, observed
from monitor.adapters.rendering import COMMONMARK, SAFE, Family, Limits, Piece, family_of
from monitor.domain.message import Message
from monitor.errors import DeliveryError

_T = TypeVar("_T")


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
        _known_services()  # here, not while the first message waits for its service
        self._urls = dict(urls)
        self._timeouts = (connect_timeout, read_timeout)
        self._total_timeout = total_timeout
        self._services: dict[str, apprise.NotifyBase] = {}
        # Of a message in several pieces, those that the service has: another attempt sends the rest.
        self._taken: dict[tuple[str, str], set[Piece]] = {}
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
        where = f"channel {channel}: {service.service_name}"
        already = self._taken.pop((channel, message.key), set())
        family, body_format = _family(service)
        for piece in family.pieces(message, _limits(service)):
            if piece in already:
                continue
            if error := _send_piece(service, piece, body_format, where):
                if already and not error.permanent:
                    self._taken[channel, message.key] = already
                return error
            already.add(piece)
        return None

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
        if _family(service)[0].finished:
            setattr(service, "dialect_convert", _as_it_is)  # noqa: B010  # not a method of its class
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


def _family(service: apprise.NotifyBase) -> tuple[Family, apprise.NotifyFormat]:
    """How to write for a service, and what to declare: what is declared and wanted agree, so nothing is converted.

    A `format=` in the URL that the family does not write gives way to text without markup, which Apprise converts.
    """
    family = family_of(_schemas(service), service.body_maxlen)
    wanted = service.resolve_format(apprise.NotifyFormat(family.formats[0]))
    if wanted.value in family.formats:
        return family, wanted
    if wanted is apprise.NotifyFormat.MARKDOWN:
        return COMMONMARK, wanted
    return SAFE, apprise.NotifyFormat.TEXT


def _schemas(service: apprise.NotifyBase) -> list[str]:
    """The schemas of a service's plugin; its own `schema` may be that of the HTTP request."""
    schemas: list[str] = []
    for names in (service.protocol, service.secure_protocol):
        schemas += [names] if isinstance(names, str) else names or ()
    return schemas


def _limits(service: apprise.NotifyBase) -> Limits:
    return Limits(max(service.title_maxlen, 0), service.body_maxlen, shared=service.overflow_amalgamate_title)


def _send_piece(
    service: apprise.NotifyBase, piece: Piece, body_format: apprise.NotifyFormat, where: str
) -> DeliveryError | None:
    _seal_logs()
    with observed() as exchanges:
        result = apprise.Apprise(service, asset=service.asset).notify(
            body=piece.body,
            title=piece.title,
            notify_type=apprise.NotifyType.WARNING,
            body_format=body_format,
            log_level=logging.DEBUG,
        )
    # Not the result as a whole: with `optional=yes` in the URL a failure counts as success there.
    if result.results and all(attempts and attempts[-1] for attempts in map(list, result.results)):
        return None
    return _failure(where, exchanges, "\n".join(str(entry.message) for entry in result.logs()))


def _as_it_is(body: str, *_: object, **__: object) -> str:
    return body


def _failure(where: str, exchanges: list[Exchange], lines: str) -> DeliveryError:
    """What went wrong, by the HTTP exchanges, else by the SMTP replies or the errno in Apprise's log lines.

    Permanent only where every refusal is: a URL may name many recipients.
    """
    retry_after = None
    if refused := [exchange for exchange in exchanges if exchange.refused]:
        causes = [exchange.cause for exchange in refused]
        permanent = all(exchange.permanent for exchange in refused)
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


def _known_services() -> apprise.NotificationManager:
    """Every service Apprise knows, with our console among them; importing a hundred plugins is for one thread only."""
    with _importing:
        return _imported_services()


_importing = threading.Lock()


@cache
def _imported_services() -> apprise.NotificationManager:
    services = apprise.NotificationManager()  # type: ignore[no-untyped-call]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of what Apprise's plugins import
        known = "console" in services
    if not known:
        apprise_plugin(on="console", name="Console")(print_framed)  # type: ignore[no-untyped-call]
    return services
