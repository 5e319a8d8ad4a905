"""All that is stored beside a contact for matching, from its plain values: what a writer of contacts calls."""

from dataclasses import dataclass
from typing import Any

from resolvers.matching.block import Key, coarse_of, keys_of
from resolvers.matching.contact import ContactFacts
from resolvers.matching.features import to_json
from resolvers.matching.normalise import normalise
from resolvers.matching.score import MODEL


@dataclass(frozen=True)
class MatchRecord:
    """`features`: a JSON object (features.from_json reads it). `keys`: one row each, with `coarse` in every one.
    `model_version`: by which rules it was made; of another version than the model's it has to be made anew."""

    features: dict[str, Any]
    keys: tuple[Key, ...]
    coarse: str | None
    model_version: int


def record_of(facts: ContactFacts) -> MatchRecord:
    """Never raises: see normalise.normalise."""
    features = normalise(facts)
    return MatchRecord(to_json(features), keys_of(features), coarse_of(features), MODEL.version)
