"""`monitor tune`: thresholds in alerts a day and in stories."""

import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from monitor import models
from monitor.adapters.configedit import set_threshold
from monitor.adapters.countries import CldrGeographer
from monitor.adapters.stream import MOST, Reading, StreamReader
from monitor.adapters.termweights import TermWeights
from monitor.cli import output
from monitor.cli.options import CONFIG, ConfigOption, JsonOption, SinceOption, moment
from monitor.cli.session import existing_house
from monitor.domain.story import assign
from monitor.domain.tuning import FLOOR, Advice, Estimate, Outcome, Study, study
from monitor.errors import InputError
from monitor.house import House

SHORT = 7
"""Days; a week has quiet and busy ones."""

SOURCES = {
    "verdicts": "from verdicts, with a 95 % interval",
    "scores": "expected from the scores, which are probabilities, as too few stories have a verdict",
}


def tune(
    signal: Annotated[list[str] | None, typer.Option("--signal", help="Only this signal; may be repeated.")] = None,
    since: SinceOption = None,
    per_day: Annotated[float, typer.Option("--per-day", help="Alerts a day wanted of each signal.")] = 2.0,
    limit: Annotated[int, typer.Option("--limit", "-n", min=0, help="At most so many stories shown.")] = 20,
    plot: Annotated[Path | None, typer.Option("--plot", metavar="FILE.svg", help="Draw the thresholds.")] = None,
    apply: Annotated[bool, typer.Option("--apply", help="Write the suggested threshold into the config.")] = False,
    as_json: JsonOption = False,
    config: ConfigOption = CONFIG,
) -> None:
    """Show what each threshold would have meant: alerts a day, which stories, how sure.

    Looks at the scores of the stored stream, by default of the last 30 days stored, and suggests a threshold for the
    wanted number of alerts a day. Precision and recall come from verdicts where there are enough.
    """
    if not (math.isfinite(per_day) and per_day > 0):
        raise typer.BadParameter("expected a number above 0, such as 3 or 0.5", param_hint="--per-day")
    with existing_house(config) as house:
        chosen = _chosen(house, signal, apply=apply)
        start = moment(since, house.clock.now())
        studies = {}
        for name in chosen:
            curve = _curve(house, name)
            found = _studied(house, name, start, per_day, curve)
            if found is not None:
                studies[name] = found[1]
                _show(name, *found, curve, limit, as_json=as_json)
        if plot is not None:
            _draw(plot, studies)
        if apply:
            _apply(config, chosen, studies, as_json=as_json)


def _chosen(house: House, wanted: list[str] | None, *, apply: bool) -> list[str]:
    known = house.config.thresholds()
    for name in wanted or ():
        if name not in known:
            raise InputError(f"no signal {name} in the config; there are: {', '.join(known)}")
    if apply and not wanted and len(known) > 1:
        raise InputError(f"--apply changes one signal at a time; name each with --signal: {', '.join(known)}")
    return list(dict.fromkeys(wanted or known))


def _studied(
    house: House, signal: str, since: datetime | None, per_day: float, curve: Mapping[float, float]
) -> tuple[Reading, Study] | None:
    in_force = house.config.thresholds()[signal]
    reading = StreamReader(house.database).read(signal, since, min(FLOOR, in_force))
    if reading is None:
        output.complain(f"{signal}: no scores in this period; `monitor poll` or `monitor run` brings some")
        return None
    for warning in _doubts(reading):
        output.complain(f"warning: {signal}: {warning}")
    rule = partial(assign, weigh=TermWeights(models.required(house), CldrGeographer()))
    return reading, study(reading.stream, in_force, per_day, curve, rule)


def _doubts(reading: Reading) -> list[str]:
    stream, doubts = reading.stream, []
    if stream.days < SHORT:
        doubts.append(f"only {stream.days:.1f} days of news; the figures are rough")
    if len(reading.models) > 1:
        doubts.append(f"scores of {len(reading.models)} models are mixed; take a later --since to leave old ones out")
    if reading.capped:
        doubts.append(f"more than {MOST} items score {stream.floor:g} or more; what is below was not looked at")
    if reading.archive:
        doubts.append("most items were old when they were stored; the time of publication counts")
    return doubts


def _curve(house: House, signal: str) -> dict[float, float]:
    version = house.journal.active_model()
    manifest: Mapping[str, Any] = version.manifest if version else {}
    report = manifest.get("reports", {}).get(signal, {})
    return {float(rate): float(recall) for rate, recall in report.get("recall_at", {}).items()}


