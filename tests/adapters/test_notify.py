"""Messages reach real services as text, and every failure is told apart without naming a secret."""

import asyncio
import json
import logging
import re
import socket
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from urllib.parse import parse_qs
from xml.etree import ElementTree as ET

import pytest

from monitor.adapters.notify import AppriseNotifier, check_url
from monitor.domain.message import Block, Message, Part, Span
from monitor.errors import DeliveryError
from tests.sinks import Answer, MailSink, Webhook

HOSTILE = "<!channel> @channel <script>alert(1)</script> [x](http://evil.example) ![p](http://evil.example/p.png) ```"
LINK = "https://paper.example/a_b/story?id=1&x=@2"


def told(text: str, link: str = LINK, *, subject: str = "") -> Message:
    """An alert whose every foreign text is `text`."""
    return Message(
        subject or f"[Human trafficking 0.93] {text}",
        (
            Block(Part.TAG, ((Span("Human trafficking 0.93", strong=True),),)),
            Block(Part.HEADLINE, ((Span(text, link, strong=True),),)),
            Block(Part.FACTS, ((Span(f"Outlet: {text}"),), (Span("Published: 2026-03-01 11:00 UTC"),))),
            Block(Part.GIST, ((Span(f"“{text}”"),),)),
            Block(Part.ID, ((Span("Alert 7"),),)),
        ),
        "k",
    )


MESSAGE = told("Ten rescued")
BREAK = "\u200b"


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    with Webhook() as server:
        yield server


@pytest.fixture
def mail() -> Iterator[MailSink]:
    with MailSink() as server:
        yield server


@pytest.fixture
def log() -> Iterator[list[str]]:
    """What a service logging at DEBUG would write; pytest's own capture also listens to loggers kept apart."""
    lines: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(f"{record.name}: {record.getMessage()}")

    root, keep = logging.getLogger(), Keep()
    level = root.level
    root.addHandler(keep)
    root.setLevel(logging.DEBUG)
    yield lines
    root.setLevel(level)
    root.removeHandler(keep)


def send(url: str, message: Message = MESSAGE, *, read_timeout: float = 10, total_timeout: float = 20) -> None:
    notifier = AppriseNotifier({"desk": url}, read_timeout=read_timeout, total_timeout=total_timeout)
    asyncio.run(notifier.send("desk", message))


def failure(url: str, *, read_timeout: float = 10, total_timeout: float = 20) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        send(url, read_timeout=read_timeout, total_timeout=total_timeout)
    return caught.value


def test_a_webhook_gets_subject_and_body_as_they_are(webhook: Webhook) -> None:
    send(f"json://{webhook.address}/hook", told(HOSTILE))
    [request] = webhook.requests
    assert request.path == "/hook"
    assert request.json()["title"] == f"[Human trafficking 0.93] {HOSTILE}"
    assert request.json()["message"].startswith(f"{HOSTILE}\n{LINK}\n\nOutlet: {HOSTILE}\n")


@pytest.mark.parametrize("schema", ["form", "xml"])
def test_form_and_xml_webhooks_get_the_same_text(webhook: Webhook, schema: str) -> None:
    send(f"{schema}://{webhook.address}/hook", told("a & b"))
    text = webhook.requests[0].text()
    if schema == "form":
        [message] = parse_qs(text)["message"]
    else:
        message = ET.fromstring(text).findtext(".//{*}Message") or ""
    assert message.splitlines()[:2] == ["a & b", LINK]


def test_mail_has_an_html_and_a_text_part_with_every_link_in_full(mail: MailSink) -> None:
    """What is hostile is text in both; the subject is one header line."""
    hostile = told(f"{HOSTILE} é 人", subject=f"{HOSTILE} é 人")
    send(f"mailto://{mail.address}?from=monitor@example.org&to=desk@example.org", hostile)
    [received] = mail.mails
    assert received.recipients == ("desk@example.org",)
    assert received.message["Subject"] == hostile.subject
    parts = [part.get_content_type() for part in received.message.walk()]
    assert parts == ["multipart/alternative", "text/plain", "text/html"]
    html = received.message.get_body(("html",))
    assert html is not None
    page = html.get_content()
    assert page.count(f'href="{LINK.replace("&", "&amp;")}"') == 2
    assert page.count("<a ") == 2  # the headline and the address below it
    for loaded in ("<script", "<img", "src=", "url(", "<link", "@import"):
        assert loaded not in page
    assert LINK in received.text.splitlines()
    assert "Alert 7" in received.text


