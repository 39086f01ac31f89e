"""Messages → bodies written for the service they go to: which service reads which markup.

A service that is not listed gets plain text in which no markup is to be found, or, where it takes nothing but Markdown,
CommonMark of the simplest kind.
"""

from collections.abc import Iterable

from monitor.adapters.rendering.layout import Family, Limits, Piece, utf8
from monitor.adapters.rendering.mail import Mail
from monitor.adapters.rendering.markdown import Markdown
from monitor.adapters.rendering.plain import Brief, Plain
from monitor.adapters.rendering.slack import Slack
from monitor.adapters.rendering.telegram import Telegram

__all__ = ["COMMONMARK", "FAMILIES", "SAFE", "Family", "Limits", "Piece", "family_of"]

SAFE = Plain(safe=True)
COMMONMARK = Markdown()
BRIEF = Brief()

_PLAIN = Plain()
_NTFY = Plain(most=4000, measure=utf8)  # the server makes an attachment of what is longer than 4096 bytes
_MATTERMOST = Markdown(formats=("text", "markdown"), finished=True)
_DISCORD = Markdown(formats=("text", "markdown"), finished=True, preview=True)
_MAIL = Mail()

FAMILIES: dict[str, Family] = {
    "slack": Slack(),
    "tgram": Telegram(),
    "discord": _DISCORD,
    **dict.fromkeys(("mmost", "mmosts"), _MATTERMOST),
    **dict.fromkeys(("mailto", "mailtos"), _MAIL),
    **dict.fromkeys(
        (
            *("azure", "o365", "brevo", "groundmail", "mailersend", "mailgun", "postmark", "resend", "sendgrid"),
            *("sendpulse", "ses", "smtp2go", "sparkpost"),
        ),
        _MAIL,
    ),
    **dict.fromkeys(("json", "jsons", "xml", "xmls", "form", "forms", "console"), _PLAIN),
    **dict.fromkeys(("ntfy", "ntfys"), _NTFY),
}
"""By the schema of the Apprise URL."""

BRIEF_BELOW = 600
"""Services that take fewer characters are SMS, pagers and their like."""


def family_of(schemas: Iterable[str], body_limit: int) -> Family:
    """How to write for a service that is known by these schemas and takes so many characters."""
    known = (FAMILIES[schema] for schema in schemas if schema in FAMILIES)
    return next(known, BRIEF if body_limit < BRIEF_BELOW else SAFE)
