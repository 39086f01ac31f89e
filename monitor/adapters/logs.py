"""Logs on stderr as text or JSON lines. The only importer of structlog; the rest logs through the standard library."""

import logging
import re
import sys

import structlog

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")

_SILENT = ("apprise", "apscheduler", "asyncio", "uvicorn.access")
"""Libraries whose own messages repeat ours, or could show what we hide (Apprise names its URLs)."""

_QUIET = ("uvicorn.error",)
"""Libraries of which only warnings are of interest."""


def configure(level: str = "info", style: str = "text") -> None:
    """Send every record of the root logger to stderr, as `text` for people or `json` for machines."""
    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        _on_one_line,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    final: list[structlog.typing.Processor] = [structlog.stdlib.ProcessorFormatter.remove_processors_meta]
    if style == "json":
        final += [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(ensure_ascii=False)]
    else:
        final.append(structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), pad_event_to=0))
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=final))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in _SILENT:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def _on_one_line(
    _logger: logging.Logger, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Replace control characters of a message: one record is one line, and no text of a feed moves the cursor."""
    event["event"] = _CONTROL.sub("\ufffd", str(event["event"]))
    return event
