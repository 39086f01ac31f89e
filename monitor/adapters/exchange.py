"""HTTP requests → how each ended: what Apprise does not tell. The only importer of requests.

Apprise says whether a message was taken, and logs lines that may quote the URL. What decides over another attempt
(status, Retry-After, kind of network error, the code in Slack's answer) is read off the HTTP exchange itself. No text
of the service gets into our errors or logs.
"""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import wraps
from typing import Any

import requests

_PERMANENT_STATUS = set(range(400, 500)) - {408, 409, 421, 423, 424, 425, 429}

_PERMANENT_CODES = frozenset(
    {
        *("account_inactive", "access_denied", "action_prohibited", "as_user_not_supported", "channel_is_archived"),
        *("channel_not_found", "channel_type_not_supported", "ekm_access_denied", "enterprise_is_restricted"),
        *("invalid_auth", "invalid_arguments", "invalid_blocks", "invalid_channel", "is_archived", "is_inactive"),
        *("messages_tab_disabled", "missing_scope", "msg_too_long", "no_permission", "no_service", "no_text"),
        *("not_allowed_token_type", "not_authed", "not_in_channel", "org_login_required"),
        *("posting_to_general_channel_denied", "restricted_action"),
        *("team_access_not_granted", "team_not_found", "token_expired", "token_revoked"),
        *("too_many_attachments", "two_factor_setup_required", "user_not_found", "user_not_in_channel"),
    }
)  # fmt: skip
"""What Slack says where the same message will never be taken: https://docs.slack.dev/reference/methods/chat.postMessage"""

_PASSING_CODES = frozenset(
    {"fatal_error", "internal_error", "rate_limited", "ratelimited", "request_timeout", "service_unavailable"}
)
_READ_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class Exchange:
    """How one HTTP request ended.

    Attributes:
        status: None where no answer came.
        retry_after: the wait the service asked for.
        error: name of the network error where no answer came.
        refusal: the code in a JSON answer that says `"ok": false`, whatever its status; "refused" for an unknown one.
    """

    status: int | None = None
    retry_after: timedelta | None = None
    error: str = ""
    refusal: str = ""

    @property
    def refused(self) -> bool:
        """Whether the service did not take it."""
        return bool(self.error or self.refusal) or (self.status or 0) >= 400

    @property
    def permanent(self) -> bool:
        """Whether it would not take the same again."""
        return self.status in _PERMANENT_STATUS or self.refusal in _PERMANENT_CODES

    @property
    def cause(self) -> str:
        """Why, without a word of the service's own."""
        status = f"HTTP {self.status}" if self.status else ""
        return self.error or (f"{status}: {self.refusal}" if self.refusal else status)


_exchanges: ContextVar[list[Exchange] | None] = ContextVar("exchanges", default=None)


@contextmanager
def observed() -> Iterator[list[Exchange]]:
    """Collect the HTTP exchanges this thread makes, in order."""
    exchanges: list[Exchange] = []
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
                exchanges.append(Exchange(error=type(error).__name__))
            raise
        if exchanges is not None:
            retry_after = _retry_after(response.headers.get("Retry-After", ""))
            exchanges.append(Exchange(response.status_code, retry_after, refusal=_refusal(response)))
        return response

    return observed


# Apprise gives neither status nor headers, and its plugins share no seam but this one. Outside `observed` nothing is
# recorded.
requests.Session.send = _observing(requests.Session.send)  # type: ignore[method-assign]


def _refusal(response: requests.Response) -> str:
    """Slack's way to say no with HTTP 200: `{"ok": false, "error": "channel_not_found"}`."""
    if len(response.content) > _READ_BYTES or not response.content.lstrip().startswith(b"{"):
        return ""
    try:
        answer = json.loads(response.content)
    except (ValueError, RecursionError):
        return ""
    if answer.get("ok") is not False:
        return ""
    code = answer.get("error")
    known = isinstance(code, str) and code in _PERMANENT_CODES | _PASSING_CODES
    return str(code) if known else "refused"


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
