"""The console script `onefold`."""

from importlib import import_module


def main() -> None:
    """The entry point."""
    # By name: the process that reads the lines of an import runs the beginning of this script too, and must not load
    # all commands and the schema for it (1 to 3 seconds of CPU).
    import_module("gateway.commands.app").app()
