"""How many statements each act sends, whatever the size of its input, and that each names the organisation."""

import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event

from db.attributes import AttributeEquals
from db.contact_filters import ContactFilter, Interval
from db.contact_pages import ContactOrderField, PageRequest, contacts_holding, contacts_page, count_contacts
from db.conversation_pages import ConversationFilter, conversations_page, count_conversations
from db.engine import Database
from db.labels import LABELS
from db.merge_pages import MergeFilter, count_merges, merges_page
from db.tables import metadata
from resolvers.contacts import channels, children, inboxes
from resolvers.contacts.read import contact_by_id, resolve_contact
from resolvers.conversations import reading
from resolvers.events.reading import number_of, read_after
from resolvers.history.calls import calls_of_contacts, count_calls
from resolvers.history.notes import count_notes, notes_of_contacts
from resolvers.ids import CHANNEL, MERGE, encode_id
from resolvers.jobs.reading import count_errors, count_jobs, errors_of_jobs, list_jobs
from resolvers.memories.reading import memories_of_contacts, recent_messages
from resolvers.merging import history
from resolvers.merging.counting import counts_of
from resolvers.organizations import segment_counts
from resolvers.paging import PageArguments, encode_cursor
from tests.db import acts, job_acts, key_acts, thread_acts, webhook_acts
from tests.db.acts import Prepared
from tests.db.test_tables import UNDISTRIBUTED
from tests.db.world import World, open_world, shown
from tests.support.statements import recorded

# Exact, and the same on both databases: an act that becomes dearer says so here and in docs/.
Preparing = Callable[[World, int], Awaitable[Prepared]]
COUNTS: dict[Preparing, int] = {
    acts.create: 8,
    acts.update: 15,
    acts.upsert_new: 9,
    acts.upsert_known: 16,
    acts.erase: 29,
    acts.identify: 13,
    acts.take_off: 13,
    acts.label: 9,
    acts.segment: 9,
    acts.reach: 11,
    acts.reach_elsewhere: 13,
    acts.unreach: 11,
    acts.address: 8,
    acts.unaddress: 6,
    acts.remember_it: 7,
    acts.forget_it: 4,
    acts.forget_all: 6,
    acts.bring_in: 8,
    acts.merge: 14,
    acts.merge_repeated: 4,
    acts.detect: 17,
    acts.preview: 12,
    acts.undo: 24,
    thread_acts.join_threads: 13,
    thread_acts.part_threads: 18,
    thread_acts.undo_with_threads: 36,
    thread_acts.erase_with_threads: 41,
    acts.undo_under_later_merges: 24,
    acts.mark_apart: 4,
    acts.unmark_apart: 5,
    acts.begin_conversation: 5,
    acts.speak: 9,
    acts.note_down: 5,
    acts.hear: 7,
    acts.settings: 3,
    job_acts.ask_for_a_job: 6,
    job_acts.work_on_contacts: 17,
    job_acts.work_on_conversations: 16,
    job_acts.ask_for_a_rebuild: 6,
    job_acts.rebuild_a_part: 10,
    job_acts.ask_for_its_undo: 7,
    job_acts.cancel_it: 5,
    job_acts.try_it_again: 10,
    webhook_acts.make: 7,
    webhook_acts.take_up: 10,
    webhook_acts.note: 8,
    webhook_acts.change: 5,
    webhook_acts.send_again: 6,
    webhook_acts.remove: 6,
    key_acts.make: 4,
    key_acts.revoke: 3,
}
LARGE: dict[Preparing, int] = {
    acts.bring_in: 500,
    acts.merge: 50,
    acts.merge_repeated: 50,
    acts.preview: 50,
    acts.undo: 50,
    thread_acts.join_threads: 50,
    thread_acts.part_threads: 50,
    thread_acts.undo_with_threads: 50,
    thread_acts.erase_with_threads: 50,
    acts.settings: 8,
}
TENANT = {table.name for table in metadata.sorted_tables} - UNDISTRIBUTED


@pytest.mark.parametrize("act", COUNTS, ids=lambda act: str(act.__name__))
async def test_statement_counts(world: World, act: Preparing) -> None:
    """The same exact number of statements, and the same texts, for 1 and for many."""
    seen: list[list[str]] = []
    for size in (1, LARGE.get(act, 40)):
        run = await act(await open_world(world.db), size)
        with recorded(world.db) as statements:
            await run()
        seen.append([_shape(statement) for statement in statements])
    assert [len(statements) for statements in seen] == [COUNTS[act]] * 2
    assert seen[0] == seen[1]


async def test_the_counts_of_a_preview_do_not_grow_with_sources(world: World) -> None:
    """Nine statements for 1 and for 50, and none where there is nothing to count."""
    contacts = [await acts.tree(world, 1) for _ in range(50)]
    for sources, number in (([], 0), (contacts[:1], 9), (contacts, 9)):
        with recorded(world.db) as statements:
            found = await counts_of(world.db, world.act, sources)
        assert (len(statements), found.labels) == (number, len(sources))


