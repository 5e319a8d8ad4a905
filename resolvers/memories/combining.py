"""What the contacts of a tree remember, as one memory a persona. Pure.

Facts are united. For one key the primary's wins, then the sources in the order of the merge, depth first; but a fact
that was written to a source after it had been merged away, and is newer than the one that would win, wins: a late write
to an old id must be seen.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from db.memories import FactRow, HeadRow, PlaceRow, SummaryRow


@dataclass(frozen=True)
class PersonaMemory:
    """One persona's memory of a survivor; `root` and `persona_key` say where its messages are."""

    root: UUID
    persona_key: str
    persona: str
    facts: Sequence[FactRow]
    summaries: Sequence[SummaryRow]
    updated_at: datetime


def combined(
    root: UUID,
    places: Sequence[PlaceRow],
    heads: Sequence[HeadRow],
    facts: Sequence[FactRow],
    summaries: Sequence[SummaryRow],
) -> list[PersonaMemory]:
    """One memory for each persona, by name; facts by key, summaries as they come."""
    order, sources = merge_order(root, places)
    rank = {contact_id: number for number, contact_id in enumerate(order)}
    by_persona: dict[str, list[HeadRow]] = {}
    for head in sorted(heads, key=lambda head: rank[head.contact_id]):
        by_persona.setdefault(head.persona_key, []).append(head)
    won = _winners(order, sources, facts)
    return [
        PersonaMemory(
            root=root,
            persona_key=persona_key,
            persona=found[0].persona,
            facts=sorted((fact for fact in won if fact.persona_key == persona_key), key=lambda fact: fact.key),
            summaries=[summary for summary in summaries if summary.persona_key == persona_key],
            updated_at=max(head.updated_at for head in found),
        )
        for persona_key, found in sorted(by_persona.items())
    ]


def merge_order(root: UUID, places: Sequence[PlaceRow]) -> tuple[list[UUID], Mapping[UUID, list[PlaceRow]]]:
    """(all contacts of a tree, the primary first, then each source with its own; contact -> its sources in order)."""
    sources: dict[UUID, list[PlaceRow]] = {}
    for place in sorted((place for place in places if place.merged_at is not None), key=_turn):
        assert place.parent_id is not None, "what was merged was merged into somebody"
        sources.setdefault(place.parent_id, []).append(place)
    order: list[UUID] = []
    pending = [root]
    while pending:
        order.append(pending.pop())
        pending += [place.contact_id for place in reversed(sources.get(order[-1], []))]
    return order, sources


def _turn(place: PlaceRow) -> tuple[datetime, UUID, int]:
    """When it was merged away, and which source it was then."""
    assert place.merged_at is not None
    assert place.merge_id is not None
    return (place.merged_at, place.merge_id, place.position or 0)


def _winners(
    order: Sequence[UUID], sources: Mapping[UUID, Sequence[PlaceRow]], facts: Iterable[FactRow]
) -> list[FactRow]:
    """The facts of a tree, one for each persona and key: from the leaves up, each contact with its sources."""
    held: dict[UUID, dict[tuple[str, str], FactRow]] = {contact_id: {} for contact_id in order}
    for fact in facts:
        held[fact.contact_id][fact.persona_key, fact.key] = fact
    for contact_id in reversed(order):
        own = held[contact_id]
        for place in sources.get(contact_id, ()):
            for key, fact in held[place.contact_id].items():
                best = own.get(key)
                if best is None or (_came_late(fact, place) and fact.recorded_at > best.recorded_at):
                    own[key] = fact
    return list(held[order[0]].values())


def _came_late(fact: FactRow, place: PlaceRow) -> bool:
    return place.merged_at is not None and fact.recorded_at > place.merged_at
