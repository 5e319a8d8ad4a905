"""The limits of one operation, and of one key over time: looked at before anything runs."""

from dataclasses import dataclass
from math import ceil
from typing import Protocol
from uuid import UUID

from graphql import GraphQLError

from resolvers.errors import ErrorCode
from schema.extensions.limits import LIMITS, OperationLimits
from schema.extensions.price import Price


@dataclass(frozen=True)
class Balance:
    """What is left in a bucket; `wait` is 0, or the seconds until what was asked for could be paid."""

    available: int
    restore_rate: float
    wait: float


class Allowance(Protocol):
    """The buckets of points of all keys."""

    def spend(self, key_id: UUID | None, points: int) -> Balance:
        """Takes points out of the key's bucket (None: of the one for all that have no key), if they are there."""


def too_much(price: Price, limits: OperationLimits = LIMITS) -> GraphQLError | None:
    """QUERY_TOO_COMPLEX with the limit and what was asked for; None for what may run."""
    for name, asked, most, sentence in (
        ("definitions", price.definitions, limits.definitions, "Send fewer operations and fragments in one document."),
        ("branches", price.branches, limits.branches, "Select fewer objects and lists in one document."),
        ("aliases", price.aliases, limits.aliases, "Use fewer aliases, or send several requests."),
        ("depth", price.depth, limits.depth, "Ask for fewer levels."),
        ("points", price.points, limits.points, "Ask for smaller pages (`first`), fewer lists inside lists, or less."),
    ):
        if asked > most:
            text = f"This operation has {asked} {_UNITS[name]}; at most {most} may run. {sentence}"
            return _error(ErrorCode.QUERY_TOO_COMPLEX, text, limit=name, most=most, asked=asked)
    return None


_UNITS = {
    "definitions": "definitions in its document",
    "branches": "fields that have fields",
    "aliases": "aliases",
    "depth": "levels",
    "points": "points",
}


def too_often(balance: Balance, points: int) -> GraphQLError:
    """RATE_LIMITED with the seconds to wait."""
    wait = max(1, ceil(balance.wait))
    text = (
        f"This operation costs {points} points and {balance.available} are left of this key's. "
        f"Send it again in {wait} s, or ask for less."
    )
    return _error(ErrorCode.RATE_LIMITED, text, retryAfter=wait)


def _error(code: ErrorCode, text: str, **extensions: object) -> GraphQLError:
    return GraphQLError(text, extensions={"code": code, **extensions})
