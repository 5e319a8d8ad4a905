"""mergeConversations: sources are read as one thread with a primary, however much was written in them.

1 the conversations, 2 the organisation's lock, 3 settings and the earlier answer, 4 and 5 the contacts' survivors,
locked, 6 the conversations locked, 7 and 8 the event and its sources, 9 pointers, 10 states and tags, 11 the notes,
12 the event for the outbox, 13 the answer kept (with an idempotency key). The same number for 1 and for 50 sources.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from db import contact_writes, conversation_merges, conversations, idempotency, merges
from db import contacts as contact_rows
from db.conversations import ConversationRow, MessageRow
from db.engine import Database, Transaction
from db.merges import MergeRow, SourceRow
from db.organizations import SettingsRow, lock_organization, settings_for_merge
from db.pointers import Move
from resolvers.access import Act, Scope, require
from resolvers.conversations.merge_request import SOURCES, ThreadRequest
from resolvers.errors import ErrorCode, Refused, UserError, refuse
from resolvers.events.recording import note_threads_merged
from resolvers.idempotency import answer_for, check_same_request
from resolvers.ids import CONVERSATION, encode_id
from resolvers.merging.rows import new_merge

OPERATION = "mergeConversations"


@dataclass(frozen=True)
class ThreadsMerged:
    """The primary as it stands, the sources in the order merged, and the merge."""

    primary: ConversationRow
    source_ids: tuple[UUID, ...]
    merge: MergeRow


async def merge_conversations(db: Database, act: Act, request: ThreadRequest) -> ThreadsMerged:
    """Merges, or repeats the answer kept under the idempotency key. Raises Refused, with nothing written."""
    require(act.actor, Scope.MERGE)
    return await db.write(lambda tx: _merge(tx, act, request))


async def _merge(tx: Transaction, act: Act, request: ThreadRequest) -> ThreadsMerged:
    ids = [request.primary_id, *request.source_ids]
    found = await conversations.conversations_by_id(tx, act.actor.organizations, ids)
    org_id = organization_of_threads(request, found)
    await lock_organization(tx, org_id)
    settings, stored = await settings_for_merge(tx, org_id, request.idempotency_key)
    if stored is not None:
        check_same_request(stored, answer_for(stored.key, OPERATION, request.canonical(), {}))
        return await _repeat(tx, org_id, stored.result)
    (done,) = await merge_threads(tx, act, settings, [request], found)
    if isinstance(done, Refused):
        raise done
    if request.idempotency_key is not None:
        kept = {
            "primary": request.primary_id.hex,
            "sources": [source.hex for source in request.source_ids],
            "merge": done.merge.id.hex,
        }
        answer = answer_for(request.idempotency_key, OPERATION, request.canonical(), kept)
        await idempotency.keep_answer(tx, org_id, answer, act.now)
    return done


async def merge_threads(
    tx: Transaction,
    act: Act,
    settings: SettingsRow,
    requests: Sequence[ThreadRequest],
    found: Mapping[UUID, ConversationRow],
) -> list[ThreadsMerged | Refused]:
    """Carries out merges of one organisation that have no conversation in common, under its lock; a refusal in the
    place of each that cannot be. `found`: all their conversations. Eight statements, for any number of merges."""
    org_id = settings.org_id
    roots = await _lock_contacts(tx, org_id, found)
    named = [one for request in requests for one in (request.primary_id, *request.source_ids)]
    rows = await conversation_merges.lock_conversations(tx, org_id, named)
    results: list[ThreadsMerged | Refused] = []
    plans = []
    for request in requests:
        try:
            _check(request, rows, roots)
        except Refused as refused:
            results.append(refused)
        else:
            plans.append(_plan(act, request, settings, rows))
            results.append(plans[-1].done)
    if plans:
        await _write(tx, act, org_id, plans)
    return results


def organization_of_threads(request: ThreadRequest, found: Mapping[UUID, ConversationRow]) -> UUID:
    """Of the primary, in which all have to be. Raises NOT_FOUND, one entry an id, and CROSS_ORG."""
    named = _named(request)
    missing = [_not_found(one, path) for one, path in named if one not in found]
    if missing:
        raise Refused(missing)
    org_id = found[request.primary_id].org_id
    strangers = [
        UserError(ErrorCode.CROSS_ORG, "Conversations of different organizations cannot be merged.", path)
        for one, path in named
        if found[one].org_id != org_id
    ]
    if strangers:
        raise Refused(strangers)
    return org_id


def _named(request: ThreadRequest) -> list[tuple[UUID, tuple[str, ...]]]:
    sources = [(source, (SOURCES, str(index))) for index, source in enumerate(request.source_ids)]
    return [(request.primary_id, ("primaryConversationId",)), *sources]


def _not_found(conversation_id: UUID, path: tuple[str, ...]) -> UserError:
    message = f"Conversation not found: {encode_id(CONVERSATION, conversation_id)}."
    return UserError(ErrorCode.NOT_FOUND, message, path)


async def _lock_contacts(tx: Transaction, org_id: UUID, found: Mapping[UUID, ConversationRow]) -> dict[UUID, UUID]:
    """Contact -> the survivor it leads to, which is locked: whoever writes in a conversation holds that lock."""
    contacts = sorted({row.contact_id for row in found.values()})
    survivors = await contact_rows.survivors(tx, [org_id], contacts)
    await contact_writes.lock_contacts(tx, org_id, sorted({row.id for row in survivors.values()}))
    return {contact: row.id for contact, row in survivors.items()}


def _check(request: ThreadRequest, rows: Mapping[UUID, ConversationRow], roots: Mapping[UUID, UUID]) -> None:
    """Raises Refused with every reason of the first kind that applies: erased meanwhile, merged before, of several
    contacts."""
    named = _named(request)
    errors = [_not_found(one, path) for one, path in named if one not in rows]
    if not errors:
        errors = [_merged(rows[one], path) for one, path in named if rows[one].merged_into_id is not None]
    if not errors and not request.across:
        own = roots[rows[request.primary_id].contact_id]
        message = (
            "It is a conversation of another contact. Merge the contacts first, or send acrossContacts: true to read "
            "both as one all the same."
        )
        errors = [
            UserError(ErrorCode.INVALID_MERGE, message, path)
            for one, path in named[1:]
            if roots[rows[one].contact_id] != own
        ]
    if errors:
        raise Refused(errors)


def _merged(row: ConversationRow, path: tuple[str, ...]) -> UserError:
    survivor = encode_id(CONVERSATION, row.canonical_id)
    message = f"{encode_id(CONVERSATION, row.id)} was merged away before; it leads to {survivor}."
    return UserError(ErrorCode.ALREADY_MERGED, message, path, conversation_id=row.canonical_id)


@dataclass(frozen=True)
class _Plan:
    """Everything that one merge writes."""

    done: ThreadsMerged
    sources: Sequence[SourceRow]
    changed: Sequence[ConversationRow]
    notes: Sequence[MessageRow]


def _plan(act: Act, request: ThreadRequest, settings: SettingsRow, rows: Mapping[UUID, ConversationRow]) -> _Plan:
    primary = rows[request.primary_id]
    sources = [rows[source] for source in request.source_ids]
    notes = _notes(act, request, settings, primary, sources)
    event = _event(act, request, primary, sources, notes)
    merged = [SourceRow(event.org_id, event.id, place, conversation_id=row.id) for place, row in enumerate(sources)]
    closed = [_closed(act, row, request.tag) for row in sources]
    last = [row.last_message_at for row in (primary, *sources) if row.last_message_at is not None]
    primary = replace(primary, last_message_at=max(last, default=None), updated_at=max(act.now, primary.updated_at))
    return _Plan(ThreadsMerged(primary, request.source_ids, event), merged, [primary, *closed], notes)


async def _write(tx: Transaction, act: Act, org_id: UUID, plans: Sequence[_Plan]) -> None:
    done = [plan.done for plan in plans]
    await merges.add_merges(tx, [one.merge for one in done], [row for plan in plans for row in plan.sources])
    moves = [Move(one.source_ids, one.primary.id, one.merge.id) for one in done]
    moved = await conversation_merges.POINTERS.merge_away(tx, org_id, moves)
    await conversation_merges.save_merged(tx, [row for plan in plans for row in plan.changed])
    await conversation_merges.add_notes(tx, [note for plan in plans for note in plan.notes])
    await note_threads_merged(tx, act, list(zip([one.merge for one in done], moved, strict=True)))


def _closed(act: Act, row: ConversationRow, tag: str | None) -> ConversationRow:
    tags = row.tags if tag is None or tag in row.tags else [*row.tags, tag]
    return replace(row, status="CLOSED", tags=tags, updated_at=max(act.now, row.updated_at))


def _notes(
    act: Act,
    request: ThreadRequest,
    settings: SettingsRow,
    primary: ConversationRow,
    sources: Sequence[ConversationRow],
) -> list[MessageRow]:
    """An internal note on each source, with the way to the primary, and one on the primary with the ways to all."""
    links = {row.id: _link(settings, row.id) for row in (primary, *sources)}
    texts = {row.id: f"Merged into {links[primary.id]}" for row in sources}
    texts[primary.id] = "Merged from " + ", ".join(links[row.id] for row in sources)
    return [
        MessageRow(
            org_id=primary.org_id,
            id=act.new_id(),
            conversation_id=conversation_id,
            body=f"{request.note}\n{text}" if request.note else text,
            author="SYSTEM",
            author_name=act.actor.label,
            internal=True,
            created_at=act.now,
        )
        for conversation_id, text in texts.items()
    ]


def _link(settings: SettingsRow, conversation_id: UUID) -> str:
    shown = encode_id(CONVERSATION, conversation_id)
    template = settings.conversation_url_template
    return shown if template is None else template.replace("{id}", shown)


def _event(
    act: Act,
    request: ThreadRequest,
    primary: ConversationRow,
    sources: Sequence[ConversationRow],
    notes: Sequence[MessageRow],
) -> MergeRow:
    """`policy` holds what an undo needs: how the sources stood, and which notes the merge wrote."""
    return replace(
        new_merge(act, primary.org_id, "CONVERSATIONS", request.reason),
        primary_conversation_id=primary.id,
        policy={
            "acrossContacts": request.across,
            "before": {row.id.hex: {"status": row.status, "tags": row.tags} for row in sources},
            "notes": {note.conversation_id.hex: note.id.hex for note in notes},
        },
    )


async def _repeat(tx: Transaction, org_id: UUID, kept: dict[str, Any]) -> ThreadsMerged:
    """The first answer again, with the conversation as it is today, wherever it has been merged since."""
    primary_id, merge_id = UUID(kept["primary"]), UUID(kept["merge"])
    found = (await conversations.conversations_by_id(tx, [org_id], [primary_id])).get(primary_id)
    event = (await merges.merges_by_id(tx, [org_id], [merge_id])).get(merge_id)
    if found is None or event is None:
        raise refuse(ErrorCode.NOT_FOUND, "The merge that this key stands for is gone.", "idempotencyKey")
    if found.canonical_id != found.id:
        found = (await conversations.conversations_by_id(tx, [org_id], [found.canonical_id]))[found.canonical_id]
    return ThreadsMerged(found, tuple(UUID(source) for source in kept["sources"]), event)
