"""Draws what thresholds would have meant, as SVG. The only importer of leather."""

from collections.abc import Mapping
from pathlib import Path

import leather

from monitor.domain.tuning import Study
from monitor.errors import InputError


def write_plot(path: Path, studies: Mapping[str, Study]) -> None:
    """Write a drawing: per signal the alerts a day, and the estimated precision, against the threshold.

    The file loads nothing from elsewhere. Raises InputError where it cannot be written.
    """
    grid = leather.Grid()
    for signal, study in studies.items():
        precision = [(one.threshold, one.precision.value) for one in study.outcomes if one.precision.value is not None]
        rates = [(one.threshold, one.per_day) for one in study.outcomes]
        grid.add_one(_chart(f"{signal}: alerts a day", rates, top=max(rate for _, rate in rates) or 1.0))
        grid.add_one(_chart(f"{signal}: precision", precision or [(0.0, 0.0)], top=1.0))
    try:
        path.write_text(str(grid.to_svg()), encoding="utf-8")
    except OSError as error:
        reason = error.strerror or error
        raise InputError(f"--plot {path}: cannot be written ({reason}); name a file in a folder that exists") from error


def _chart(title: str, points: list[tuple[float, float]], *, top: float) -> leather.Chart:
    chart = leather.Chart(title)
    chart.add_x_scale(0, 1)
    chart.add_y_scale(0, top)
    chart.add_x_axis(name="threshold")
    chart.add_line(points)
    return chart
