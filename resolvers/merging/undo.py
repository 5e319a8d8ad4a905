"""undoMerge: the sources of a merge become contacts of their own again, at any time and in any order.

1 the merge, 2 settings, 3 the organisation's lock, 4 the whole tree locked, 5 and 6 its merges in force and their
sources, 7 and 8 what was undone, 9 pointers, 10 to 14 identifiers, labels, segments, channels and inboxes that were
taken off meanwhile, 15 conversations merged across, 16 and 17 identifiers and activity read, 18 the contacts' values,
19 to 22 what matching keeps of them, 23 the pairs kept apart, 24 the event for the outbox. The number depends neither
on what hangs on the contacts nor on how many there are.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from db import activity, channels, contact_writes, conversation_merges, distinct, identifiers, inboxes, merges
from db.contacts import NO_ACTIVITY, ContactRow
from db.conversations import ConversationRow
from db.engine import Database, Transaction
from db.identifiers import IdentifierRow
from db.labels import LABELS
from db.merges import MergeRow
from db.organizations import lock_organization, settings_for_identifiers
from db.segments import SEGMENTS
from resolvers.access import Act, Scope, require
from resolvers.contacts.derived import with_derived
from resolvers.contacts.exclusive import is_exclusive
from resolvers.contacts.identifiers import LEADING, is_leading, next_leading
from resolvers.conversations.merge_request import SOURCES as THREADS
from resolvers.conversations.parting import part_conversations
from resolvers.conversations.undo import undo_conversation_merge
from resolvers.duplicates.records import keep_in_step
from resolvers.errors import ErrorCode, Refused, UserError, refuse
from resolvers.events.recording import note_undo
from resolvers.ids import CONTACT, CONVERSATION, MERGE, encode_id
from resolvers.merging.distinct import pair_rows
from resolvers.merging.undo_plan import KeptEdit, MergedTree, Parted, UndoPlan, plan_undo
from resolvers.merging.undo_request import UndoRequest


@dataclass(frozen=True)
class UndoResult:
    """The merge as it stands, the contacts that live again, who the primary leads to, and what was left standing; of a
    merge of conversations those that stand for themselves again, and no primary."""

    merge: MergeRow
    restored: tuple[ContactRow, ...] = ()
    primary: ContactRow | None = None
    kept: tuple[KeptEdit, ...] = ()
    conversations: tuple[ConversationRow, ...] = ()


async def undo_merge(db: Database, act: Act, request: UndoRequest) -> UndoResult:
    """Raises Refused, with nothing written: NOT_FOUND for a merge or a source, NOT_UNDOABLE for what is undone."""
    require(act.actor, Scope.UNDO)
    return await db.write(lambda tx: undo_in(tx, act, request))


async def undo_in(tx: Transaction, act: Act, request: UndoRequest) -> UndoResult:
    """The same in a transaction that may do more: what it refuses, it refuses before it writes."""
    found = (await merges.merges_by_id(tx, act.actor.organizations, [request.merge_id])).get(request.merge_id)
    if found is None:
        raise refuse(ErrorCode.NOT_FOUND, f"Merge not found: {encode_id(MERGE, request.merge_id)}.", "mergeId")
    if found.primary_contact_id is None:
        done = await undo_conversation_merge(tx, act, found, request)
        return UndoResult(done.merge, conversations=done.restored)
    if request.conversation_ids is not None:
        message = "This merge is one of contacts: name them in sourceContactIds."
        raise refuse(ErrorCode.BAD_USER_INPUT, message, THREADS)
    settings = await settings_for_identifiers(tx, found.org_id)
    await lock_organization(tx, found.org_id)
    tree, event = await _read_tree(tx, found)
    chosen = _chosen(request, tree, event)
    plan = plan_undo(act, tree, event, chosen, request.reason)
    await _write(tx, plan)
    threads = await _part_threads(tx, act, plan, list(tree.rows), request.reason)
    parted, root, kept = await _finish(tx, act, settings.identifier_rule, plan)
    if request.keep_apart:
        apart = [(contact.id, found.primary_contact_id) for contact in parted]
        await distinct.add_pairs(tx, pair_rows(act, found.org_id, apart, request.reason))
    await note_undo(tx, act, plan.event, root, [parted.members for parted in plan.parted])
    return UndoResult(plan.event, tuple(parted), root, (*kept, *threads))


async def _read_tree(tx: Transaction, found: MergeRow) -> tuple[MergedTree, MergeRow]:
    """The tree under lock, and the merge as it stands in it. Raises NOT_UNDOABLE."""
    assert found.primary_contact_id is not None
    rows = await contact_writes.lock_tree_of(tx, found.org_id, found.primary_contact_id)
    in_force = await merges.merges_in_force(tx, [found.org_id], list(rows))
    ids = [event.id for events in in_force.values() for event in events]
    sources = await merges.sources_of(tx, [found.org_id], ids)
    if rows[found.primary_contact_id].erased_at is not None:
        raise refuse(
            ErrorCode.NOT_UNDOABLE, "The contacts of this merge were erased; nothing is left to undo.", "mergeId"
        )
    event = next((event for event in in_force[found.primary_contact_id] if event.id == found.id), None)
    if event is None:
        raise refuse(ErrorCode.NOT_UNDOABLE, "This merge is undone already.", "mergeId")
    still = {merge: [source for source in found if source.undone_at is None] for merge, found in sources.items()}
    all_sources = [source.contact_id for source in sources[event.id] if source.contact_id is not None]
    return MergedTree(rows, in_force, still, all_sources), event


def _chosen(request: UndoRequest, tree: MergedTree, event: MergeRow) -> list[UUID]:
    """The sources to take out, in their order in the merge. Raises Refused, one entry a source that cannot be."""
    merged = [source.contact_id for source in tree.sources[event.id] if source.contact_id is not None]
    if request.source_ids is None:
        return merged
    errors = []
    for index, source in enumerate(request.source_ids):
        path = ("sourceContactIds", str(index))
        shown = encode_id(CONTACT, source)
        if source not in tree.named:
            errors.append(UserError(ErrorCode.NOT_FOUND, f"{shown} was no source of this merge.", path, source))
        elif source not in merged:
            message = f"{shown} was taken out of this merge already."
            errors.append(UserError(ErrorCode.NOT_UNDOABLE, message, path, source))
    if errors:
        raise Refused(errors)
    return [source for source in merged if source in request.source_ids]


async def _write(tx: Transaction, plan: UndoPlan) -> None:
    org_id = plan.event.org_id
    trees = [parted.members for parted in plan.parted]
    await merges.mark_undone(tx, plan.events, plan.undone)
    await contact_writes.POINTERS.part(tx, org_id, trees)
    await identifiers.bring_back(tx, org_id, trees)
    await LABELS.bring_back(tx, org_id, trees)
    await SEGMENTS.bring_back(tx, org_id, trees)
    await channels.bring_back(tx, org_id, trees)
    await inboxes.bring_back(tx, org_id, trees)


async def _part_threads(
    tx: Transaction, act: Act, plan: UndoPlan, members: Sequence[UUID], reason: str | None
) -> list[KeptEdit]:
    """Conversations of the tree that were merged while their contacts were one are parted with them, so that nobody
    reads another's messages; those that somebody merged across contacts on purpose stay."""
    org_id = plan.event.org_id
    across = await conversation_merges.gone_across(tx, org_id, members)
    if not across:
        return []
    events = await merges.merges_by_id(tx, [org_id], list(across))
    leaving = {merge: found for merge, found in across.items() if not events[merge].policy.get("acrossContacts")}
    if not leaving:
        return []
    parted, _ = await part_conversations(tx, act, org_id, leaving, reason)
    why = "It was merged into a conversation of what is another contact again, so it stands for itself again too."
    return [KeptEdit(row.contact_id, "conversations", encode_id(CONVERSATION, row.id), why) for row in parted]


