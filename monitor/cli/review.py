"""`monitor review`: one item after the other, and a yes or no on each."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import typer

from monitor.adapters.unjudged import UnjudgedReader
from monitor.cli import output
from monitor.cli.options import CONFIG, ConfigOption, CountryOption, JsonOption, SignalOption, SinceOption
from monitor.cli.records import by_names_too, chosen
from monitor.cli.session import existing_house
from monitor.domain.foreign import GIST_CHARS, one_line, web_link
from monitor.domain.review import Reason, in_turn, questions
from monitor.domain.writing import score_text
from monitor.errors import InputError
from monitor.house import House
from monitor.labelling import record_verdict

Row = Mapping[str, Any]

REASONS = {
    Reason.HIT_WITHOUT_VERDICT: "hit without a verdict, the least sure first",
    Reason.HIGHEST_WITHOUT_HIT: "no hit, but of these the nearest to the threshold",
    Reason.RANDOM_BELOW: "drawn at random from far below the threshold",
    Reason.STORY_ASKED_ABOUT: "another report of a story asked about",
}

ANSWERS = {"y": "yes", "yes": "yes", "n": "no", "no": "no", "s": "skip", "skip": "skip", "": "skip", "q": "quit",
           "quit": "quit"}  # fmt: skip

_TERMS = 8


def review(
    signal: SignalOption = None,
    since: SinceOption = None,
    country: CountryOption = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="At most so many questions.")] = 20,
    seed: Annotated[str | None, typer.Option("--seed", help="Draws other random items; default: the date.")] = None,
    as_json: JsonOption = False,
    config: ConfigOption = CONFIG,
) -> None:
    """Ask for verdicts in the terminal, the most useful items first.

    One key and Enter: y(es), n(o), s(kip), q(uit). A verdict is stored at once; whatever ends the command loses none.
    With --json the items are printed and nothing is asked.
    """
    with existing_house(config) as house:
        rows = _queue(house, signal, since, country, limit, seed)
        if as_json or not rows:
            output.emit(rows, (), as_json=as_json, empty="nothing to ask: all that fits has a verdict")
            return
        given: Counter[str] = Counter()
        try:
            _ask(house, rows, given)
        except KeyboardInterrupt:
            output.say()
    _sum_up(given)


def _queue(
    house: House, signal: str | None, since: str | None, country: str | None, limit: int, seed: str | None
) -> list[Row]:
    known = house.config.thresholds()
    if signal is not None and signal not in known:
        raise InputError(f"no signal {signal} in the config; there are: {', '.join(known)}")
    now = house.clock.now()
    wanted = by_names_too(chosen(now, since, signal, country, None, limit))
    reader = UnjudgedReader(house.database)
    asked = []
    for name in [signal] if signal is not None else known:
        choice = reader.choice(name, known[name], wanted, seed or f"{now:%F}")
        asked.append(questions(choice.hits, choice.others, choice.drawn))
    return list(reader.shown(in_turn(asked)[:limit]))


def _ask(house: House, rows: list[Row], given: Counter[str]) -> None:
    for place, row in enumerate(rows, 1):
        output.say(f"{place} of {len(rows)}")
        for line in _lines(row):
            output.say(line)
        answer = _answer(f"{row['signal']}? y(es) n(o) s(kip) q(uit): ")
        if answer == "quit":
            return
        if answer != "skip":
            record_verdict(house, row["item_id"], row["signal"], answer == "yes")
            output.say(f"item {row['item_id']}: {row['signal']} {answer}")
        given[answer] += 1
        output.say()


def _answer(question: str) -> str:
    while (typed := output.ask(question)) is not None:
        if answer := ANSWERS.get(typed.strip().lower()):
            return answer
        output.say("Please type y, n, s or q, and Enter.")
    return "quit"


def _lines(row: Row) -> Iterator[str]:
    """What an analyst needs to judge the item; all of it may come from strangers."""
    score, threshold = score_text(row["score"]), score_text(row["threshold"])
    yield f"{row['signal']} {score}, threshold {threshold}: {REASONS[row['reason']]}"
    yield f"  {one_line(row['title'], GIST_CHARS) or 'no title'}"
    published, seen = output.cell(row["published_at"]) or "no date given", output.cell(row["first_seen_at"])
    yield f"  {row['feed']}, published {published}, seen {seen}, language {row['lang'] or 'unknown'}"
    if gist := one_line(row["article"] or row["summary"], GIST_CHARS):
        yield f"  “{gist}”"
    if terms := [one_line(term, GIST_CHARS) for term, weight in row["why"] if weight > 0][:_TERMS]:
        yield f"  why: {', '.join(terms)}"
    yield f"  item {row['item_id']}, {web_link(row['url']) or 'no link'}"


def _sum_up(given: Counter[str]) -> None:
    verdicts = given["yes"] + given["no"]
    if not verdicts:
        output.say("no verdict given")
        return
    skipped = f", {given['skip']} skipped" if given["skip"] else ""
    output.say(f"verdicts given: {given['yes']} yes, {given['no']} no{skipped}; `monitor train` learns from them")
