"""Item → Route: where people are taken from and where to, as far as a text says so plainly."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Route:
    """Countries people are taken from and to, ISO 3166 alpha-2, in order of first mention; empty = not said."""

    origins: tuple[str, ...] = ()
    destinations: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Whether both sides are known, so that an arrow may stand between them."""
        return bool(self.origins and self.destinations)


UNKNOWN = Route()
"""Neither side is said."""


def together(routes: Iterable[Route]) -> Route:
    """The route that several reports of one event tell; a country on both sides is on neither."""
    routes = tuple(routes)
    origins = dict.fromkeys(code for route in routes for code in route.origins)
    destinations = dict.fromkeys(code for route in routes for code in route.destinations)
    return Route(
        tuple(code for code in origins if code not in destinations),
        tuple(code for code in destinations if code not in origins),
    )