def test_a_channel_that_wants_mail_as_text_gets_text(mail: MailSink) -> None:
    send(f"mailto://{mail.address}?from=monitor@example.org&to=desk@example.org&format=text")
    [received] = mail.mails
    assert received.message.get_content_type() == "text/plain"
    assert LINK in received.text.splitlines()


def test_mattermost_gets_a_bold_titled_link_and_no_markup_of_a_feed(webhook: Webhook) -> None:
    send(f"mmost://{webhook.address}/abcdefgh12345678", told(HOSTILE))
    [request] = webhook.requests
    assert "/hooks/abcdefgh12345678" in request.path
    text = request.json()["text"]
    assert text.splitlines()[2].startswith(f"**[<{BREAK}!channel> @{BREAK}channel <{BREAK}script>")
    assert text.splitlines()[2].endswith(f"]({LINK})**")
    for markup in ("@channel", "<!", "<script", "`"):
        assert markup not in text
    assert text.count("](") == 1


def slack(webhook: Webhook, monkeypatch: pytest.MonkeyPatch, options: str = "") -> str:
    """A Slack URL whose requests, otherwise as Apprise makes them, reach the webhook."""
    url = f"slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/{options}"
    assert check_url(url) is None
    plugin = sys.modules["apprise.plugins.slack"].NotifySlack
    monkeypatch.setattr(plugin, "webhook_url", f"http://{webhook.address}/services")
    webhook.always = Answer(body=b"ok")
    return url


def test_the_exact_request_to_slack(webhook: Webhook, monkeypatch: pytest.MonkeyPatch) -> None:
    send(slack(webhook, monkeypatch), told("Ten <rescued> & 2 *freed*"))
    [request] = webhook.requests
    assert (request.method, request.path) == ("POST", "/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ")
    assert request.headers["Content-Type"].startswith("application/json")
    sent = request.json()
    [attachment] = sent["attachments"]
    link = LINK.replace("&", "&amp;")
    words = f"Ten &lt;{BREAK}rescued&gt; &amp; 2 ∗freed∗"
    assert sent["mrkdwn"] is True
    assert attachment["title"] == "Human trafficking 0.93"
    assert attachment["text"].split("\n\n") == [
        f"*<{link}|{words}>*",
        f"Outlet: {words}\nPublished: 2026-03-01 11:00 UTC",
        f"“{words}”",
        "Alert 7",
    ]


