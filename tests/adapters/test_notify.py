"""Messages reach real services as text, and every failure is told apart without naming a secret."""

import asyncio
import logging
import socket
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from monitor.adapters.notify import AppriseNotifier, check_url, defang
from monitor.domain.message import Message
from monitor.errors import DeliveryError
from tests.sinks import Answer, MailSink, Webhook

HOSTILE = "<!channel> @channel <script>alert(1)</script> [x](http://evil.example) ![p](http://evil.example/p.png) ```"
LINK = "https://paper.example/a_b/story?id=1&x=@2"
MESSAGE = Message("[Human trafficking 0.93] Ten rescued", f"Ten rescued\n{LINK}\n\nAlert 7", "k")


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
    hostile = Message(HOSTILE, f"{HOSTILE}\n{LINK}", "k")
    send(f"json://{webhook.address}/hook", hostile)
    [request] = webhook.requests
    assert request.path == "/hook"
    assert request.json()["title"] == HOSTILE
    assert request.json()["message"] == f"{HOSTILE}\n{LINK}"


def test_mail_is_plain_text_with_one_subject_line(mail: MailSink) -> None:
    hostile = Message(f"{HOSTILE} é 人", f"{HOSTILE} é 人\n{LINK}", "k")
    send(f"mailto://{mail.address}?from=monitor@example.org&to=desk@example.org", hostile)
    [received] = mail.mails
    assert received.recipients == ("desk@example.org",)
    assert received.message["Subject"] == hostile.subject
    assert [part.get_content_type() for part in received.message.walk() if not part.is_multipart()] == ["text/plain"]
    assert received.text.splitlines() == hostile.body.splitlines()


def test_mattermost_finds_no_mention_link_or_code_in_foreign_text(webhook: Webhook) -> None:
    send(f"mmost://{webhook.address}/abcdefgh12345678", Message(HOSTILE, f"{HOSTILE}\n{LINK}", "k"))
    [request] = webhook.requests
    assert "/hooks/abcdefgh12345678" in request.path
    text = request.json()["text"]
    for markup in ("@channel", "<!", "<script", "](", "`"):
        assert markup not in text
    assert LINK in text.split("\n")


def test_slack_finds_no_mention_or_link_in_foreign_text(webhook: Webhook, monkeypatch: pytest.MonkeyPatch) -> None:
    """The exact request Apprise makes, in both of Slack's payload forms."""
    assert check_url("slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ") is None
    plugin = sys.modules["apprise.plugins.slack"].NotifySlack
    monkeypatch.setattr(plugin, "webhook_url", f"http://{webhook.address}/services")
    for blocks in ("no", "yes"):
        webhook.always = Answer(body=b"ok")
        send(
            f"slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/?blocks={blocks}",
            Message(HOSTILE, f"{HOSTILE}\n{LINK}", "k"),
        )
        text = webhook.requests[-1].text()
        for markup in ("<!", "<script", "<http", "@channel", "]("):
            assert markup not in text
        assert LINK.replace("&", "&amp;") in text


def test_ntfy_gets_plain_text(webhook: Webhook) -> None:
    send(f"ntfy://{webhook.address}/alerts", Message(HOSTILE, f"{HOSTILE}\n{LINK}", "k"))
    [request] = webhook.requests
    sent = request.json()
    assert sent["title"] == HOSTILE
    assert sent["message"] == f"{HOSTILE}\n{LINK}"
    assert not sent.get("markdown")


def test_telegram_markup_is_escaped(webhook: Webhook, monkeypatch: pytest.MonkeyPatch) -> None:
    url = "tgram://123456789:abcdefghijklmnopqrstuvwxyzABCDEFG12/12315544/"
    assert check_url(url) is None
    plugin = sys.modules["apprise.plugins.telegram"].NotifyTelegram
    monkeypatch.setattr(plugin, "notify_url", f"http://{webhook.address}/bot")
    webhook.always = Answer(body=b'{"ok": true, "result": []}')
    send(url, Message(HOSTILE, f"{HOSTILE}\n{LINK}", "k"))
    sent = webhook.requests[-1].json()
    assert sent["parse_mode"] == "HTML"
    assert "<script" not in sent["text"]
    assert "@channel" not in sent["text"]
    assert LINK.replace("&", "&amp;") in sent["text"]


def test_defang_leaves_links_of_our_own_alone() -> None:
    assert defang(f"0.93 Ten rescued (Paper) {LINK}\n{LINK}") == f"0.93 Ten rescued (Paper) {LINK}\n{LINK}"
    assert "](" not in defang("[x](http://evil.example)")
    assert "@here" not in defang("see https://e.example/ @here https://e.example/a](b")


def test_a_message_too_long_for_the_service_arrives_in_parts(webhook: Webhook) -> None:
    lines = [f"line {number} of a long digest" for number in range(400)]
    send(f"mmost://{webhook.address}/abcdefgh12345678", Message("Digest", "\n".join(lines), "k"))
    assert len(webhook.requests) > 1
    received = "\n".join(request.json()["text"] for request in webhook.requests)
    assert all(line in received for line in lines)


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
    send("console://stderr", Message("To the side", "body", "k"))
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
