"""From a published feed to the message an analyst reads, through real processes and servers."""

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from tests.e2e.office import FIGHTERS, HEADLINE, TRAFFICKING, Office, ordinary, report
from tests.servers import Entry, rss
from tests.sinks import Answer


def test_the_report_is_alerted_once_in_each_channel(desk: Office) -> None:
    """Both signals, one message a channel; not again after a restart, a re-poll, other tracking parameters, an edit."""
    url = desk.feeds.serve("/feed", rss(report(link="https://news.example/cuba-ring?utm_source=rss"), *ordinary()))
    desk.configure(url)

    first = desk.poll()
    assert (first["new_items"], first["hits"], first["stories"], first["alerts_sent"]) == (3, 2, 1, 2)
    (posted,) = desk.hook.requests
    (mailed,) = desk.mail.mails
    message = posted.json()
    for part in (HEADLINE, "https://news.example/cuba-ring", "Test feed", "Human trafficking", "Foreign fighter"):
        assert part in message["title"] + message["message"]
    assert "Why:" in message["message"]
    assert HEADLINE in mailed.message["Subject"]

    assert desk.poll()["new_items"] == 0
    for edition in (
        report(link="https://news.example/cuba-ring?utm_source=home&fbclid=abc"),
        report(title="UPDATE: " + HEADLINE),
        report(
            title="Cuba: ring that recruited men for Ukraine war broken up", link="http://www.news.example/cuba-ring/"
        ),
    ):
        desk.feeds.serve("/feed", rss(edition, *ordinary()))
        again = desk.poll()
        assert (again["feeds_ok"], again["new_items"], again["alerts_sent"]) == (1, 0, 0)
    assert (len(desk.hook.requests), len(desk.mail.mails)) == (1, 1)
    assert desk.query("SELECT signal FROM hits ORDER BY signal") == [(FIGHTERS,), (TRAFFICKING,)]


def test_a_second_outlet_tells_the_same_story_without_a_second_alert(desk: Office) -> None:
    """Two feeds with the same report: one story with two outlets, one alert."""
    one = desk.feeds.serve("/one", rss(report(), title="One"))
    two = desk.feeds.serve("/two", rss(report(link="https://other.example/cuba"), title="Two"))
    desk.configure(one, two)
    desk.poll()
    assert len(desk.hook.requests) == 1
    ((outlets,),) = desk.query("SELECT outlets FROM stories")
    assert sorted(json.loads(outlets)) == ["One", "Two"]


def test_old_news_is_stored_and_not_alerted(desk: Office) -> None:
    """A report of months ago in a new feed is a hit with a reason for the silence."""
    entry = report()
    old = Entry(entry.title, entry.link, entry.summary, None, format_datetime(datetime.now(UTC) - timedelta(days=90)))
    desk.configure(desk.feeds.serve("/feed", rss(old)))
    assert desk.poll()["alerts_sent"] == 0
    assert desk.query("SELECT DISTINCT state, reason FROM alerts") == [("suppressed", "old_news")]


def test_a_webhook_that_is_down_gets_its_alert_later_and_the_mail_goes_out_at_once(desk: Office) -> None:
    """One channel's trouble is its own; `alerts retry` and the next poll deliver what was given up."""
    desk.hook.always = Answer(status=404)
    desk.configure(desk.feeds.serve("/feed", rss(report())))
    summary = desk.poll()
    assert (summary["alerts_sent"], summary["alerts_dead"]) == (1, 1)
    assert len(desk.mail.mails) == 1

    listed = desk.monitor("alerts", "--state", "dead", "--json").stdout
    assert "404" in json.loads(listed)["error"]
    desk.hook.always = Answer()
    desk.monitor("alerts", "retry")
    assert desk.poll()["alerts_sent"] == 1
    assert len(desk.mail.mails) == 1


def test_hostile_text_arrives_inert(desk: Office) -> None:
    """Markup and header tricks in a title reach the mail as text, on one subject line."""
    title = f"{HEADLINE} <script>alert(1)</script>\r\nBcc: all@example.org"
    desk.configure(desk.feeds.serve("/feed", rss(report(title=title))))
    desk.poll()
    (mailed,) = desk.mail.mails
    parsed = mailed.message
    assert parsed["Bcc"] is None
    assert "<script>" not in mailed.text


def test_bad_feeds_are_named_and_the_good_one_is_alerted(desk: Office) -> None:
    """Whatever the others send, each failure has its reason on the feed, and the cycle goes on."""
    serve = desk.feeds.serve
    expected = {
        serve("/html", b"<!doctype html><html><body>Hello</body></html>", content_type="text/html"): "html",
        serve("/empty", b""): "empty",
        serve("/json", b'{"items": []}', content_type="application/json"): "not_a_feed",
        serve("/gone", b"", status=410): "http_410",
        desk.feeds.url("/missing"): "http_404",
        desk.feeds.redirect("/loop", "/loop"): "redirect_loop",
        desk.feeds.hang("/hang"): "timeout",
        desk.feeds.bomb("/bomb", 200_000_000): "too_large",
        desk.feeds.endless("/endless", 200_000_000): "too_large",
    }
    good = serve("/good", rss(report(), *ordinary()))
    desk.configure(*expected, good)
    summary = desk.poll()
    assert (summary["feeds_ok"], summary["feeds_failed"], summary["alerts_sent"]) == (1, len(expected), 2)
    reasons = dict(desk.query("SELECT url, reason FROM feeds WHERE state <> 'ok'"))
    assert reasons == expected
    states = dict(desk.query("SELECT url, state FROM feeds"))
    assert states[desk.feeds.url("/gone")] == "paused"


def test_a_feed_that_breaks_keeps_what_it_brought(desk: Office) -> None:
    """After a good poll, a broken one takes nothing away, and the feed recovers."""
    url = desk.feeds.serve("/feed", rss(report(), *ordinary()))
    desk.configure(url)
    desk.poll()
    desk.feeds.serve("/feed", b"<html>maintenance</html>", content_type="text/html")
    assert desk.poll()["feeds_failed"] == 1
    assert desk.query("SELECT count(*) FROM items") == [(3,)]
    desk.feeds.serve("/feed", rss(report(), *ordinary()))
    desk.poll()
    assert desk.query("SELECT state FROM feeds") == [("ok",)]
    assert len(desk.hook.requests) == 1
