"""How much one operation may ask for. Without any import: the settings of every command know it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class OperationLimits:
    """Of one operation, or of its document. `definitions` first: it bounds how deep the weighing goes."""

    definitions: int = 50
    branches: int = 200
    aliases: int = 30
    depth: int = 12
    points: int = 5_000


LIMITS = OperationLimits()
