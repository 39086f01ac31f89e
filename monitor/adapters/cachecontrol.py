"""HTTP's words about time: how long an answer stays fresh, and when to ask again (RFC 9110, RFC 9111)."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

LIMIT = timedelta(days=1)
"""No server is taken at its word for longer than this."""

_MAX_AGE = re.compile(r"(?:^|[\s,])max-age\s*=\s*\"?(\d{1,12})", re.IGNORECASE)
_NOT_CACHED = re.compile(r"(?:^|[\s,])no-(?:cache|store)(?:$|[\s,=])", re.IGNORECASE)


def fresh_for(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """How long the answer stays fresh by Cache-Control, else Expires; None where it does not say, LIMIT at most."""
    control = headers.get("Cache-Control", "")
    if _NOT_CACHED.search(control):
        return None
    if stated := _MAX_AGE.search(control):
        return min(timedelta(seconds=int(stated[1])), LIMIT) or None
    expires, date = _date(headers.get("Expires")), _date(headers.get("Date")) or now
    return min(expires - date, LIMIT) if expires and expires > date else None


def retry_after(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """What the server asks to be left alone for: seconds or a date; None where it does not say, LIMIT at most."""
    value = headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdigit():
        return min(timedelta(seconds=int(value[:12])), LIMIT)
    date = _date(value)
    return min(max(date - now, timedelta()), LIMIT) if date else None


def _date(value: str | None) -> datetime | None:
    try:
        date = parsedate_to_datetime(value or "")
    except (ValueError, OverflowError):
        return None
    return date.replace(tzinfo=date.tzinfo or UTC)
