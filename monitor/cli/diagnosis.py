"""`monitor doctor`: is everything the service stands on in order?"""

import asyncio
from dataclasses import asdict

import typer

from monitor import doctor
from monitor.cli import output
from monitor.cli.options import CONFIG, ConfigOption, JsonOption
from monitor.cli.session import read_config


def run_doctor(as_json: JsonOption = False, config: ConfigOption = CONFIG) -> None:
    """Check database, model, feeds and channels end to end; sends nothing.

    Exit 1 where anything fails.
    """
    loaded = read_config(config)
    with output.progress() as progress:
        findings = asyncio.run(doctor.examine(loaded, progress))
    output.emit(
        [asdict(finding) for finding in findings], ("check", "verdict", "detail"), as_json=as_json, empty="no checks"
    )
    if any(finding.verdict == doctor.FAIL for finding in findings):
        raise typer.Exit(1)
