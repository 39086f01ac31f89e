"""`monitor run`: starts, alerts, follows its config, refuses company, stops in time."""

import json
import signal

from tests.e2e.office import TRAFFICKING, Office, now, ordinary, report, until
from tests.servers import Entry, rss
from tests.sinks import Answer


def test_the_service_alerts_is_healthy_and_stops_on_sigterm(desk: Office) -> None:
    """Start to alert without a hand; SIGTERM ends it in time with status 0, and a second start alerts nothing anew."""
    url = desk.feeds.serve("/feed", rss(report(), *ordinary()))
    desk.configure(url)
    with desk.service() as service:
        until(lambda: desk.hook.requests and desk.mail.mails, "the alert")
        health = service.health()
        assert (health.status_code, health.json()["status"]) == (200, "ok")

        refused = desk.monitor("poll", expect=1)
        assert str(service.process.pid) in refused.stderr
        assert "another service" in refused.stderr

        status, seconds = service.stop()
        assert status == 0
        assert seconds < 10
    with desk.service() as service:
        until(lambda: service.health().json()["last_poll_at"], "a cycle")
        assert service.stop(signal.SIGINT)[0] == 0
    assert len(desk.hook.requests) == 1
    assert desk.query("PRAGMA integrity_check") == [("ok",)]


def test_a_killed_service_starts_again_and_loses_nothing(desk: Office) -> None:
    """SIGKILL leaves a whole database and no lock; what was stored is not alerted twice."""
    desk.configure(desk.feeds.serve("/feed", rss(report(), *ordinary())))
    with desk.service() as service:
        until(lambda: desk.hook.requests and desk.mail.mails, "the alert")
        until(lambda: desk.query("SELECT count(*) FROM alerts WHERE state = 'sent'") == [(2,)], "the confirmation")
        service.stop(signal.SIGKILL)
    assert desk.poll()["alerts_sent"] == 0
    assert desk.query("SELECT count(*) FROM items") == [(3,)]
    assert desk.query("PRAGMA integrity_check") == [("ok",)]


def test_an_edited_config_takes_effect_and_a_broken_one_does_not(desk: Office) -> None:
    """A feed added to the file is polled without a restart; a broken edit is told once, the last good one stays."""
    desk.configure(desk.feeds.serve("/quiet", rss(*ordinary())))
    with desk.service() as service:
        until(lambda: service.health().json()["last_poll_at"], "a cycle")

        desk.write(json.dumps(desk.settings | {"fedes": []}))
        until(lambda: service.says("config not taken over"), "the complaint")
        assert "fedes: unknown key; did you mean feeds?" in service.text
        assert service.health().json()["status"] == "degraded"

        added = desk.feeds.serve("/added", rss(report()))
        desk.write(json.dumps(desk.settings | {"feeds": [*desk.settings["feeds"], added]}))
        until(lambda: desk.hook.requests, "the alert of the added feed")
        assert service.health().json()["status"] == "ok"
        assert service.text.count("config not taken over") == 1


def test_a_channel_nobody_can_send_to_is_not_taken_over(desk: Office) -> None:
    """An edit is checked as at start, the channels' addresses included: alerts keep their way out."""
    desk.configure(desk.feeds.serve("/quiet", rss(*ordinary())))
    with desk.service() as service:
        until(lambda: service.health().json()["last_poll_at"], "a cycle")
        broken = {"channels": [{"name": "hook", "url": "nosuchservice://s3cret"}]}
        desk.write(json.dumps(desk.settings | {"alerts": broken}))
        until(lambda: service.says("config not taken over") or service.says("config taken over"), "a verdict")
        assert "config not taken over" in service.text
        assert "alerts.channels[0].url" in service.text
        assert "s3cret" not in service.text


def test_a_lowered_threshold_holds_for_the_next_item(desk: Office) -> None:
    """Thresholds of the file are followed while the service runs; what is stored is not judged again."""
    rain, ferry = ordinary()
    feed = {"url": desk.feeds.serve("/feed", rss(rain)), "every": "1s"}
    desk.configure(feeds=[feed])
    with desk.service() as service:
        until(lambda: service.health().json()["last_poll_at"], "a cycle")
        desk.configure(feeds=[feed], signals={TRAFFICKING: {"threshold": 1e-12}})
        until(lambda: service.says("config taken over"), "the new threshold")
        # A cycle under way then still judges by the old one: what it fetches is not for this test.
        before = service.health().json()["last_poll_at"]
        until(lambda: service.health().json()["last_poll_at"] != before, "the end of a cycle under way")
        desk.feeds.serve("/feed", rss(rain, ferry))
        until(lambda: desk.hook.requests, "the alert at the lower threshold")
    assert [str(ferry.title) in subject for subject in desk.subjects()] == [True]


def test_a_service_without_a_channel_prints_its_alerts(desk: Office) -> None:
    """No secret is needed to begin: the console is the channel."""
    desk.configure(desk.feeds.serve("/feed", rss(report())), alerts={})
    with desk.service() as service:
        until(lambda: service.says("Why:"), "the alert on the console")


def test_hostile_titles_do_not_reach_the_log_as_control_characters(desk: Office) -> None:
    """Escape sequences in a feed are gone before anything is written."""
    entry = Entry("\x1b]0;owned\x07 storm", "https://news.example/x", "text", None, now())
    desk.configure(desk.feeds.serve("/feed", rss(entry).replace(b"\x1b", b"&#27;").replace(b"\x07", b"&#7;")))
    listed = desk.monitor("poll", "--force")
    shown = desk.monitor("items")
    assert "\x1b" not in listed.stderr + shown.stdout


def test_a_channel_that_hangs_keeps_no_other_waiting(desk: Office) -> None:
    """While the webhook says nothing to the first alert, the mail gets the first and the second."""
    desk.hook.always = Answer(hang=True)
    feed = {"url": desk.feeds.serve("/feed", rss(report())), "every": "1s"}
    desk.configure(feeds=[feed])
    with desk.service():
        until(lambda: desk.hook.requests and desk.mail.mails, "the first alert")
        other = Entry(
            "Six Nepalis rescued from a scam compound in Cambodia",
            "https://news.example/compound",
            "Police freed six Nepali workers who were trafficked to a scam compound, locked in and beaten.",
            None,
            now(),
        )
        desk.feeds.serve("/feed", rss(report(), other))
        until(lambda: len(desk.mail.mails) == 2, "the second alert")
        assert desk.query(
            "SELECT count(*) FROM deliveries JOIN alerts ON alerts.id = alert_id WHERE channel = 'hook'"
        ) == [(0,)]


def test_a_dead_mans_switch_is_told_while_all_is_well(desk: Office) -> None:
    """The address of the config is asked after a cycle; the log does not hold it."""
    ping = desk.feeds.serve("/ping/s3cret", b"OK")
    desk.configure(desk.feeds.serve("/feed", rss(*ordinary())))
    desk.write(json.dumps(desk.settings | {"alerts": desk.settings["alerts"] | {"ping_url": ping}}))
    with desk.service() as service:
        until(lambda: desk.feeds.requests("/ping/s3cret"), "the ping")
        assert "s3cret" not in service.text