@pytest.mark.parametrize("options", ["", "?blocks=yes", "?format=text"])
def test_slack_finds_no_mention_or_link_in_foreign_text(
    options: str, webhook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In each of the payloads that a URL can ask for."""
    send(slack(webhook, monkeypatch, options), told(HOSTILE))
    text = webhook.requests[-1].text()
    for markup in ("<!", "<script", "<@", "@channel", "<http://evil"):
        assert markup not in text
    assert LINK.replace("&", "&amp;") in text


@pytest.mark.parametrize(
    ("code", "permanent"),
    [
        ("channel_not_found", True),
        ("invalid_auth", True),
        ("is_archived", True),
        ("ratelimited", False),
        ("new", False),
    ],
)
def test_slack_that_says_no_with_status_200_is_a_failure(
    code: str, permanent: bool, webhook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What will not change ends the alert; a code that nobody knows is tried again, and not repeated in the error."""
    url = "slack://xoxb-1234-1234-abc124/#general"
    assert check_url(url) is None
    plugin = sys.modules["apprise.plugins.slack"].NotifySlack
    monkeypatch.setattr(plugin, "api_url", f"http://{webhook.address}/api/{{}}")
    webhook.always = Answer(body=json.dumps({"ok": False, "error": code}).encode())
    error = failure(url)
    assert error.permanent is permanent
    assert f"HTTP 200: {'refused' if code == 'new' else code}" in str(error)


def test_ntfy_gets_plain_text(webhook: Webhook) -> None:
    send(f"ntfy://{webhook.address}/alerts", told(HOSTILE))
    [request] = webhook.requests
    sent = request.json()
    assert sent["title"] == f"[Human trafficking 0.93] {HOSTILE}"
    assert sent["message"].startswith(f"{HOSTILE}\n{LINK}\n")
    assert not sent.get("markdown")


def test_ntfy_never_gets_more_than_its_server_takes_as_a_message(
    webhook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Above 4096 bytes the server would make it an attachment, which phones do not show."""
    assert check_url("ntfy://localhost/alerts") is None
    monkeypatch.setattr(sys.modules["apprise.plugins.ntfy"].NotifyNtfy, "request_rate_per_sec", 0)
    send(f"ntfy://{webhook.address}/alerts", told("人" * 1500))
    sent = [request.json() for request in webhook.requests]
    assert len(sent) > 1
    assert all(len(part["message"].encode()) + len(part["title"].encode()) <= 4096 for part in sent)


def test_telegram_markup_is_escaped(webhook: Webhook, monkeypatch: pytest.MonkeyPatch) -> None:
    url = "tgram://123456789:abcdefghijklmnopqrstuvwxyzABCDEFG12/12315544/"
    assert check_url(url) is None
    plugin = sys.modules["apprise.plugins.telegram"].NotifyTelegram
    monkeypatch.setattr(plugin, "notify_url", f"http://{webhook.address}/bot")
    webhook.always = Answer(body=b'{"ok": true, "result": []}')
    send(url, told(HOSTILE))
    sent = webhook.requests[-1].json()
    assert sent["parse_mode"] == "HTML"
    assert f'<b><a href="{LINK.replace("&", "&amp;")}">&lt;{BREAK}!channel&gt;' in sent["text"]
    assert "<script" not in sent["text"]
    assert "@channel" not in sent["text"]


def test_discord_gets_markdown_and_no_mention(webhook: Webhook, monkeypatch: pytest.MonkeyPatch) -> None:
    url = "discord://123456789012345678/" + "abcdefghijklmnopqrstuvwxyz0123456789ABCD" * 2
    assert check_url(url) is None
    plugin = sys.modules["apprise.plugins.discord"].NotifyDiscord
    monkeypatch.setattr(plugin, "notify_url", f"http://{webhook.address}/api/webhooks")
    webhook.always = Answer(204)
    send(url, told("@everyone <@&42> ||x||"))
    content = webhook.requests[-1].json()["content"]
    assert content.splitlines()[2] == f"**[@{BREAK}everyone <{BREAK}@{BREAK}&42> ∣∣x∣∣](<{LINK}>)**"


def test_a_service_nobody_here_knows_gets_text_without_markup(webhook: Webhook) -> None:
    send(f"gotify://{webhook.address}/abcdefghijklmnop", told(HOSTILE))
    [request] = webhook.requests
    message = request.json()["message"]
    for markup in ("<!", "<script", "@channel", "](", "`"):
        assert markup not in message
    assert LINK in message.splitlines()


def test_a_service_that_takes_markdown_alone_gets_whole_links(
    webhook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rocket.Chat as it is, Google Chat in its own markup, made by Apprise. As text, links would be escaped."""
    send(f"rocket://{'a' * 24}/{'b' * 32}@{webhook.address}/#general", told("Ten <rescued>"))
    assert webhook.requests[-1].json()["text"].splitlines()[2] == f"**[Ten <{BREAK}rescued>]({LINK})**"
    assert check_url("gchat://workspace/key/token") is None
    plugin = sys.modules["apprise.plugins.google_chat"].NotifyGoogleChat
    monkeypatch.setattr(plugin, "notify_url", f"http://{webhook.address}/{{workspace}}")
    send("gchat://workspace/key/token", told("Ten *rescued*"))
    link = LINK.replace("&", "&amp;")
    assert webhook.requests[-1].json()["text"].splitlines()[2] == f"*<{link}|Ten ∗rescued∗>*"


def long_digest() -> Message:
    entries = tuple(
        (Span(f"[0.9{number % 10}] "), Span(f"Story {number} *x*", f"{LINK}&n={number}")) for number in range(300)
    )
    return Message("300 more alerts", (Block(Part.ENTRY, entries),), "k")


def test_a_message_too_long_for_the_service_arrives_in_parts(webhook: Webhook) -> None:
    """Split between lines, each link whole and once, the parts numbered."""
    message = long_digest()
    send(f"mmost://{webhook.address}/abcdefgh12345678", message)
    texts = [request.json()["text"] for request in webhook.requests]
    assert len(texts) > 1
    assert all(len(text) <= 4000 and text.endswith(f"({n}/{len(texts)})") for n, text in enumerate(texts, 1))
    links = re.findall(r"\]\((\S+)\)", "\n".join(texts))
    assert links == [span.url for line in message.blocks[0].lines for span in line if span.url]


def test_another_attempt_does_not_repeat_the_parts_that_arrived(webhook: Webhook) -> None:
    """The second part failed: the next attempt begins with it."""
    notifier = AppriseNotifier({"desk": f"mmost://{webhook.address}/abcdefgh12345678"})
    webhook.answers += [Answer(200), Answer(503)]
    with pytest.raises(DeliveryError):
        asyncio.run(notifier.send("desk", long_digest()))
    asyncio.run(notifier.send("desk", long_digest()))
    texts = [request.json()["text"] for request in webhook.requests]
    assert texts[1] == texts[2]
    assert len(set(texts)) == len(texts) - 1
    asyncio.run(notifier.send("desk", long_digest()))
    assert len(webhook.requests) == 2 * len(texts) - 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 410, 413, 422])
