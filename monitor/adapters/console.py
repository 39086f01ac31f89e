"""Messages → the terminal: what stands behind `console://`."""

import sys
from collections.abc import Mapping

CONSOLE_URL = "console://"
"""Prints messages to standard output; `console://stderr` to standard error."""

_RULE = "=" * 78


def print_framed(
    body: str, title: str, _notify_type: str, *_: object, meta: Mapping[str, object], **__: object
) -> bool:
    """Print a message, its title between rules, to standard output; to standard error for `console://stderr`.

    The arguments are those Apprise hands to a custom service; `meta` holds the parts of the URL.
    """
    stream = sys.stderr if meta.get("host") == "stderr" else sys.stdout
    encoding = stream.encoding or "utf-8"
    text = f"\n{_RULE}\n{title}\n{_RULE}\n{body}\n"
    stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
    stream.flush()
    return True
