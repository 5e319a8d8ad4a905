"""From findings to a probability: weights in bits, after Fellegi and Sunter.

A weight is log2 of the Bayes factor m/u of a level (Fellegi and Sunter, "A Theory for Record Linkage", JASA 1969):
how much more often one person's two contacts show it than two people's. Weights add up, with the prior,
log2(0.5 / contacts): of all the others, half a contact is expected to be the same person. The probability is
1 / (1 + 2^-t) of the sum t. The weights stand in model.json, set by hand; nothing is learnt at run time.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from resolvers.matching.findings import Finding


@dataclass(frozen=True)
class Model:
    """model.json. `levels`: field -> level -> bits. `version` rises whenever a record, key or weight would differ."""

    version: int
    automatic: float
    review: float
    prior_matches: float
    fewest_contacts: int
    scale_contacts: int
    scaled_fields: frozenset[str]
    scaled_levels: frozenset[str]
    rare_levels: frozenset[str]
    rarity_centre: float
    rarity_limit: float
    levels: dict[str, dict[str, float]]


def read_model(stored: bytes) -> Model:
    """Raises KeyError when a part is missing, orjson.JSONDecodeError when it is no JSON."""
    data: dict[str, Any] = orjson.loads(stored)
    scale, rarity, prior = data["scale"], data["rarity"], data["prior"]
    return Model(
        version=data["version"],
        automatic=data["automatic"],
        review=data["review"],
        prior_matches=prior["matches"],
        fewest_contacts=prior["fewest"],
        scale_contacts=scale["contacts"],
        scaled_fields=frozenset(scale["fields"]),
        scaled_levels=frozenset(scale["levels"]),
        rare_levels=frozenset(rarity["levels"]),
        rarity_centre=rarity["centre"],
        rarity_limit=rarity["limit"],
        levels=data["levels"],
    )


MODEL = read_model(Path(__file__).with_name("model.json").read_bytes())


class Weighed(NamedTuple):
    """A finding and its weight in bits."""

    finding: Finding
    weight: float


def prior_bits(contacts: int, model: Model = MODEL) -> float:
    """Before anything is compared: log2 of the odds that two contacts of so many living ones are one person."""
    return math.log2(model.prior_matches / max(contacts, model.fewest_contacts))


def weigh(findings: Iterable[Finding], contacts: int, model: Model = MODEL) -> tuple[Weighed, ...]:
    """Each finding with its weight, the heaviest first; equal ones in the order of the model."""
    weighed = [Weighed(finding, _weight(finding, max(contacts, model.fewest_contacts), model)) for finding in findings]
    return tuple(sorted(weighed, key=lambda item: -abs(item.weight)))


def _weight(finding: Finding, contacts: int, model: Model) -> float:
    bits = model.levels[finding.field][finding.level]
    if finding.level in model.scaled_levels and finding.field in model.scaled_fields:
        # An identifier does not grow less certain as the organisation grows: this takes back what the prior takes.
        bits += math.log2(contacts / model.scale_contacts)
    if finding.field == "name" and finding.level in model.rare_levels and finding.holders:
        rarity = math.log2(contacts / max(1, finding.holders - 1)) - model.rarity_centre
        bits += max(-model.rarity_limit, min(model.rarity_limit, rarity))
    return bits


def total_bits(prior: float, weighed: Sequence[Weighed]) -> float:
    """log2 of the odds, all told."""
    return prior + math.fsum(item.weight for item in weighed)


def probability_of(bits: float) -> float:
    """The probability of odds given as their log2."""
    return 1 / (1 + math.exp2(-max(bits, -1000.0)))
