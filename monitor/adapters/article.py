"""A web page → the text of its article (trafilatura), fetched like a feed and read in worker processes."""

import codecs
import re

from monitor.adapters.engine import Engine
from monitor.adapters.plaintext import clean
from monitor.domain.feed import FetchRequest, Unchanged
from monitor.errors import ParseError, WorkerCrashError, WorkerTimeoutError
from monitor.ports import Fetcher

PAGE_LIMIT = 2_000_000
"""Bytes of a page that is read; a larger one is no article, and would keep a worker from feeds for seconds."""

TEXT_LIMIT = 20_000
"""Characters of an article that are scored."""

ACCEPT = "text/html, application/xhtml+xml;q=0.9, */*;q=0.1"

_HTML_TYPES = ("text/html", "application/xhtml+xml", "")
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)


class ArticleReader:
    """Implements `ports.Reader`.

    Args:
        fetcher: with its limits and guards, those of feeds: an item's link is as hostile as its feed.
        engine: runs the workers; it is not closed here.
        timeout: seconds one page may take to be read.
    """

    def __init__(self, fetcher: Fetcher, engine: Engine, *, timeout: float = 10.0) -> None:
        self._fetcher = fetcher
        self._engine = engine
        self._timeout = timeout

    async def read(self, url: str, user_agent: str | None = None) -> str:
        """The text of the article at `url`, one paragraph a line, at most `TEXT_LIMIT` characters.

        Raises:
            FetchError: as for feeds.
            ParseError: `not_html`, `too_large`, `no_text`, `reader_timeout` or `reader_crashed`.
        """
        # The feed's own headers stay out: they may hold a secret, and anyone may be linked to.
        got = await self._fetcher.fetch(FetchRequest(url, user_agent=user_agent, accept=ACCEPT))
        if isinstance(got, Unchanged):
            raise ParseError(f"no page came: {url}", reason="no_text")
        media = got.content_type.partition(";")[0].strip().lower()
        if media not in _HTML_TYPES:
            raise ParseError(f"{media} is no web page", reason="not_html")
        if len(got.body) > PAGE_LIMIT:
            raise ParseError(f"the page is larger than {PAGE_LIMIT:,} bytes", reason="too_large")
        try:
            text = await self._engine.run(extract_text, got.body, got.content_type, timeout=self._timeout)
        except WorkerTimeoutError as error:
            message = f"reading {len(got.body):,} bytes took longer than {self._timeout:g} s"
            raise ParseError(message, reason="reader_timeout") from error
        except WorkerCrashError as error:
            raise ParseError(f"the reader failed: {error}", reason="reader_crashed") from error
        if not text:
            raise ParseError("the page holds no article", reason="no_text")
        return text


def extract_text(page: bytes, content_type: str = "") -> str:
    """The article's text without the page around it, empty where there is none; what ArticleReader runs in a worker.

    Args:
        page: HTML.
        content_type: the header; its charset counts where the page is not UTF-8.
    """
    import trafilatura  # noqa: PLC0415 - heavy, and only workers of who wants full text need it

    text = trafilatura.extract(_as_utf8(page, content_type), fast=True, include_comments=False, include_tables=False)
    lines = (clean(line) for line in (text or "").splitlines())
    return "\n".join(line for line in lines if line)[:TEXT_LIMIT]


def _as_utf8(page: bytes, content_type: str) -> bytes:
    """The page in UTF-8 where it is that, or in the encoding its header names; else as it is, to be found out."""
    named = _CHARSET.search(content_type)
    for encoding in ("utf-8", named[1] if named else "utf-8"):
        try:
            return page.decode(codecs.lookup(encoding).name).encode()
        except (LookupError, ValueError):  # no such encoding, or not that of this page
            continue
    text = page.decode("utf-8", "replace")
    return text.encode() if text.count("\ufffd") * _BROKEN < len(text) else page


_BROKEN = 1000  # characters a broken one may come in for the rest to be taken for UTF-8