async def _finish(
    tx: Transaction, act: Act, identifier_rule: str, plan: UndoPlan
) -> tuple[list[ContactRow], ContactRow, list[KeptEdit]]:
    """Writes the contacts with what is derived from their identifiers and activity, as both stand now."""
    *between, root = plan.changed
    org_id = root.org_id
    ids = [*(parted.row.id for parted in plan.parted), root.id]
    held = await identifiers.identifiers_of(tx, [org_id], ids)
    active = await activity.activity_of(tx, [org_id], ids)
    root = replace(root, updated_at=max(act.now, root.updated_at), version=root.version + 1)
    root = _derived(act, root, held[root.id], active[root.id])
    parted = [_derived(act, p.row, held[p.row.id], active[p.row.id]) for p in plan.parted]
    await contact_writes.save_contacts(tx, [*parted, *between, root])
    await keep_in_step(tx, [*parted, root])
    clashes = _clashes(identifier_rule, plan.parted, root, held)
    return parted, root, [*plan.kept, *clashes]


def _derived(act: Act, row: ContactRow, held: Sequence[IdentifierRow], active: Mapping[UUID, datetime]) -> ContactRow:
    for kind, leading in LEADING.items():
        row = _with_leading(act, row, held, kind, leading)
    row = replace(row, last_activity_sort=max(active.values(), default=NO_ACTIVITY))
    return with_derived(row, [found.normalized for found in held])


def _with_leading(act: Act, row: ContactRow, held: Sequence[IdentifierRow], kind: str, leading: str) -> ContactRow:
    """A leading address or number that left with another contact gives way to one that is still here."""
    if getattr(row, leading) is None or is_leading(row, leading, {h.normalized for h in held if h.kind == kind}):
        return row
    writer = {"by": "undo", "at": act.now.isoformat(), "version": row.version}
    value = next_leading(held, row.id, kind)
    row = replace(row, provenance=row.provenance | {leading: writer})
    return replace(row, email=value) if leading == "email" else replace(row, phone=value)


def _clashes(
    rule: str, parted: Sequence[Parted], root: ContactRow, held: Mapping[UUID, Sequence[IdentifierRow]]
) -> list[KeptEdit]:
    """Identifiers that two contacts hold now although the organisation keeps them to one."""
    holders: dict[tuple[str, str, str], UUID] = {}
    found = []
    for contact_id in (root.id, *(contact.row.id for contact in parted)):
        for row in held[contact_id]:
            first = holders.setdefault(row.key, contact_id)
            if first != contact_id and is_exclusive(rule, row.kind):
                reason = (
                    f"{encode_id(CONTACT, first)} holds it too, against the identifier rule. Take it off one of them."
                )
                found.append(KeptEdit(contact_id, "identifiers", row.normalized, reason))
    return found
