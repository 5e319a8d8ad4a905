"""Writing conversations, messages, calls and notes of a batch of lines."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from db import activity, conversations
from db.bulk import insert_encoded, with_value
from db.engine import Transaction
from resolvers.access import Act
from resolvers.contacts.importing import Outcome
from resolvers.contacts.preparing import ImportTerms
from resolvers.history.line_kinds import KINDS
from resolvers.history.parents import Parent, Parents
from resolvers.history.preparing import PreparedThing


@dataclass(frozen=True)
class Batch:
    """The transaction of a batch, whose lines are read by `terms`, and what they belong to."""

    tx: Transaction
    act: Act
    terms: ImportTerms
    parents: Parents


# A line that is to be written, the id of what it makes, and what it belongs to.
Taken: TypeAlias = tuple[PreparedThing, UUID, Parent | None]
Writer: TypeAlias = Callable[[Batch, Sequence[Taken]], Awaitable[list[Outcome]]]


def belonging(taken: Sequence[Taken]) -> list[tuple[PreparedThing, UUID, Parent]]:
    """Those that belong to something, which is all of them but for labels and segments themselves."""
    return [(line, thing_id, parent) for line, thing_id, parent in taken if parent is not None]


def write_history(kind: str) -> Writer:
    """What writes the lines of this type: rows of a table of their own, which were encoded when they were read."""
    found = KINDS[kind]

    async def write(batch: Batch, taken: Sequence[Taken]) -> list[Outcome]:
        lines = belonging(taken)
        rows = [(line.encoded, parent.thing_id) for line, _, parent in lines if line.encoded is not None]
        table, column = found.table, f"{found.parent}_id"
        await insert_encoded(batch.tx, table, with_value(table, batch.tx.dialect, column, rows))
        await _note_activity(batch, kind, lines)
        return [Outcome(thing_id=thing_id) for _, thing_id, _ in taken]

    return write


async def _note_activity(batch: Batch, kind: str, lines: Sequence[tuple[PreparedThing, UUID, Parent]]) -> None:
    """Messages and calls are activity of their contacts, and messages of their conversations."""
    org_id = batch.terms.org_id
    heard = [(line, parent, line.heard_at) for line, _, parent in lines if line.heard_at is not None]
    if not heard:
        return
    if kind == "message":
        latest: dict[UUID, datetime] = {}
        for _, parent, at in heard:
            latest[parent.thing_id] = max(at, latest.get(parent.thing_id, at))
        await conversations.note_messages(batch.tx, org_id, latest, batch.act.now)
    spoken = [(parent.contact_id, parent.root, at) for line, parent, at in heard if not line.internal]
    await activity.note_activities(batch.tx, org_id, spoken)
