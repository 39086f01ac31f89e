"""Feeds over HTTP (aiohttp): within a time, a size and a number of hops, and never from a private address."""

import asyncio
import socket
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from types import TracebackType
from typing import Any, NoReturn, Self
from urllib.parse import urldefrag, urljoin, urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from monitor.adapters import cachecontrol, guard
from monitor.adapters.hublinks import announcement, header_links
from monitor.adapters.limits import FetchSettings
from monitor.adapters.lookup import look_up
from monitor.adapters.turns import Turns
from monitor.domain.feed import FetchRequest, Retrieved, Unchanged
from monitor.errors import FetchError

MAX_HOPS = 5
_PERMANENT = {301, 308}
_REDIRECTS = {301, 302, 303, 307, 308}
_KEEPING = {307, 308}  # redirects that leave a POST a POST
_CHUNK = 64 * 1024
_VALIDATOR_LIMIT = 1_000
_HEADER_LIMIT = 64 * 1024  # some sites send policies longer than the library's 8 KB

_ACCEPT = "application/atom+xml, application/rss+xml, application/rdf+xml, application/xml;q=0.9, */*;q=0.5"
_ENCODINGS = "gzip, deflate, br"


@dataclass(frozen=True, slots=True)
class _Redirect:
    target: str
    permanent: bool


class _ForbiddenAddressError(OSError):
    """The dialer refused an address; an OSError, as the connector expects of a dialer."""


class _SystemResolver(AbstractResolver):
    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        numeric = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
        return [
            ResolveResult(hostname=host, host=one.host, port=port, family=one.family, proto=one.protocol, flags=numeric)
            for one in await look_up(host, port, family)
        ]

    async def close(self) -> None:
        """Nothing is held."""


class HttpFetcher:
    """Implements `ports.Fetcher`; an async context manager that holds one session.

    Args:
        settings: the limits.
        resolver: looks up hosts; by default the system's.
        forbidden: which addresses are refused, where the settings do not allow them all.
    """

    def __init__(
        self,
        settings: FetchSettings,
        *,
        resolver: AbstractResolver | None = None,
        forbidden: Callable[[str], bool] = guard.is_forbidden,
    ) -> None:
        self._settings = settings
        self._resolver = resolver
        self._forbidden = forbidden
        self._session: aiohttp.ClientSession | None = None
        self._slots = asyncio.Semaphore(settings.concurrency)
        self._turns = Turns(settings.per_host, settings.spacing)

    async def __aenter__(self) -> Self:
        connector = aiohttp.TCPConnector(
            limit=0,  # slots are counted here, outside the time limit
            resolver=self._resolver or _SystemResolver(),
            socket_factory=self._dial,
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None),  # one clock for all hops, see fetch
            trust_env=False,  # no proxy, no netrc: the address that is checked is the address that is dialled
            read_bufsize=_CHUNK,
            max_line_size=_HEADER_LIMIT,
            max_field_size=_HEADER_LIMIT,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def fetch(self, request: FetchRequest) -> Retrieved | Unchanged:
        """Fetch a feed, following redirects by hand: each hop is checked like the first.

        Raises:
            FetchError: `timeout dns connect tls incomplete bad_response too_large redirect_loop too_many_redirects
                bad_redirect forbidden_address bad_url unexpected_304`, or `http_` and the status.
        """
        url, moved_to, seen = request.url, None, [request.url]
        only_permanent = True
        left = self._settings.timeout.total_seconds()
        while True:
            guard.check_url(url)
            async with self._turns.turn(url), self._slots:
                started = asyncio.get_running_loop().time()
                got = await self._within(left, request, url, moved_to)
                left -= asyncio.get_running_loop().time() - started
            if not isinstance(got, _Redirect):
                return got
            if got.target in seen:
                raise FetchError(f"redirects go round: {_chain([*seen, got.target])}", reason="redirect_loop")
            if len(seen) > MAX_HOPS:
                raise FetchError(f"more than {MAX_HOPS} redirects: {_chain(seen)}", reason="too_many_redirects")
            seen.append(got.target)
            url = got.target
            only_permanent = only_permanent and got.permanent
            moved_to = url if only_permanent else moved_to

    async def _within(
        self, seconds: float, request: FetchRequest, url: str, moved_to: str | None
    ) -> Retrieved | Unchanged | _Redirect:
        try:
            async with asyncio.timeout(max(seconds, 0)):
                return await self._hop(request, url, moved_to)
        except TimeoutError as error:
            limit = self._settings.timeout.total_seconds()
            raise FetchError(f"no complete answer within {limit:g} s: {guard.shown(url)}", reason="timeout") from error
        except (aiohttp.ClientError, ValueError, OSError) as error:
            _raise_named(error, url)

    async def _hop(self, request: FetchRequest, url: str, moved_to: str | None) -> Retrieved | Unchanged | _Redirect:
        if self._session is None:
            raise RuntimeError("HttpFetcher is used outside its `async with`")
        headers = self._headers(request, url)
        method = "GET" if request.form is None else "POST"
        async with self._session.request(
            method, url, headers=headers, data=request.form, allow_redirects=False
        ) as response:
            now = datetime.now(UTC)
            fresh_for = cachecontrol.fresh_for(response.headers, now)
            if response.status in (_REDIRECTS if request.form is None else _KEEPING):
                return _redirect(response, url)
            if response.status == 304 and (request.etag or request.last_modified):
                return Unchanged(fresh_for, moved_to)
            if not 200 <= response.status < 300:
                raise _refusal(response, url, now)
            body = await self._body(response, url)
            return Retrieved(
                body=body,
                url=url,
                content_type=response.headers.get("Content-Type", ""),
                etag=_validator(response, "ETag"),
                last_modified=_validator(response, "Last-Modified"),
                moved_to=moved_to,
                fresh_for=fresh_for,
                body_hash=blake2b(body, digest_size=16).hexdigest(),
                announced=announcement(header_links(response.headers.getall("Link", ()), url)),
            )

    async def _body(self, response: aiohttp.ClientResponse, url: str) -> bytes:
        body = bytearray()
        async for chunk in response.content.iter_chunked(_CHUNK):
            body += chunk
            if len(body) > self._settings.max_bytes:
                response.close()  # not released: the rest is not read to keep the connection
                message = f"the body is larger than {self._settings.max_bytes:,} bytes: {guard.shown(url)}"
                raise FetchError(message, reason="too_large")
        return bytes(body)

    def _headers(self, request: FetchRequest, url: str) -> dict[str, str]:
        headers = {
            "User-Agent": request.user_agent or self._settings.user_agent,
            "Accept": request.accept or _ACCEPT,
            "Accept-Encoding": _ENCODINGS,
        }
        if request.etag:
            headers["If-None-Match"] = request.etag
        if request.last_modified:
            headers["If-Modified-Since"] = request.last_modified
        if _origin(url) == _origin(request.url):  # what the config says to one host is not said to another
            headers |= request.headers
        return headers

    def _refuses(self, address: str) -> bool:
        return not self._settings.allow_private_addresses and self._forbidden(address)

    def _dial(self, info: tuple[Any, ...]) -> socket.socket:
        """Every connection is opened here, whatever name led to it: a name that resolves anew changes nothing."""
        family, kind, protocol, _, address = info
        if self._refuses(address[0]):
            raise _ForbiddenAddressError("this address is not public")
        return socket.socket(family, kind, protocol)


