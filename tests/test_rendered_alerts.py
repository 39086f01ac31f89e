"""The examples in docs/alerts are what the services get now; `python -m tests.rendered_alerts` writes them anew."""

from tests.rendered_alerts import FOLDER, rendered


def test_the_examples_are_what_the_services_get() -> None:
    """A change of the messages that leaves them behind fails here, and so does an example that nothing makes."""
    now = dict(rendered())
    kept = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.iterdir() if path.name != "README.md"}
    assert kept == now


def test_the_list_of_examples_names_them_all() -> None:
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert [path.name for path in FOLDER.iterdir() if path.name != "README.md" and f"({path.name})" not in text] == []
