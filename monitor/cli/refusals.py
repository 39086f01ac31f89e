"""What of an input could not be read: told as it comes, while the rest goes on, and in the exit code."""

import typer

from monitor.cli import output

COMPLAINTS = 20
"""Bad lines told one by one; the rest are counted."""


class Refusals:
    """What could not be read of the input: told as it comes, and in the exit code, while the rest goes on."""

    def __init__(self) -> None:
        self._count = 0
        self._code = 0

    def add(self, message: str, code: int) -> None:
        """One more: 1 for a line among others, 2 for a whole file."""
        self._count += 1
        self._code = max(self._code, code)
        if self._count <= COMPLAINTS:
            output.complain(f"error: {message}")

    def end(self) -> None:
        """End the command with an exit code where anything was refused."""
        if self._count > COMPLAINTS:
            output.complain(f"error: {self._count - COMPLAINTS} more like these")
        if self._code:
            raise typer.Exit(self._code)
