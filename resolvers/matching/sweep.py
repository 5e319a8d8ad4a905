"""Pairs, judged: of one contact, and of a whole set in memory (evaluation, tests, a job on a part of one)."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Generic

from resolvers.matching.block import coarse_of, keys_of
from resolvers.matching.candidates import COUNTED, LISTED, Holders, candidates_of, counts_of, pairs_of
from resolvers.matching.contact import ContactId
from resolvers.matching.features import Features
from resolvers.matching.judge import Judgement, Terms, judge


@dataclass(frozen=True)
class Pair(Generic[ContactId]):
    """Two contacts, the lower id first, and what is thought of them."""

    left: ContactId
    right: ContactId
    judgement: Judgement


def judge_candidates(
    contact_id: ContactId,
    holders: Mapping[str, Holders[ContactId]],
    records: Mapping[ContactId, Features],
    terms: Terms,
    marked_distinct: Collection[ContactId] = (),
) -> list[Pair[ContactId]]:
    """One contact against its candidates, lowest id first: what detection does.

    `holders` by the text of each of its keys (block.keys_of); `records` has the contact, else KeyError, and whoever of
    candidates.candidates_of(contact_id, holders) is to be judged; `marked_distinct`: who is another person for certain.
    """
    counts = counts_of(holders)
    pairs = []
    for other in sorted(one for one in candidates_of(contact_id, holders) if one in records):
        left, right = sorted((contact_id, other))
        judgement = judge(records[left], records[right], counts, terms, marked_distinct=other in marked_distinct)
        pairs.append(Pair(left, right, judgement))
    return pairs


class ContactSet(Generic[ContactId]):
    """Records and an index over their keys. Reads as the tables do: see candidates.py."""

    def __init__(self, records: Mapping[ContactId, Features]) -> None:
        self.records: Mapping[ContactId, Features] = records
        self._keys: dict[ContactId, list[str]] = {
            contact_id: [key.text for key in keys_of(records[contact_id])] for contact_id in sorted(records)
        }
        self._holders: dict[str, list[ContactId]] = {}
        for contact_id, texts in self._keys.items():
            for text in texts:
                self._holders.setdefault(text, []).append(contact_id)
        self._marks: dict[ContactId, str | None] = {
            contact_id: coarse_of(features) for contact_id, features in records.items()
        }

    def holders_of(self, text: str) -> Holders[ContactId]:
        """The first ones and their number."""
        everyone = self._holders[text]
        first = everyone[:LISTED]
        return Holders(first, [self._marks[one] for one in first], min(len(everyone), COUNTED))

    def pairs(self, terms: Terms) -> Iterator[Pair[ContactId]]:
        """All at once."""
        shared = {text: self.holders_of(text) for text, everyone in self._holders.items() if len(everyone) > 1}
        counts = counts_of(shared)
        for left, right in pairs_of((text, self._holders[text], shared[text]) for text in shared):
            yield Pair(left, right, judge(self.records[left], self.records[right], counts, terms))

    def pairs_with(self, contact_id: ContactId, terms: Terms) -> list[Pair[ContactId]]:
        """One contact against its candidates."""
        holders = {text: self.holders_of(text) for text in self._keys[contact_id]}
        return judge_candidates(contact_id, holders, self.records, terms)
