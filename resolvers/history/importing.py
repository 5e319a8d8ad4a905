"""Lines of a file, contacts and what hangs on them, written in one transaction a batch.

What a line belongs to may stand anywhere before it in the file, or in the same batch: contacts are written first, then
conversations, then the rest. The number of statements does not grow with the number of lines.
"""

from collections.abc import Sequence

from db.bulk import insert_encoded
from db.engine import Database, Transaction
from db.imports import CONVERSATION_REF, import_ref, known_refs
from db.labels import LABELS
from db.segments import SEGMENTS
from resolvers.access import Act, Scope, require
from resolvers.contacts.importing import Outcome, import_contact_lines, terms_hold
from resolvers.contacts.preparing import ImportTerms, PreparedRow, claim_of
from resolvers.history.parents import Parent, lock_parents, no_parent
from resolvers.history.preparing import PreparedThing
from resolvers.history.writing_hanging import define_tags, give_tags, write_channels, write_memories
from resolvers.history.writing_lines import Batch, Taken, Writer, write_history

Prepared = PreparedRow | PreparedThing
# In this order: a message of a batch may belong to a conversation of the same, and a contact to a segment of it.
_WRITERS: dict[str, Writer] = {
    CONVERSATION_REF: write_history("conversation"),
    "MESSAGE": write_history("message"),
    "CALL": write_history("call"),
    "NOTE": write_history("note"),
    "CHANNEL": write_channels,
    "LABEL_ITSELF": define_tags(LABELS),
    "LABEL": give_tags(LABELS),
    "SEGMENT_ITSELF": define_tags(SEGMENTS),
    "SEGMENT": give_tags(SEGMENTS),
    "MEMORY": write_memories,
}


class _Tried(Exception):
    """Takes the outcomes out of a transaction that is rolled back."""

    def __init__(self, outcomes: list[Outcome] | None) -> None:
        self.outcomes = outcomes


async def import_lines(
    db: Database, act: Act, terms: ImportTerms, lines: Sequence[Prepared], *, keep: bool = True
) -> list[Outcome] | None:
    """One outcome a line, in order. A ref of this source that was imported before is skipped, whatever became of it.

    None, with nothing written, when the settings have changed since the terms were read: prepare them anew.
    Without `keep` all is done and rolled back: the same outcomes, and nothing written.
    """
    require(act.actor, Scope.CONTACTS_WRITE)
    if keep:
        return await db.write(lambda tx: _import(tx, act, terms, lines))

    async def attempt(tx: Transaction) -> None:
        raise _Tried(await _import(tx, act, terms, lines))

    try:
        await db.write(attempt)
    except _Tried as tried:
        return tried.outcomes
    raise AssertionError("the attempt always raises")


async def _import(tx: Transaction, act: Act, terms: ImportTerms, lines: Sequence[Prepared]) -> list[Outcome] | None:
    if not await terms_hold(tx, terms):
        return None
    outcomes: list[Outcome] = [Outcome()] * len(lines)
    contacts: list[tuple[int, PreparedRow]] = []
    things: dict[str, list[tuple[int, PreparedThing]]] = {}
    for place, line in enumerate(lines):
        if isinstance(line, PreparedThing):
            things.setdefault(line.kind, []).append((place, line))
        else:
            contacts.append((place, line))
    if contacts:
        _put(outcomes, contacts, await import_contact_lines(tx, act.now, terms, [line for _, line in contacts]))
    if things:
        named = [line for found in things.values() for _, line in found]
        batch = Batch(tx, act, terms, await lock_parents(tx, terms, named))
        for kind in (kind for kind in _WRITERS if kind in things):
            _put(outcomes, things[kind], await _import_things(batch, kind, [line for _, line in things[kind]]))
    return outcomes


def _put(outcomes: list[Outcome], places: Sequence[tuple[int, Prepared]], done: Sequence[Outcome]) -> None:
    for (place, _), outcome in zip(places, done, strict=True):
        outcomes[place] = outcome


async def _import_things(batch: Batch, kind: str, lines: Sequence[PreparedThing]) -> list[Outcome]:
    """Lines of one kind: those that are new and whose parents live are written and remembered."""
    tx, terms = batch.tx, batch.terms
    refs = [line.ref for line in lines if line.ref is not None]
    known = await known_refs(tx, terms.org_id, terms.source, kind, refs)
    outcomes: list[Outcome] = []
    places: list[int] = []
    taken: list[Taken] = []
    for line in lines:
        parent = batch.parents.of(line) if line.parent is not None else None
        if line.ref is not None and line.ref in known:
            outcomes.append(Outcome(skipped=True, thing_id=known[line.ref]))
        elif line.errors or line.thing_id is None:
            outcomes.append(Outcome(errors=line.errors))
        elif line.parent is not None and parent is None:
            outcomes.append(Outcome(errors=(no_parent(line),)))
        else:
            places.append(len(outcomes))
            taken.append((line, line.thing_id, parent))
            outcomes.append(Outcome(thing_id=line.thing_id))
            if line.ref is not None:
                known[line.ref] = line.thing_id
    if taken:
        done = await _WRITERS[kind](batch, taken)
        await _remember(batch, taken, done)
        for place, outcome in zip(places, done, strict=True):
            outcomes[place] = outcome
    return outcomes


async def _remember(batch: Batch, taken: Sequence[Taken], done: Sequence[Outcome]) -> None:
    """The refs of what was written; a bad line does not use up its ref."""
    claims = []
    for (line, thing_id, parent), outcome in zip(taken, done, strict=True):
        if outcome.thing_id is None or line.claim is None or line.ref is None:
            continue
        if outcome.thing_id == thing_id:
            claims.append(line.claim)
        else:  # something that was here already stands for the line
            claims.append(claim_of(batch.act, batch.terms, line.kind, line.ref, outcome.thing_id))
        if line.kind == CONVERSATION_REF and parent is not None:
            batch.parents.add(line.ref, Parent(thing_id, parent.contact_id, parent.root))
    # Hashes stand anywhere in the table's tree: in their order each page is written once.
    await insert_encoded(batch.tx, import_ref, sorted(claims))
