"""Facts → HTML, for mails and pages. The only importer of Jinja2.

Every value is escaped where it is put in; a name that a template uses and nobody gave is an error, not a gap.
"""

from functools import cache
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined


def fill(template: str, **values: object) -> str:
    """The template of that name in `shipped/templates` with the values put in."""
    return _templates().get_template(template).render(**values)


@cache
def source(name: str) -> str:
    """A file of `shipped/templates` as it is, such as the style sheet."""
    return files("monitor").joinpath("shipped", "templates", name).read_text(encoding="utf-8")


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("monitor", "shipped/templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