def test_a_status_that_will_not_change_is_permanent(webhook: Webhook, status: int) -> None:
    webhook.always = Answer(status)
    error = failure(f"json://{webhook.address}")
    assert error.permanent
    assert f"HTTP {status}" in str(error)


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503])
def test_a_status_that_passes_is_retryable(webhook: Webhook, status: int) -> None:
    webhook.always = Answer(status)
    error = failure(f"json://{webhook.address}")
    assert not error.permanent
    assert error.retry_after is None
    assert len(webhook.requests) == 1  # the outbox tries again, not Apprise


def test_retry_after_is_handed_on_in_seconds_and_as_a_date(webhook: Webhook) -> None:
    webhook.answers += [
        Answer(429, {"Retry-After": "120"}),
        Answer(503, {"Retry-After": format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)}),
        Answer(429, {"Retry-After": "soon"}),
    ]
    waits = [failure(f"json://{webhook.address}").retry_after for _ in range(3)]
    assert waits[0] == timedelta(seconds=120)
    assert waits[1] is not None
    assert timedelta(minutes=58) < waits[1] <= timedelta(hours=1)
    assert waits[2] is None


def test_a_refused_connection_is_retryable() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, not listening
        port = taken.getsockname()[1]
        for url in (f"json://127.0.0.1:{port}", f"mailto://127.0.0.1:{port}?from=a@example.org&to=b@example.org"):
            assert not failure(url).permanent


def test_a_server_that_does_not_answer_is_given_up_in_time(webhook: Webhook) -> None:
    webhook.always = Answer(hang=True)
    by_socket = failure(f"json://{webhook.address}", read_timeout=0.1, total_timeout=3)
    assert not by_socket.permanent
    assert "ReadTimeout" in str(by_socket)
    in_total = failure(f"json://{webhook.address}", total_timeout=0.2)
    assert not in_total.permanent
    assert "0.2 s" in str(in_total)


def test_a_refused_recipient_is_permanent_and_a_greylisted_one_is_not(mail: MailSink) -> None:
    url = f"mailto://{mail.address}?from=monitor@example.org&to=desk@example.org"
    mail.refuse["desk@example.org"] = "550 no such user"
    assert failure(url).permanent
    mail.refuse["desk@example.org"] = "451 greylisted, try again later"
    assert not failure(url).permanent
    logging.getLogger("apprise").setLevel(logging.CRITICAL)  # as an application may, to be rid of its lines
    mail.refuse.clear()
    mail.data_reply = "552 too big"
    error = failure(url)
    assert error.permanent
    assert "SMTP 552" in str(error)


