"""Single values of a config file: text → what it means. Each raises ValueError saying what was expected.

The messages never repeat the text: it may hold a secret. `explain` adds it where it may be shown.
"""

import difflib
import re
from datetime import time, timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

import pytimeparse2

from monitor.domain.channel import Schedule

_DURATION = "expected a duration with its unit, such as 20s, 15m, 1h30m or 180d"
_WHEN = 'expected now, hourly, or a daily time such as "daily 08:00" or "daily 08:00 Europe/Berlin"'
_UNITS = ((86_400, "d"), (3_600, "h"), (60, "m"), (1, "s"))
_COMMON_COUNTRY_SLIPS = {"UK": "GB", "EL": "GR"}
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def duration(text: str) -> timedelta:
    """`15m`, `20s`, `1h30m`, `180d` → a timedelta above zero. A number without a unit is refused: 180 what?"""
    stripped = text.strip()
    if not stripped.isascii() or not re.search(r"[A-Za-z]", stripped) or stripped.startswith("-"):
        raise ValueError(_DURATION)
    seconds = pytimeparse2.parse(stripped)
    if not isinstance(seconds, int | float) or seconds <= 0:
        raise ValueError(_DURATION)
    try:
        return timedelta(seconds=seconds)
    except OverflowError:
        raise ValueError(_DURATION) from None


def duration_text(value: timedelta) -> str:
    """The shortest way to write a duration of whole seconds: `1h30m`; reads back to the same."""
    rest = int(value.total_seconds())
    text = ""
    for size, unit in _UNITS:
        count, rest = divmod(rest, size)
        text += f"{count}{unit}" if count else ""
    return text or "0s"


def duration_or_forever(text: str) -> timedelta | None:
    """A duration, or None for `forever`."""
    if text.strip().lower() == "forever":
        return None
    try:
        return duration(text)
    except ValueError:
        raise ValueError(f"{_DURATION}, or forever") from None


def clock_time(text: str) -> time:
    """`08:00` → a time of day."""
    match = re.fullmatch(r"([01]?[0-9]|2[0-3]):([0-5][0-9])", text.strip())
    if match is None:
        raise ValueError("expected a time of day from 00:00 to 23:59, such as 22:00")
    return time(int(match[1]), int(match[2]))


def timezone_name(text: str) -> str:
    """The name of an IANA time zone."""
    name = text.strip()
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        near = difflib.get_close_matches(name, available_timezones(), n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise ValueError(f"expected a time zone such as Europe/Berlin or UTC{hint}") from None
    return name


def schedule(text: str) -> Schedule:
    """`now`, `hourly`, `daily 08:00`, `daily 08:00 Europe/Berlin` (without a zone: UTC) → a Schedule."""
    words = text.split()
    match [word.lower() for word in words[:1]], words[1:]:
        case ["now" | "hourly" as kind], []:
            return Schedule(kind)
        case ["daily"], [at]:
            return Schedule("daily", clock_time(at))
        case ["daily"], [at, zone]:
            return Schedule("daily", clock_time(at), timezone_name(zone))
    raise ValueError(_WHEN)


def web_address(text: str) -> str:
    """An http or https address with a host, as written. Credentials belong in `headers`, not in an address."""
    expected = "expected a web address that starts with https:// or http://"
    if _CONTROL.search(text) or any(character in text for character in ' \\<>"'):
        raise ValueError(f"{expected} and has no spaces, quotes or backslashes")
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise ValueError(f"{expected} and names a valid host and port") from None
    if parts.scheme.lower() not in ("http", "https") or not host:
        raise ValueError(expected)
    if parts.username is not None or parts.password is not None:
        raise ValueError("an address must not hold a user name or password; send them in headers")
    return text


def web_address_or_none(text: str) -> str:
    """As `web_address`; empty stands for none, as a variable without a value leaves it."""
    return web_address(text) if text else ""


def yes_no_or_only(text: str) -> str:
    """`true`, `false` or `only`, also as YAML 1.1 and people write them."""
    word = text.strip().lower()
    found = {"yes": "true", "on": "true", "no": "false", "off": "false"}.get(word, word)
    if found not in {"true", "false", "only"}:
        raise ValueError("expected true, false or only")
    return found


def address_key(url: str) -> str:
    """What two addresses share when they lead to the same feed: scheme, case of the host and last slash aside."""
    parts = urlsplit(url)
    host = (parts.hostname or "").rstrip(".")
    port = "" if parts.port in (None, 80, 443) else f":{parts.port}"
    query = f"?{parts.query}" if parts.query else ""
    return f"{host}{port}{parts.path.rstrip('/')}{query}"


def channel_address(text: str) -> str:
    """An Apprise URL: a scheme, `://` and something behind it. Which schemes exist, Apprise knows."""
    if _CONTROL.search(text) or not re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", text):
        raise ValueError("expected an Apprise URL such as slack://…, mailto://… or https://…")
    return text


def cluster_address(text: str) -> str:
    """The address of a Dask scheduler, empty for none."""
    if text and not re.fullmatch(r"(?:tcp|tls|ws|wss|ucx)://[^\s/@]+:\d{1,5}", text):
        raise ValueError("expected the address of a Dask scheduler such as tcp://10.0.0.5:8786")
    return text


def country(text: str) -> str:
    """An ISO 3166 alpha-2 code, in capitals."""
    code = text.strip().upper()
    if not re.fullmatch(r"[A-Z]{2}", code):
        raise ValueError("expected a country code of two letters (ISO 3166), such as NP")
    if code in _COMMON_COUNTRY_SLIPS:
        raise ValueError(f"not an ISO 3166 country code; did you mean {_COMMON_COUNTRY_SLIPS[code]}?")
    return code


def signal_name(text: str) -> str:
    """A signal's name: also a folder of seeds and a value in tables."""
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,63}", text):
        raise ValueError("expected a signal name of small letters, digits and _, as its folder of seeds is called")
    return text


def line_of_text(text: str) -> str:
    """Text without line breaks or other control characters."""
    if _CONTROL.search(text):
        raise ValueError("expected text without line breaks or control characters")
    return text


def filled_line(text: str) -> str:
    """Text that is not empty."""
    stripped = line_of_text(text).strip()
    if not stripped:
        raise ValueError("must not be empty")
    return stripped
