"""One spelling for one article: canonical URLs without tracking parameters (w3lib)."""

import re
from functools import lru_cache
from urllib.parse import unquote_plus, urljoin, urlsplit, urlunsplit

from w3lib.url import canonicalize_url, url_query_cleaner

_PREFIXES = (
    "utm_", "at_", "ns_", "pk_", "mtm_", "matomo_", "piwik_", "hsa_", "_hs", "mc_", "ga_", "wt.", "vero_", "oly_",
    "itm_", "icid", "fb_", "stm_", "sc_",
)  # fmt: skip
"""BBC and Piano use at_, comScore ns_, Matomo pk_ and mtm_, HubSpot hsa_ and _hs, Webtrends wt."""

_NAMES = {
    "_ga", "_gl", "cmp", "cmpid", "dclid", "emc", "fbclid", "ftag", "gbraid", "gclid", "guccounter",
    "guce_referrer", "guce_referrer_sig", "igsh", "igshid", "intcid", "ito", "msclkid", "ncid", "ocid",
    "print_only", "ref", "ref_src", "ref_url", "referrer", "rss", "s_cid", "smid", "smtyp", "spm", "taid",
    "traffic_source", "twclid", "wbraid", "xtor", "yclid", "ysclid",
}  # fmt: skip

_FEED_MARKED = {
    "cid", "feed", "from", "medium", "mod", "output", "partner", "source", "sr_source", "src", "via",
}  # fmt: skip
"""These may choose the article; they go only where their value says that a feed was the way there."""

_FEED = re.compile(r"rss|feed", re.IGNORECASE)

LIMIT = 4_000
"""Characters beyond which a link is none."""

_BROKEN_LINE = re.compile(r"\s*[\x00-\x1f\x7f-\x9f\u2028\u2029]+\s*")
_GOOGLE_NEWS = ("/rss/articles/", "/articles/", "/rss/read/", "/read/")

_LETTERS = r"[A-Za-z0-9_~!$&'()*+,.:=@-]*+"
_SEGMENT = rf"/(?!\.){_LETTERS}(?:%[89A-F][0-9A-F]{_LETTERS})*+"
_PAIR = r"[A-Za-z0-9_.-]++=[A-Za-z0-9_.-]*+"
_PLAIN = re.compile(
    rf"(https?://(?!news\.google\.com/)[a-z0-9][a-z0-9.-]*+(?:{_SEGMENT})++)"
    rf"(?:\?({_PAIR}(?:&{_PAIR})*+))?+(?:#[!-~]*+)?+"
)
"""A URL of which nothing is to be rewritten but the order of its query. Nearly all that are published are such."""


@lru_cache(maxsize=4096)  # an entry's link is often its guid too, and most entries were there at the last poll
def canonical_url(url: str, base: str = "") -> str:
    """The one spelling of an http or https URL; empty for anything else.

    Host in lower case, default port, credentials, fragment and tracking parameters gone, query sorted, percent-encoding
    in one form. Applying it again changes nothing. A Google News redirect is kept as it is: it no longer tells the
    article's address, and its path is all the identity there is.

    Args:
        url: as published, possibly relative or broken.
        base: what a relative one is resolved against.
    """
    if len(url) > LIMIT:
        return ""
    plain = _PLAIN.fullmatch(url)
    return _without_tracking(plain[1], plain[2]) if plain else _rewritten(url, base)


def _rewritten(url: str, base: str) -> str:
    stripped = _BROKEN_LINE.sub("", url).strip()
    if not stripped:
        return ""
    try:
        joined = urljoin(base, stripped.replace("&amp;", "&"))
        parts = urlsplit(joined)
        host, port = parts.hostname, parts.port
        if parts.scheme not in {"http", "https"} or not host:
            return ""
        if host == "news.google.com" and parts.path.startswith(_GOOGLE_NEWS):
            return joined
        default = port in {None, 80 if parts.scheme == "http" else 443}
        netloc = (f"[{host}]" if ":" in host else host) + ("" if default else f":{port}")
        bare = canonicalize_url(urlunsplit((parts.scheme, netloc, parts.path or "/", parts.query, "")))
        if plain := _PLAIN.fullmatch(bare):
            return _without_tracking(plain[1], plain[2])
        return canonicalize_url(url_query_cleaner(bare, _tracking(bare), remove=True, unique=False))
    except ValueError:
        return ""


def _without_tracking(address: str, query: str | None) -> str:
    """A URL whose query needs no decoding, cleaned and sorted as `canonicalize_url` sorts: by name, then by value."""
    if not query:
        return address
    pairs = [pair.split("=") for pair in query.split("&")]
    gone = {name for name, value in pairs if _tracks(name, value)}
    kept = "&".join(f"{name}={value}" for name, value in sorted(pairs) if name not in gone)
    return f"{address}?{kept}" if kept else address


def _tracking(url: str) -> list[str]:
    # url_query_cleaner compares names as spelled, so those that are to go are listed as spelled.
    pairs = (pair.partition("=") for pair in urlsplit(url).query.split("&"))
    return [name for name, _, value in pairs if _tracks(unquote_plus(name), unquote_plus(value))]


def _tracks(name: str, value: str) -> bool:
    lowered = name.lower()
    return (
        lowered.startswith(_PREFIXES)
        or lowered in _NAMES
        or (lowered in _FEED_MARKED and _FEED.search(value) is not None)
    )
