"""`monitor alerts`: the list, the test message, another try."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Monitor, write_config
from tests.servers import FeedServer
from tests.sinks import Answer, Webhook


def channels(**urls: str) -> dict[str, object]:
    return {"channels": [{"name": name, "url": url} for name, url in urls.items()]}


def test_one_dead_channel_does_not_keep_the_others_from_their_test(monitor: Monitor, tmp_path: Path) -> None:
    """Each channel is tried; any that fails makes the exit code 1, with its reason."""
    with Webhook() as good, Webhook() as bad:
        bad.always = Answer(status=404)
        config = write_config(
            tmp_path, alerts=channels(bad=f"json://{bad.address}/s3cret", good=f"json://{good.address}/")
        )
        result = monitor("alerts", "test", "--json", "-c", config)
        rows = {row["channel"]: row for row in map(json.loads, result.out.splitlines())}
        assert result.code == 1
        assert (rows["good"]["ok"], rows["bad"]["ok"]) == (True, False)
        assert "HTTP 404" in rows["bad"]["error"]
        assert "s3cret" not in result.out + result.err
        assert len(good.requests) == 1
        assert monitor("alerts", "test", "--channel", "good", "-c", config).code == 0
        assert (len(good.requests), len(bad.requests)) == (2, 1)


def test_an_unknown_channel_is_refused(monitor: Monitor, tmp_path: Path) -> None:
    """The message names those there are."""
    result = monitor("alerts", "test", "--channel", "nope", "-c", write_config(tmp_path))
    assert (result.code, result.errors) == (2, ["error: no channel nope in the config; there are: console"])


def test_with_json_the_console_channel_prints_on_stderr(monitor: Monitor, tmp_path: Path) -> None:
    """So that stdout is JSON lines and nothing else."""
    config = write_config(tmp_path)
    result = monitor("alerts", "test", "--json", "-c", config)
    assert [json.loads(line) for line in result.out.splitlines()] == [{"channel": "console", "ok": True, "error": None}]
    assert "This channel works" in result.err
    assert "This channel works" in monitor("alerts", "test", "-c", config).out


@pytest.mark.usefixtures("model")
def test_what_could_not_be_delivered_is_queued_again(monitor: Monitor, feeds: FeedServer, tmp_path: Path) -> None:
    """A dead alert shows its error; after a retry the next poll sends it."""
    with Webhook() as webhook:
        webhook.always = Answer(status=403)
        settings = {"feeds": [feeds.url("/good")], "alerts": channels(desk=f"json://{webhook.address}/")}
        config = write_config(tmp_path, **settings)
        assert "given up" in monitor("poll", "-c", config).out
        listed = monitor("alerts", "--state", "dead", "--json", "-c", config).out
        dead = [json.loads(line) for line in listed.splitlines()]
        assert dead
        assert "HTTP 403" in dead[0]["error"]
        assert json.loads(monitor("alerts", "retry", "--json", "-c", config).out) == {"requeued": len(dead)}
        webhook.always = Answer()
        assert f"alerts: {len(dead)} sent, 0 pending" in monitor("poll", "-c", config).out
        assert monitor("alerts", "--state", "dead", "-c", config).out == ""
        assert monitor("alerts", "retry", "-c", config).out == "no dead alerts\n"


def test_state_and_channel_filter(monitor: Monitor, polled: Path) -> None:
    """Only what fits is listed."""
    assert monitor("alerts", "--state", "sent", "--channel", "console", "-c", polled).out
    assert monitor("alerts", "--channel", "nope", "-c", polled).out == ""
    assert monitor("alerts", "--state", "nope", "-c", polled).code == 2


def test_the_record_of_an_alert_says_all_it_rests_on(monitor: Monitor, polled: Path) -> None:
    """Story, items, scores, thresholds, words, model, config without secrets, deliveries, reasons."""
    listed = [json.loads(line) for line in monitor("alerts", "--json", "--config", polled).out.splitlines()]
    first = next(row for row in listed if row["reason"] == "first_hit")
    record = json.loads(monitor("alerts", "show", first["id"], "--json", "--config", polled).out)
    (story,) = record["stories"]
    assert (record["reason"], record["state"], story["id"]) == ("first_hit", "sent", first["story_id"])
    assert [attempt["ok"] for attempt in record["deliveries"]] == [True]
    hit = story["items"][0]["hits"][0]
    assert record["models"][0]["id"] == hit["model_id"]
    assert hit["why"]
    assert story["items"][0]["text_unchanged"] is True
    assert {one["text_hash"] for one in record["evidence"]} == {item["text_hash"] for item in story["items"]}
    assert record["config"]["hash"] == record["config_hash"]
    assert record["config"]["settings"]["signals"]["human_trafficking"]["threshold"] == hit["threshold"] == 0.02
    shown = monitor("alerts", "show", first["id"], "--config", polled).out
    for told in (hit["model_id"], record["config_hash"], story["items"][0]["text_hash"], "first_hit", "sent", "why: "):
        assert told in shown


def test_the_record_of_an_unknown_alert_is_refused(monitor: Monitor, polled: Path) -> None:
    """The message says where the ids are."""
    result = monitor("alerts", "show", 777, "--config", polled)
    assert (result.code, result.errors) == (2, ["error: no alert 777; `monitor alerts` lists them with their ids"])