def _redirect(response: aiohttp.ClientResponse, url: str) -> _Redirect:
    location = response.headers.get("Location", "").strip()
    if not location:
        message = f"HTTP {response.status} without a target: {guard.shown(url)}"
        raise FetchError(message, reason="bad_redirect")
    try:
        target = urldefrag(urljoin(url, location)).url.replace(" ", "%20")
        target.encode()
        guard.check_url(target)
    except (FetchError, ValueError) as error:
        message = f"redirected to what cannot be fetched: {guard.shown(url)}: {error}"
        raise FetchError(message, reason="bad_redirect") from error
    return _Redirect(target, response.status in _PERMANENT)


def _refusal(response: aiohttp.ClientResponse, url: str, now: datetime) -> FetchError:
    status = response.status
    if status == 304:
        return FetchError(f"HTTP 304 to an unconditional request: {guard.shown(url)}", reason="unexpected_304")
    return FetchError(
        f"HTTP {status}: {guard.shown(url)}",
        reason=f"http_{status}",
        permanent=status == 410,
        retry_after=cachecontrol.retry_after(response.headers, now),
    )


def _refused(url: str) -> FetchError:
    message = f"{guard.shown(url)} is not on the public internet (poll.allow_private_addresses would let it)"
    return FetchError(message, reason="forbidden_address", permanent=True)


def _raise_named(error: Exception, url: str) -> NoReturn:
    """Give a library's error the name that is stored on the feed. Its text stays out: it may quote headers."""
    if isinstance(error, aiohttp.ClientConnectorError) and isinstance(error.os_error, _ForbiddenAddressError):
        raise _refused(url) from error
    for kinds, reason, text in _NAMED:
        if isinstance(error, kinds):
            raise FetchError(f"{text}: {guard.shown(url)}", reason=reason, permanent=reason == "bad_url") from error
    raise error


_NAMED: tuple[tuple[type[Exception] | tuple[type[Exception], ...], str, str], ...] = (
    ((aiohttp.ClientSSLError, aiohttp.ServerFingerprintMismatch), "tls", "no trusted TLS connection"),
    (aiohttp.ClientConnectorDNSError, "dns", "the host name does not resolve"),
    (aiohttp.InvalidURL, "bad_url", "not a URL"),
    (aiohttp.ClientPayloadError, "incomplete", "the body broke off or cannot be decompressed"),
    (aiohttp.ClientResponseError, "bad_response", "the answer is not HTTP"),
    ((aiohttp.ClientError, OSError), "connect", "no connection"),
    (ValueError, "bad_url", "not a URL"),
)


def _validator(response: aiohttp.ClientResponse, name: str) -> str | None:
    value = response.headers.get(name, "").strip()
    return value if value and value.isprintable() and len(value) <= _VALIDATOR_LIMIT else None


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc.lower()


def _chain(urls: list[str]) -> str:
    return " → ".join(guard.shown(url) for url in urls)