def _shape(statement: str) -> str:
    """A statement's text; the rows of a VALUES list are one, however many are inserted at once."""
    if not statement.startswith("INSERT"):
        return statement
    return re.sub(r"VALUES \(.*?\)(, \([^)]*\))*(?= ON| RETURNING|$)", "VALUES (...)", statement, flags=re.S)


async def test_detection_does_not_grow_with_identifiers(world: World) -> None:
    """A contact with hundreds of identifiers (200 each, merged) is asked about in one statement of one size."""
    sizes = []
    for number in (1, 40, 600):  # SQLite takes 500 SELECTs in one UNION at most
        scene = await open_world(world.db)
        parts = [acts.identifiers(min(150, number - start), f"x{start}-") for start in range(0, number, 150)]
        primary, *others = [await scene.contact(name="Ann Lee", identifiers=part) for part in parts]
        if others:
            await scene.merge(primary, others)
        await scene.contact(name="Ann Lee", identifiers=parts[-1][-1:])
        with recorded(world.db) as statements:
            found = await scene.merge(primary, None)
        assert len(found.source_ids) == 1
        sizes.append([len(statement) for statement in statements if statement.startswith("SELECT")])
        assert sizes[-1] == sizes[0]


class _Watch:
    """All statements of a scenario, with the number of values bound to each."""

    def __init__(self, db: Database) -> None:
        self.statements: dict[str, int] = {}
        event.listen(db.engine.sync_engine, "before_cursor_execute", self._note)

    def _note(self, _c: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, many: bool) -> None:
        bound = 0 if many else len(parameters or ())
        self.statements[statement] = max(bound, self.statements.get(statement, 0))


async def _everything(world: World) -> None:
    """Every act, and everything that can be read."""
    for act in COUNTS:
        scene = await open_world(world.db)
        await (await act(scene, 5))()
        await read_all(scene, list(await scene.rows()))
        await _read_pages(scene)
        await _read_events(scene)


async def read_all(world: World, ids: Sequence[UUID]) -> None:
    """Everything that is read by a contact's id or under one."""
    db, act = world.db, world.act
    page = PageArguments(limit=2, backward=False, after=None, before=None)
    for contact in ids[:3]:
        await contact_by_id(db, act, shown(contact), follow=True)
        await contact_by_id(db, act, shown(contact), follow=False)
        await resolve_contact(db, act, shown(contact))
    await errors_of_jobs(db, act, [act.new_id()], page)
    await count_errors(db, act, [act.new_id()])
    await list_jobs(db, act, world.org_id, "QUEUED", page)
    await count_jobs(db, act, world.org_id, None)
    await children.identifiers_of_contacts(db, act, ids[:20])
    await children.labels_of_contacts(db, act, ids[:20])
    await children.segments_of_contacts(db, act, ids[:20])
    await channels.channels_of_contacts(db, act, ids[:20])
    await channels.channel_by_id(db, act, encode_id(CHANNEL, act.new_id()))
    await inboxes.inboxes_of_contacts(db, act, ids[:20])
    await inboxes.inboxes_by_id(db, act, ids[:2])
    await memories_of_contacts(db, act, ids[:20])
    await recent_messages(db, act, ids[:20], 5)
    await segment_counts(db, act, ids[:20])
    await counts_of(db, act, ids[:20])
    await children.merged_ids_of_contacts(db, act, ids[:20])
    await history.merges_of_contacts(db, act, ids[:20], page)
    await history.count_merges_of_contacts(db, act, ids[:20])
    await history.merge_by_id(db, act, encode_id(MERGE, act.new_id()))
    await _read_history(world, ids[:20])
    await history.sources_of_merges(db, act, ids[:2])
    await db.read(lambda tx: contacts_holding(tx, world.org_id, [("EMAIL", "a", None), ("USERNAME", "b", "x")], 3))


async def _read_history(world: World, ids: Sequence[UUID]) -> None:
    """What was said and noted: first pages, later ones, from both ends, counted."""
    db, act = world.db, world.act
    for order in ("conversation", "call", "note", "message"):
        after = encode_cursor(order, act.now, act.new_id())
        for page in (PageArguments(2, False, None, None), PageArguments(2, False, after, None)):
            if order == "conversation":
                for status, merged in ((None, False), ("OPEN", True)):
                    await reading.conversations_of_contacts(db, act, ids, page, status, merged)
                    await reading.count_conversations_of_contacts(db, act, ids, status, merged)
            elif order == "call":
                await calls_of_contacts(db, act, ids, page)
            elif order == "note":
                await notes_of_contacts(db, act, ids, page)
            else:
                await reading.messages_of_conversations(db, act, ids, page)
    await reading.messages_of_conversations(db, act, ids, PageArguments(2, True, None, after))
    await count_calls(db, act, ids)
    await count_notes(db, act, ids)
    await reading.count_messages(db, act, ids)


