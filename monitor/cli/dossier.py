"""The record of one alert, for a person to read."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from monitor.cli.output import cell

Row = Mapping[str, Any]

_ITEMS = 10
"""Items of a story that are printed; `--json` has all."""


def lines(record: Row) -> Iterator[str]:
    """What `Dossiers.alert` found, a line at a time."""
    yield f"alert {record['id']} to {record['channel']}: {record['state']}, {_reason(record)}"
    sent = cell(record["sent_at"]) or "never"
    yield f"  decided {cell(record['created_at'])}, due {cell(record['due_at'])}, sent {sent}"
    if record["folded_into"] is not None:
        yield f"  told by alert {record['folded_into']}"
    if record["told"]:
        told = record["told"]
        countries = ", ".join(told["countries"]) or "none"
        yield f"  tells of: outlets {told['outlets']}, countries {countries}, score {told['score']:.3f}"
    for line in record["memo"] or ():
        yield f"  says: {line}"
    for one in record["folded"]:
        yield f"  tells alert {one['id']} as well: {_reason(one)}"
    for attempt in record["deliveries"]:
        outcome = "taken by the service" if attempt["ok"] else f"failed: {attempt['error']}"
        yield f"  attempt {cell(attempt['attempted_at'])}: {outcome}"
    if not record["deliveries"]:
        yield "  no attempt to send it"
    for one in record["evidence"]:
        yield f"  rests on: {_scored(one)}, {one['text_source']} text {one['text_hash']}"
    yield from _config(record)
    for story in record["stories"]:
        yield ""
        yield from _story(story)


def _config(record: Row) -> Iterator[str]:
    config = record["config"]
    if config is None:
        yield f"  config: {record['config_hash'] or 'not kept'}"
        return
    yield f"  config: {config['hash']}, in use from {cell(config['first_used_at'])}"
    thresholds = {name: signal["threshold"] for name, signal in config["settings"]["signals"].items()}
    yield f"  its thresholds: {cell(thresholds)}"


def _story(story: Row) -> Iterator[str]:
    yield f"story {story['id']}: {story['title']}"
    yield f"  told {cell(story['first_seen_at'])} to {cell(story['last_seen_at'])} by {cell(story['outlets'])}"
    for item in story["items"][:_ITEMS]:
        yield from _item(item)
    if (more := len(story["items"]) - _ITEMS) > 0:
        yield f"  and {more} items more, see --json"
    yield "  decisions:"
    for one in story["decisions"]:
        yield f"    alert {one['id']} to {one['channel']}, {cell(one['created_at'])}: {one['state']}, {_reason(one)}"


def _item(item: Row) -> Iterator[str]:
    yield f"  item {item['id']} ({item['feed']}): {item['title']}"
    yield f"    {item['url'] or 'no link'}"
    yield f"    published {cell(item['published_at']) or 'no date given'}, seen {cell(item['first_seen_at'])}"
    if item["countries"]:
        yield f"    countries {cell(item['countries'])}{_route(item)}"
    yield f"    text SHA-256 {item['text_hash'] or 'not kept'}{_changed(item)}"
    for hit in item["hits"]:
        verdict = f"; verdict {hit['verdict']}" if hit["verdict"] else ""
        yield f"    {_scored(hit)}{verdict}"
        yield f"      why: {_why(hit['why'])}"


def _scored(hit: Row) -> str:
    return f"{hit['signal']} {hit['score']:.4f}, threshold {hit['threshold']:.4f}, model {hit['model_id']}"


def _route(item: Row) -> str:
    if not item["origins"] and not item["destinations"]:
        return ""
    return f"; from {cell(item['origins']) or 'unknown'} to {cell(item['destinations']) or 'unknown'}"


def _changed(item: Row) -> str:
    notes = {True: " (as stored now)", False: " (not as stored now: the text was changed since)", None: ""}
    return notes[item["text_unchanged"]]


def _why(terms: Sequence[Sequence[Any]]) -> str:
    return ", ".join(f"{term} {weight:+.2f}" for term, weight in terms[:8]) or "nothing that weighs"


def _reason(record: Row) -> str:
    told = [value if reason == record["reason"] else f"{reason} {value}" for reason, value in record["news"]]
    values = f" ({', '.join(told)})" if told else ""
    return f"{record['reason']}{values}"
