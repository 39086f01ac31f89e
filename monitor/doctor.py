"""Looks at everything the service stands on, end to end, and says what to do about what is wrong."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from monitor import models
from monitor.app import House, open_house
from monitor.config import Config
from monitor.errors import MonitorError
from monitor.feedcheck import check_feeds
from monitor.ports import Progress

OK, WARN, FAIL = "ok", "warn", "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found: `verdict` is `ok`, `warn` or `fail`; `detail` is one line."""

    check: str
    verdict: str
    detail: str


async def examine(config: Config, progress: Progress) -> list[Finding]:
    """Check config, database, model, alerts and feeds. Sends nothing, changes nothing but making the database."""
    findings = [Finding("config", WARN, warning) for warning in config.warnings]
    findings += [Finding("config", OK, f"{config.path}: {len(config.feed_sources())} feeds")]
    try:
        with open_house(config) as house:
            findings += [_guarded("database", _database, house), _guarded("model", _model, house)]
            findings += [_guarded("alerts", _alerts, house)]
    except MonitorError as error:
        findings.append(Finding("database", FAIL, str(error)))
    findings += _channels(config)
    findings += await _feeds(config, progress)
    return findings


def _guarded(check: str, look: Callable[[House], Finding], house: House) -> Finding:
    try:
        return look(house)
    except MonitorError as error:
        return Finding(check, FAIL, str(error))


def _database(house: House) -> Finding:
    house.database.check()
    facts = house.upkeep.health(house.clock.now())
    last = f"last good poll {facts.last_ok_at:%F %H:%M}Z" if facts.last_ok_at else "no poll yet"
    return Finding("database", OK, f"{house.config.database}: intact, {facts.items} items, {last}")


def _model(house: House) -> Finding:
    scorer = models.active(house)
    if scorer is None:
        return Finding("model", WARN, "none yet; `monitor train` makes one, and `monitor run` does so by itself")
    if missing := scorer.missing(house.config.thresholds()):
        return Finding("model", WARN, f"{scorer.model_id} does not know {', '.join(missing)}; run `monitor train`")
    if failing := [str(outcome) for outcome in scorer.examine(house.config.thresholds()) if outcome.failing]:
        advice = "look at the threshold and the seeds, then `monitor train`"
        return Finding("model", WARN, f"{scorer.model_id} is not to be relied on: {'; '.join(failing)}; {advice}")
    return Finding("model", OK, f"{scorer.model_id} scores {', '.join(scorer.signals)}")


def _alerts(house: House) -> Finding:
    facts = house.upkeep.health(house.clock.now())
    dead, pending = facts.alerts.get("dead", 0), facts.alerts.get("pending", 0)
    if dead:
        return Finding("alerts", FAIL, f"{dead} could not be delivered; see `monitor alerts --state dead`, then retry")
    if facts.waiting_since and (house.clock.now() - facts.waiting_since).total_seconds() > 3600:
        return Finding("alerts", WARN, f"{pending} pending, the oldest due since {facts.waiting_since:%F %H:%M}Z")
    return Finding("alerts", OK, f"{pending} pending, none given up")


def _channels(config: Config) -> list[Finding]:
    names = ", ".join(config.channel_urls())
    if not config.urls:
        return [Finding("channels", WARN, "none in the config: alerts are printed to the console")]
    return [Finding("channels", OK, f"{names}: addresses are well formed; `monitor alerts test` sends to them")]


async def _feeds(config: Config, progress: Progress) -> list[Finding]:
    sources = config.feed_sources()
    if not sources:
        return [Finding("feeds", FAIL, "none in the config; add one with `monitor feeds add URL`")]
    checks = await check_feeds(config, sources, progress)
    broken = [check for check in checks if check.error]
    if not broken:
        return [Finding("feeds", OK, f"all {len(checks)} answer")]
    reasons = ", ".join(f"{count} {reason}" for reason, count in Counter(one.answer for one in broken).most_common(5))
    verdict = FAIL if len(broken) == len(checks) else WARN
    return [Finding("feeds", verdict, f"{len(broken)} of {len(checks)} fail ({reasons}); see `monitor feeds check`")]
