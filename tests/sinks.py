"""Real servers on loopback that take messages and remember them: a webhook receiver and a mail server."""

import asyncio
import json
import threading
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass(frozen=True, slots=True)
class Request:
    """One request a webhook got."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:  # whatever was posted
        return json.loads(self.body)

    def text(self) -> str:
        return self.body.decode()


@dataclass(frozen=True, slots=True)
class Answer:
    """What a webhook says to the next request; `hang` = nothing, until the webhook closes."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b"{}"
    hang: bool = False


class Webhook:
    """An HTTP server that records every request, and answers 200 where no other answer is queued.

    Use as a context manager. `answers` are given in order, one a request; `always` replaces the 200.
    """

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.answers: deque[Answer] = deque()
        self.always = Answer()
        self._closing = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def address(self) -> str:
        """`127.0.0.1:PORT`, to be put behind a schema."""
        return f"127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _take(self, request: Request) -> Answer | None:
        self.requests.append(request)
        answer = self.answers.popleft() if self.answers else self.always
        if answer.hang:
            self._closing.wait()
            return None
        return answer

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        take = self._take

        class Handler(BaseHTTPRequestHandler):
            def _answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                answer = take(Request(self.command, self.path, dict(self.headers), body))
                if answer is None:
                    self.close_connection = True
                    return
                with suppress(ConnectionError):  # the client may be gone
                    self.send_response(answer.status)
                    for name, value in {"Content-Length": str(len(answer.body)), **answer.headers}.items():
                        self.send_header(name, value)
                    self.end_headers()
                    self.wfile.write(answer.body)

            do_GET = do_POST = do_PUT = _answer  # noqa: N815  # names given by http.server

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # as http.server names it
                """Keep the test's output clean."""

        return Handler


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail a server took."""

    sender: str
    recipients: tuple[str, ...]
    raw: bytes

    @property
    def message(self) -> EmailMessage:
        parsed = message_from_bytes(self.raw, policy=policy.default)
        assert isinstance(parsed, EmailMessage)
        return parsed

    @property
    def text(self) -> str:
        part = self.message.get_body(("plain",))
        assert part is not None
        return str(part.get_content())


class _MailController(Controller):
    def _trigger_server(self) -> None:
        assert isinstance(self.server, asyncio.Server)
        self.port = self.server.sockets[0].getsockname()[1]  # asked for port 0
        super()._trigger_server()  # type: ignore[no-untyped-call]


class MailSink:
    """An SMTP server that keeps every mail; `refuse` maps a recipient to the reply it gets, such as `550 unknown`."""

    def __init__(self) -> None:
        self.mails: list[Mail] = []
        self.refuse: dict[str, str] = {}
        self.data_reply = "250 OK"
        self._controller = _MailController(self, hostname="127.0.0.1", port=0)

    @property
    def address(self) -> str:
        """`127.0.0.1:PORT`, to be put behind `mailto://`."""
        return f"127.0.0.1:{self._controller.port}"

    def __enter__(self) -> Self:
        self._controller.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._controller.stop()

    async def handle_RCPT(  # noqa: N802  # named by aiosmtpd
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if address in self.refuse:
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.data_reply.startswith("2"):
            sender, recipients = str(envelope.mail_from), tuple(map(str, envelope.rcpt_tos))
            self.mails.append(Mail(sender, recipients, bytes(envelope.original_content or b"")))
        return self.data_reply
