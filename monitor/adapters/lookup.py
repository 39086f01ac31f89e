"""The system's name lookup, a daemon thread each.

In the event loop's own few threads, lookups that hang would hold up the database, and the end of the service.
"""

import asyncio
import socket
from contextlib import suppress
from threading import Thread
from typing import NamedTuple


class Address(NamedTuple):
    """An address a host name stands for."""

    family: socket.AddressFamily
    protocol: int
    host: str


async def look_up(host: str, port: int, family: socket.AddressFamily) -> list[Address]:
    """The addresses of a host; raises OSError or UnicodeError where it has none. May be cancelled at any time."""
    loop = asyncio.get_running_loop()
    found: asyncio.Future[list[Address]] = loop.create_future()

    def settle(addresses: list[Address], error: Exception | None) -> None:
        if found.done():  # cancelled: the time was up
            return
        if error is None:
            found.set_result(addresses)
        else:
            found.set_exception(error)

    def ask() -> None:
        addresses: list[Address] = []
        failure: Exception | None = None
        try:
            entries = socket.getaddrinfo(host, port, family, socket.SOCK_STREAM)
            addresses = [Address(kin, protocol, str(address[0])) for kin, _, protocol, _, address in entries]
        except (OSError, UnicodeError) as error:
            failure = error
        with suppress(RuntimeError):  # the loop is closed: nobody waits
            loop.call_soon_threadsafe(settle, addresses, failure)

    Thread(target=ask, name=f"look up {host}", daemon=True).start()
    return await found