async def _read_events(world: World) -> None:
    """The outbox, numbered and read."""
    await read_after(world.db, world.org_id, 0)
    await number_of(world.db, world.org_id, world.act.new_id())
    await webhook_acts.read(world)
    await key_acts.read(world)


async def _read_pages(world: World) -> None:
    """Pages and counts, by every filter and in every order."""
    db, act, org = world.db, world.act, world.org_id
    after = world.act.new_id()
    await db.read(lambda tx: merges_page(tx, org, MergeFilter(contact_ids=(after,)), 9, after))
    wanted = MergeFilter(actor="a", detected=True, undone=False, kind="CONTACTS", created_from=act.now)
    await db.read(lambda tx: count_merges(tx, org, wanted))
    await inboxes.inboxes_of_organization(db, act, org)
    labels = await db.read(lambda tx: LABELS.of_organization(tx, org))
    span = Interval(act.now, act.now)
    spoken = ConversationFilter(contact_id=after, status="OPEN", tag="vip", updated_from=act.now)
    await db.read(lambda tx: conversations_page(tx, org, spoken, 2, (act.now, after)))
    await db.read(lambda tx: conversations_page(tx, org, ConversationFilter(), 2, None))
    await db.read(lambda tx: count_conversations(tx, org, spoken))
    filters = [
        ContactFilter(search="abc"),
        ContactFilter(email="a@a.example", phones=("1234", "+491234"), role="LEAD", blocked=False),
        ContactFilter(segment_id=after),
        ContactFilter(label_id=labels[0].id if labels else after, custom_attribute=AttributeEquals("k", 1)),
        ContactFilter(created_at=span, updated_at=span, last_activity_at=span, unsubscribed=True),
    ]
    for contacts in filters:
        await db.read(lambda tx, found=contacts: count_contacts(tx, org, found))  # type: ignore[misc]
        for order in ContactOrderField:
            request = PageRequest(limit=2, order=order)
            await db.read(lambda tx, found=contacts, asked=request: contacts_page(tx, org, found, asked))  # type: ignore[misc]


async def test_every_statement_names_the_organization_and_grows_with_no_list(world: World) -> None:
    """For each table of an organisation's data, under each alias, the statement says whose rows it means; and a list
    is one bound value, never `IN (?, ?, …)`."""
    watch = _Watch(world.db)
    await _everything(world)
    statements = [statement for statement in watch.statements if _tables(statement)]
    assert len(statements) > 60
    touched = {table for statement in statements for table, _ in _tables(statement)}
    assert touched == TENANT - {"import_ref"}
    assert [(alias, statement) for statement in statements for alias in _nameless(statement)] == []
    one = r"(\?|\$\d+(::\w+)?)"
    assert [s for s in watch.statements if re.search(rf"IN \({one}(, {one}){{2,}}", s)] == []
    assert await _history_text(world, 2) == await _history_text(world, 40)


def _tables(statement: str) -> list[tuple[str, str]]:
    """(table, alias) of each tenant table that a statement names after FROM, JOIN, UPDATE or INTO."""
    found = re.findall(r"\b(?:FROM|JOIN|UPDATE|INTO|,) \(?(\w+)(?: AS (\w+))?", statement)
    return [(table, alias or table) for table, alias in found if table in TENANT]


def _nameless(statement: str) -> Sequence[str]:
    """The aliases whose organisation the statement's conditions do not tell, or that nothing is bound to."""
    if statement.startswith("INSERT"):
        columns = re.match(r"INSERT INTO \w+ \(([^)]*)\)", statement)
        return [] if columns and "org_id" in columns[1] else ["INSERT"]
    conditions = statement.partition("FROM" if statement.startswith("SELECT") else "WHERE")[2]
    if not re.search(r"\borg_id (= (\?|\$\d)|IN \(SELECT value|= ANY|= \(SELECT)", conditions):
        return ["nothing bound"]
    return [alias for _, alias in _tables(statement) if f"{alias}.org_id" not in conditions]


def test_the_check_can_tell() -> None:
    """The two functions above find a statement that forgets the organisation."""
    good = (
        "SELECT c.id FROM contact AS c JOIN label ON label.org_id = c.org_id WHERE c.org_id = $1 AND label.org_id = 1"
    )
    assert _nameless(good) == []
    assert _nameless("SELECT c.org_id FROM contact AS c WHERE c.id = $1") == ["nothing bound"]
    assert _nameless("SELECT c.id FROM contact AS c, label WHERE label.org_id = $1") == ["c"]
    assert _nameless("UPDATE contact SET org_id = $2 WHERE contact.id = $1") == ["nothing bound"]
    assert _nameless("INSERT INTO label (id, name) VALUES (1, 2)") == ["INSERT"]


async def _history_text(world: World, number: int) -> list[str]:
    contacts = tuple(world.act.new_id() for _ in range(number))
    with recorded(world.db) as statements:
        await world.db.read(lambda tx: merges_page(tx, world.org_id, MergeFilter(contact_ids=contacts), 5))
    return statements
