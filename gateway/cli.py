"""The console script `onefold`."""


def main() -> None:
    """The entry point."""
    # Inside: the process that reads the lines of an import runs this file's beginning too, and needs no commands.
    from gateway.commands.app import app  # noqa: PLC0415

    app()
