"""A signal of one's own: a folder of texts and a line in the config, and no code."""

import json
from pathlib import Path

from tests.e2e.office import Office, now, ordinary
from tests.servers import Entry, rss

SIGNAL = "cyber_scams"
TEXTS = (
    "Pensioner loses savings to caller who posed as her bank\n\nThe fraudsters had her move the money to an account.",
    "Police warn of text messages that ask parents for money\n\nThe scam ends with a bank transfer to the swindlers.",
    "Fake online shop took orders for heaters it never had\n\nHundreds were cheated; the website vanished on Friday.",
    "Investors duped by platform that showed false profits\n\nVictims of the online scam were met in dating apps.",
    "Romance scammer sentenced for cheating nine women online\n\nHe asked for money for operations and flights.",
    "Phishing mails in the name of the tax office\n\nA link leads to a false site that asks victims for passwords.",
    "Scam call centre raided, forty held\n\nThe fraudsters phoned people and pretended to be from their bank.",
    "City paid a million to fraudsters after a false invoice\n\nThe e-mail scam named a new bank account.",
    "Students tricked by false landlords on the web\n\nDeposits were paid by transfer; police know of sixty victims.",
    "Court jails gang behind fraud with false payment pages\n\nVictims typed in their card details.",
    "Bank customers lose thousands in scam calls\n\nSwindlers made the bank's own number appear and asked for codes.",
    "Fake police officers trick widow by phone\n\nThe scammers said that burglars were in the street.",
    "Job scam on messaging app promises pay for liking videos\n\nVictims paid in and lost their savings to fraudsters.",
    "False video of a minister advertises investments\n\nIt is shared by accounts that cheat people online.",
    "Parcel text message scam hits a new high\n\nThe link steals passwords for online banking, police warn.",
    "Lottery scam: man paid fees for a prize that was fake\n\nThe swindlers sent him false certificates.",
    "Hackers empty accounts with codes that victims typed into phishing page\n\nIt looked like their bank's.",
    "Charity warns of fraudsters who collect online\n\nFalse donation pages tricked hundreds after the storm.",
    "Ticket scam: fans cheated out of money for the final\n\nFraudsters were gone after the bank transfer.",
    "Grandparents targeted in phone scam with cloned voice\n\nFraudsters pleaded for bail money, police say.",
)


def test_twenty_texts_and_a_section_in_the_config_are_enough(desk: Office, tmp_path: Path) -> None:
    """Trained, polled, alerted; and the commands around it know the new signal like any other."""
    folder = tmp_path / "seeds" / SIGNAL
    folder.mkdir(parents=True)
    for number, text in enumerate(TEXTS):
        (folder / f"{number:02}.txt").write_text(text, encoding="utf-8")
    title = "Police arrest six over fake bank calls that cost pensioners millions"
    told = "The fraudsters tricked their victims into moving savings to false accounts, the scam squad says."
    scam = Entry(title, "https://news.example/calls", told, None, now())
    url = desk.feeds.serve("/feed", rss(scam, *ordinary()))
    desk.configure(url, seeds="seeds", signals={SIGNAL: {"threshold": 0.5}})

    trained = desk.monitor("train")
    assert f"{len(TEXTS)} " in trained.stdout
    summary = desk.poll()
    assert (summary["new_items"], summary["hits"], summary["alerts_sent"]) == (3, 1, 2)
    (posted,) = desk.hook.requests
    told_by = json.dumps(posted.json())
    assert title in told_by
    assert "Cyber scams" in told_by

    (hit,) = map(json.loads, desk.monitor("hits", "--signal", SIGNAL, "--json").stdout.splitlines())
    assert hit["nearest_seed"].startswith(f"{SIGNAL}/")
    assert hit["confident"] is True
    desk.monitor("label", str(hit["item_id"]), SIGNAL, "yes")
    assert f"{SIGNAL}: 3 items" in desk.monitor("tune").stdout
    graded = tmp_path / "graded.jsonl"
    rows = [{"title": title, "summary": told, "grades": {SIGNAL: 2}}, {"title": "Rain", "grades": {SIGNAL: 0}}]
    graded.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    assert SIGNAL in desk.monitor("evaluate", str(graded)).stdout
    assert SIGNAL in desk.monitor("doctor").stdout
