"""Reading what is remembered of contacts, for a batch of survivors at once."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from db import memories
from db.engine import Database, Transaction
from db.memories import MemoryMessageRow
from resolvers.access import Act
from resolvers.memories.combining import PersonaMemory, combined
from resolvers.paging import bad_argument

MAXIMUM_MESSAGES = 100


async def memories_of_contacts(db: Database, act: Act, roots: Sequence[UUID]) -> list[list[PersonaMemory]]:
    """For each survivor one memory a persona. Four statements for any number of contacts."""

    async def work(tx: Transaction) -> list[list[PersonaMemory]]:
        orgs = act.actor.organizations
        places = await memories.places_of(tx, orgs, roots)
        heads = await memories.heads_of(tx, orgs, roots)
        facts = await memories.facts_of(tx, orgs, roots)
        summaries = await memories.summaries_of(tx, orgs, roots)
        return [combined(root, places[root], heads[root], facts[root], summaries[root]) for root in roots]

    return await db.read(work)


async def recent_messages(
    db: Database, act: Act, roots: Sequence[UUID], first: int
) -> list[Mapping[str, list[MemoryMessageRow]]]:
    """For each survivor, by persona, the latest messages, newest first. Raises BAD_USER_INPUT."""
    if not 1 <= first <= MAXIMUM_MESSAGES:
        raise bad_argument("first", f"first must lie between 1 and {MAXIMUM_MESSAGES}, not at {first}.")
    asked = list(dict.fromkeys(roots))  # a contact is asked for once, however many its personas are
    found = await db.read(lambda tx: memories.messages_of(tx, act.actor.organizations, asked, first))
    grouped: dict[UUID, dict[str, list[MemoryMessageRow]]] = {root: {} for root in asked}
    for root, rows in found.items():
        for row in rows:
            grouped[root].setdefault(row.persona_key, []).append(row)
    return [grouped[root] for root in roots]
