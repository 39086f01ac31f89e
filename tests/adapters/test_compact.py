"""Values on their way between processes."""

import pickle
from dataclasses import replace
from datetime import UTC, datetime

import pytest

import monitor.preparing  # noqa: F401  # says what travels compactly, as the parser does
from monitor.adapters.columns import filed
from monitor.domain.archive import Capture, JsonLine, Outlet, Row
from monitor.ports.archives import ScoredDocument
from tests.adapters.storage import item, scored

AT = datetime(2026, 11, 28, tzinfo=UTC)


@pytest.mark.parametrize(
    "value",
    [
        item("a title"),
        scored(item("a title"), story_id=-1),
        replace(scored(item("a title")), article=item("its article"), countries=("NP", "QA")),
        ScoredDocument(
            Outlet("https://a.example", "A"),
            (filed(scored(item("a title")), AT), filed(scored(item("b"), story_id=-1), AT)),
        ),
        JsonLine(3, b"{}"),
        Row(4, {"title": "x"}, "too short"),
        Capture(5, "https://a.example", "text/html", b"<p>", None),
    ],
    ids=lambda value: type(value).__name__,
)
def test_they_arrive_as_they_were(value: object) -> None:
    assert pickle.loads(pickle.dumps(value)) == value
