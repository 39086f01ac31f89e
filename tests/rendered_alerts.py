"""The examples in docs/alerts, as the services got them: `python -m tests.rendered_alerts` writes them anew.

Each message goes through Apprise to a server on loopback; what the server received is the example.
"""

import asyncio
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from monitor.adapters.notify import AppriseNotifier, check_url
from monitor.adapters.rendering import Limits, family_of
from monitor.domain.alert import News, Reason
from monitor.domain.hit import Hit
from monitor.domain.message import Message, Notice, PendingAlert, Telling
from monitor.domain.route import Route
from monitor.domain.score import Term
from monitor.domain.writing import Voice, write
from tests.sinks import Answer, MailSink, Webhook

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "alerts"
SLACK = "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/"
SEEN = datetime(2026, 3, 1, 12, 20, tzinfo=UTC)
FIGHTERS = Hit(
    "foreign_fighter_recruitment",
    0.97,
    0.5,
    "526951404364",
    (Term("recruited", 2.1), Term("front line", 1.8), Term("contract with the army", 1.1)),
)
TRAFFICKING = Hit("human_trafficking", 0.71, 0.5, "526951404364", (Term("passports", 1.4), Term("lured", 1.2)))
UNSURE = replace(TRAFFICKING, score=0.64, confident=False)
VOICE = Voice({"CU": "Cuba", "RU": "Russia", "KH": "Cambodia", "NP": "Nepal"}, public_url="https://monitor.example.org")

FRONT = Telling(
    41,
    "Havana: men *promised* building work were sent to the front <live>",
    "Seventeen men were promised work on building sites, the ministry said. Their passports were taken & they had "
    "to sign a contract with the army. Ask @channel or see https://news.example/more.",
    "https://paper.example/world/2026/03/men-sent-to-front?edition=en&ref=rss",
    "The Island Paper",
    SEEN - timedelta(minutes=80),
    SEEN,
    (FIGHTERS, TRAFFICKING),
    ("CU", "RU"),
    Route(("CU",), ("RU",)),
    "en",
)
COMPOUND = replace(
    FRONT,
    item_id=57,
    title="Nepali workers freed from a scam compound",
    summary="Police freed twenty workers.",
    url="https://wire.example/compound",
    outlet="Valley Wire",
    hits=(UNSURE,),
    countries=("NP", "KH"),
    route=Route(("NP",), ("KH",)),
    lang="ne",
)


def messages() -> dict[str, Message]:
    """One of each kind, by the name of its files."""
    story = Notice(3, "t", (FRONT,), 1)
    update = replace(story, outlets=3, news=(News(Reason.THIRD_OUTLET, "3"),))
    first = PendingAlert(12, "desk", "first_hit", "k", SEEN, 0, (story,))
    return {
        "story": write(first, VOICE),
        "update": write(replace(first, id=19, notices=(update,)), VOICE),
        "digest": write(replace(first, id=20, notices=(story, Notice(4, "t", (COMPOUND,), 2))), VOICE),
        "restrained": write(first, replace(VOICE, restrained=True)),
    }


def rendered() -> Iterator[tuple[str, str]]:
    """Name and content of each example."""
    with Webhook() as webhook, MailSink() as mail, _plugins_at(webhook):
        webhook.always = Answer(body=b"ok")
        mailto = f"mailto://{mail.address}?from=monitor@example.org&to=desk@example.org"
        urls = {"slack": SLACK, "ntfy": f"ntfy://{webhook.address}/alerts", "mail": mailto}
        notifier = AppriseNotifier(urls)
        for name, message in messages().items():
            for channel in ("slack", "ntfy"):
                asyncio.run(notifier.send(channel, message))
                sent = webhook.requests[-1].json()
                for attachment in sent.get("attachments", ()):
                    attachment.pop("ts")  # the time of sending
                yield f"{channel}-{name}.json", _json(sent)
            asyncio.run(notifier.send("mail", message))
            received = mail.mails[-1].message
            for kind, subtype in (("html", "html"), ("txt", "plain")):
                part = received.get_body((subtype,))
                assert part is not None
                head = f"Subject: {received['Subject']}\n\n" if kind == "txt" else ""
                yield f"mail-{name}.{kind}", head + _lines(part.get_content())
            [sms] = family_of(["twilio"], 160).pieces(message, Limits(0, 480))
            yield f"sms-{name}.txt", f"{sms.body}\n"


@contextmanager
def _plugins_at(webhook: Webhook) -> Iterator[None]:
    """Slack's plugin with the webhook in place of Slack's own address, and no wait between two messages."""
    assert check_url(SLACK) is None
    slack = sys.modules["apprise.plugins.slack"].NotifySlack
    ntfy, mail = sys.modules["apprise.plugins.ntfy"].NotifyNtfy, sys.modules["apprise.plugins.email"].NotifyEmail
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(slack, "webhook_url", f"http://{webhook.address}/services")
        for plugin in (slack, ntfy, mail):
            patch.setattr(plugin, "request_rate_per_sec", 0)
        yield


def _json(sent: object) -> str:
    """Readable in any script, but for the zero-width space, which nobody would see."""
    return json.dumps(sent, ensure_ascii=False, indent=2).replace("\u200b", "\\u200b") + "\n"


def _lines(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.splitlines()).strip() + "\n"


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, content in rendered():
        (FOLDER / name).write_text(content, encoding="utf-8")
