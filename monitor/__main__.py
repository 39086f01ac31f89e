"""`monitor`, and `python -m monitor`. Worker processes import this file anew, so that it holds nothing else."""


def main() -> None:
    """Run a command, see `monitor.cli`."""
    from monitor.cli import main as run  # noqa: PLC0415  # not in workers

    run()


if __name__ == "__main__":
    main()
