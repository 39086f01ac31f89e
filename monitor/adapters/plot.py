"""Draws what thresholds would have meant, as SVG. The only importer of leather."""

from collections.abc import Mapping
from pathlib import Path

import leather

from monitor.domain.tuning import Study
from monitor.errors import InputError


def write_plot(path: Path, studies: Mapping[str, Study]) -> None:
    """Write a drawing: per signal the alerts a day, and precision and recall, against the threshold.

    The file loads nothing from elsewhere. Raises InputError where it cannot be written.
    """
    grid = leather.Grid()
    for signal, study in studies.items():
        shares = {
            name: [(one.threshold, share) for one in study.outcomes if (share := getattr(one, name).value) is not None]
            for name in ("precision", "recall")
        }
        rates = {"alerts a day": [(one.threshold, one.per_day) for one in study.outcomes]}
        top = max(rate for _, rate in rates["alerts a day"]) or 1.0
        grid.add_one(_chart(f"{signal}: alerts a day", rates, study.in_force, top))
        grid.add_one(_chart(f"{signal}: precision and recall", shares, study.in_force, 1.0))
    try:
        path.write_text(str(grid.to_svg()), encoding="utf-8")
    except OSError as error:
        reason = error.strerror or error
        raise InputError(f"--plot {path}: cannot be written ({reason}); name a file in a folder that exists") from error


def _chart(title: str, lines: Mapping[str, list[tuple[float, float]]], in_force: float, top: float) -> leather.Chart:
    chart = leather.Chart(title)
    chart.add_x_scale(0, 1)
    chart.add_y_scale(0, top)
    chart.add_x_axis(name="threshold")
    for name, points in lines.items():
        chart.add_line(points or [(0.0, 0.0)], name=name)
    now = [(threshold, value) for points in lines.values() for threshold, value in points if threshold == in_force]
    if now:
        chart.add_dots(now, name="in force")
    return chart