def test_one_recipient_refused_for_now_keeps_the_alert_alive(mail: MailSink) -> None:
    mail.refuse |= {"a@example.org": "550 no such user", "b@example.org": "450 busy"}
    assert not failure(f"mailto://{mail.address}?from=m@example.org&to=a@example.org,b@example.org").permanent


def test_of_two_recipients_one_refused_for_good_and_one_for_now_is_retryable(webhook: Webhook) -> None:
    url = f"mmost://{webhook.address}/abcdefgh12345678?channels=one,two"
    webhook.answers += [Answer(404), Answer(429, {"Retry-After": "7"})]
    error = failure(url)
    assert not error.permanent
    assert error.retry_after == timedelta(seconds=7)
    webhook.answers += [Answer(404), Answer(200)]
    assert failure(url).permanent


def test_failure_counts_where_the_url_calls_the_service_optional(webhook: Webhook) -> None:
    webhook.always = Answer(500)
    assert not failure(f"json://{webhook.address}?optional=yes").permanent


def test_a_bug_in_a_plugin_costs_the_attempt_and_names_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_url: object, asset: object) -> None:
        raise RuntimeError(f"{SECRET} {asset}")

    monkeypatch.setattr("apprise.Apprise.instantiate", broken)
    error = failure(f"json://127.0.0.1:9/{SECRET}")
    assert not error.permanent
    assert "RuntimeError" in str(error)
    assert SECRET not in str(error)


def test_an_unknown_channel_is_permanent() -> None:
    with pytest.raises(DeliveryError) as caught:
        asyncio.run(AppriseNotifier({}).send("gone", MESSAGE))
    assert caught.value.permanent


SECRET = "s3cr3tT0kenValue"
SECRET_URLS = [
    "json://user:{secret}@{address}/hook",
    "json://{address}/{secret}/hook",
    "json://{address}/hook?-token={secret}&+X-Key={secret}",
    "mmost://{address}/{secret}",
]


@pytest.mark.parametrize("url", SECRET_URLS)
@pytest.mark.parametrize("answer", [Answer(404, body=SECRET.encode()), Answer(500), Answer(hang=True), None])
def test_no_error_and_no_log_line_names_a_secret(
    url: str, answer: Answer | None, webhook: Webhook, log: list[str]
) -> None:
    webhook.always = answer or Answer()
    filled = url.format(secret=SECRET, address=webhook.address if answer else "127.0.0.1:9")
    error = failure(filled, read_timeout=0.1)
    notifier = AppriseNotifier({"desk": filled})
    told = [str(error), repr(error), repr(notifier), *log]
    assert not [line for line in told if SECRET in line]


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("json://localhost:8080/hook", None),
        ("console://", None),
        ("mailto://user:pass@example.org", None),
        (f"{SECRET}", "must start with a service"),
        (f"slak://{SECRET}", "slak:// is not a service"),
        (f"slack://{SECRET}", "missing or malformed"),
        (f"https://example.org/{SECRET}", "write jsons://"),
    ],
)
def test_check_url_names_the_fault_and_no_secret(url: str, fault: str | None) -> None:
    told = check_url(url)
    if fault is None:
        assert told is None
    else:
        assert told is not None
        assert fault in told
        assert SECRET not in told


def test_the_console_prints_the_message_framed(capsys: pytest.CaptureFixture[str]) -> None:
    send("console://")
    send("console://stderr", told("x", subject="To the side"))
    out, err = capsys.readouterr()
    assert MESSAGE.subject in out
    assert LINK in out
    assert "To the side" in err
    assert "To the side" not in out


async def test_a_hanging_channel_does_not_hold_up_another_or_the_event_loop(webhook: Webhook) -> None:
    with Webhook() as slow:
        slow.always = Answer(hang=True)
        notifier = AppriseNotifier(
            {"slow": f"json://{slow.address}", "desk": f"json://{webhook.address}"}, total_timeout=5
        )
        hanging = asyncio.create_task(notifier.send("slow", MESSAGE))
        await notifier.send("desk", MESSAGE)
        assert not hanging.done()
        assert len(webhook.requests) == 1
        hanging.cancel()
        await asyncio.gather(hanging, return_exceptions=True)