def _show(
    signal: str, reading: Reading, found: Study, curve: Mapping[float, float], limit: int, *, as_json: bool
) -> None:
    if as_json:
        for one in found.outcomes:
            output.emit_json(_record(signal, reading, found, one, limit))
        return
    stream = reading.stream
    output.say(f"{signal}: {stream.items} items in {stream.days:.1f} days, {stream.since:%F} to {stream.until:%F}")
    rows = [_row(found, one) for one in found.outcomes]
    output.emit(rows, tuple(rows[0]), as_json=False, empty="")
    for name in ("precision", "recall"):
        rests_on = {getattr(one, name).source for one in found.outcomes}
        output.say(f"{name}: " + ("; ".join(SOURCES[one] for one in SOURCES if one in rests_on) or "unknown"))
    if curve:
        said = ", ".join(f"{recall:.2f} at {rate:g}" for rate, recall in sorted(curve.items()))
        output.say(f"cross-validated when the model was trained: recall {said} false/10k")
    output.say(_advice(found))
    if limit:
        _show_changed(found, limit)
    output.say()


def _show_changed(found: Study, limit: int) -> None:
    suggested = _suggested(found)
    if suggested is None or suggested == found.in_force:
        return
    changed = found.changed(suggested)
    verb = "raised" if suggested < found.in_force else "dropped"
    output.say(f"stories it would have {verb}: {len(changed)}; the highest {min(limit, len(changed))}:")
    rows = [asdict(story) for story in changed[:limit]]
    columns = ("score", "item_id", "items", "verdict", "title")
    if rows:
        output.emit(rows, columns, as_json=False, empty="")


def _row(found: Study, one: Outcome) -> dict[str, object]:
    marks = {"in force": one.threshold == found.in_force, "suggested": one.threshold == _suggested(found)}
    return {
        "threshold": f"{one.threshold:g}",
        "alerts": one.alerts,
        "a day": f"{one.per_day:.2f}",
        "raised": one.raised,
        "dropped": one.dropped,
        "precision": _shown(one.precision),
        "recall": _shown(one.recall),
        "false/10k": f"{one.false_per_10000:.2f}",
        "": ", ".join(mark for mark, holds in marks.items() if holds),
    }


def _shown(estimate: Estimate) -> str:
    if estimate.value is None:
        return "-"
    if estimate.low is None or estimate.high is None:
        return f"{estimate.value:.2f}"
    return f"{estimate.value:.2f} ({estimate.low:.2f}-{estimate.high:.2f})"


def _record(signal: str, reading: Reading, found: Study, one: Outcome, limit: int) -> dict[str, object]:
    stream = reading.stream
    return {
        "signal": signal,
        **asdict(one),
        "in_force": one.threshold == found.in_force,
        "suggested": one.threshold == _suggested(found),
        "advice": found.suggestion.reason,
        "since": stream.since,
        "until": stream.until,
        "days": stream.days,
        "items": stream.items,
        "stories": [asdict(story) for story in found.changed(one.threshold)[:limit]],
    }


def _suggested(found: Study) -> float | None:
    return found.suggestion.threshold if found.suggestion.reason is Advice.WANTED else None


def _advice(found: Study) -> str:
    threshold = found.suggestion.threshold
    match found.suggestion.reason, threshold:
        case Advice.WANTED, float():
            outcome = found.outcome(threshold)
            return f"suggested: {threshold:g}" + (f", for {outcome.per_day:.2f} alerts a day" if outcome else "")
        case Advice.ALL_WITHIN, float():
            outcome = found.outcome(threshold)
            rate = f"{outcome.per_day:.2f}" if outcome else "fewer"
            return f"no threshold brings as many: even at {threshold:g} it is {rate} alerts a day"
        case Advice.TOO_MANY_AT_TOP, _:
            return "no threshold brings so few: more stories than wanted have the highest scores"
        case _:
            return "nothing suggested: no item reached even the lowest threshold"


def _draw(path: Path, studies: Mapping[str, Study]) -> None:
    from monitor.adapters.plot import write_plot  # noqa: PLC0415  # slow to import, and seldom asked for

    if not studies:
        raise InputError(f"--plot {path}: nothing to draw, as there are no scores; run `monitor poll` first")
    write_plot(path, studies)
    output.complain(f"drawn: {path}")


def _apply(config: Path, signals: Sequence[str], studies: Mapping[str, Study], *, as_json: bool) -> None:
    for name in signals:  # all or nothing: refuse before the first is written
        if name not in studies or studies[name].suggestion.reason is not Advice.WANTED:
            why = _advice(studies[name]) if name in studies else "no scores"
            raise InputError(f"--apply {name}: nothing written ({why}); try another --per-day or --since")
    for name in signals:
        old, new = studies[name].in_force, studies[name].suggestion.threshold
        if new is None or new == old:
            line = f"{name}: threshold stays {old:g}"
        else:
            set_threshold(config, name, new, os.environ)
            line = f"{name}: threshold {old:g} → {new:g} in {config}"
        (output.complain if as_json else output.say)(line)
