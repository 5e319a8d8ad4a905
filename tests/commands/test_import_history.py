"""`onefold import` of a whole history: conversations, messages, calls and notes beside their contacts."""

import json
from typing import Any

from sqlalchemy import select

from db.activity import activity
from db.calls import call
from db.contacts import contact
from db.conversations import conversation, message
from db.engine import Database
from db.notes import note
from resolvers.ids import CONTACT, CONVERSATION, encode_id
from tests.commands.import_files import Imported, import_rows
from tests.commands.process import Shell

AT = "2026-01-0{}T10:00:00Z"
HISTORY: list[dict[str, Any]] = [
    {
        "type": "message",
        "ref": "m-1",
        "conversationRef": "c-1",
        "body": "Hello",
        "author": "CONTACT",
        "createdAt": AT.format(2),
    },
    {"ref": "p-1", "name": "Ann", "email": "ann@lee.example"},
    {
        "type": "conversation",
        "ref": "c-1",
        "contactRef": "p-1",
        "subject": "Tea",
        "tags": ["vip"],
        "createdAt": AT.format(1),
    },
    {
        "type": "message",
        "ref": "m-2",
        "conversationRef": "c-1",
        "body": "Hi",
        "author": "AGENT",
        "createdAt": AT.format(3),
    },
    {"type": "message", "ref": "m-3", "conversationRef": "c-1", "body": "psst", "author": "AGENT", "internal": True},
    {"type": "call", "ref": "k-1", "contactRef": "p-1", "direction": "INBOUND", "startedAt": AT.format(4)},
    {"type": "note", "ref": "n-1", "contactRef": "p-1", "body": "Likes tea"},
    {"type": "contact", "ref": "p-2", "name": "Bob"},
]


async def _stored(db: Database) -> dict[str, list[Any]]:
    wanted = {
        "contacts": select(contact.c.id, contact.c.name, contact.c.last_activity_sort).order_by(contact.c.name),
        "conversations": select(conversation.c.id, conversation.c.contact_id, conversation.c.last_message_at),
        "messages": select(message.c.body, message.c.conversation_id).order_by(message.c.created_at),
        "calls": select(call.c.contact_id, call.c.started_at),
        "notes": select(note.c.contact_id, note.c.body),
        "activity": select(activity.c.contact_id, activity.c.last_at),
    }
    return {name: list(await db.read(lambda tx, asked=asked: tx.rows(asked))) for name, asked in wanted.items()}  # type: ignore[misc]


def test_a_history_in_one_file(shell: Shell) -> None:
    """In any order within a batch, each line under what it names; the contact was active then."""
    org = shell.organization()
    assert import_rows(shell, org, HISTORY).counts == (8, 0, 0)
    found = shell.ask(_stored)
    ann = found["contacts"][0]
    thread = found["conversations"][0]
    assert thread.contact_id == ann.id
    assert [(row.body, row.conversation_id) for row in found["messages"]] == [
        ("Hello", thread.id),
        ("Hi", thread.id),
        ("psst", thread.id),
    ]
    assert (found["calls"][0].contact_id, found["notes"][0].contact_id) == (ann.id, ann.id)
    called = found["calls"][0].started_at
    assert [tuple(row) for row in found["activity"]] == [(ann.id, called)], "what is internal does not count"
    assert ann.last_activity_sort == called
    assert thread.last_message_at > called, "but it is a message of its conversation"


def test_the_same_history_twice_changes_nothing(shell: Shell) -> None:
    """Every line is known by its kind and ref; a message may have the ref of a contact."""
    org = shell.organization()
    rows = [*HISTORY, {"type": "note", "ref": "p-1", "contactRef": "p-2", "body": "the same ref, another kind"}]
    assert import_rows(shell, org, rows).counts == (9, 0, 0)
    state = shell.state()
    assert import_rows(shell, org, rows).counts == (0, 9, 0)
    assert shell.state() == state


def test_lines_by_id_and_in_later_files(shell: Shell) -> None:
    """What was imported before, or made by the API, is named by its id or by its ref."""
    org = shell.organization()
    assert import_rows(shell, org, HISTORY).counts == (8, 0, 0)
    found = shell.ask(_stored)
    person, thread = encode_id(CONTACT, found["contacts"][1].id), encode_id(CONVERSATION, found["conversations"][0].id)
    later = [
        {"type": "call", "contactId": person, "direction": "OUTBOUND", "startedAt": AT.format(5)},
        {"type": "message", "conversationId": thread, "body": "Still there?", "author": "BOT"},
        {"type": "note", "contactRef": "p-2", "body": "by ref"},
    ]
    assert import_rows(shell, org, later).counts == (3, 0, 0)
    assert import_rows(shell, org, later).counts == (0, 3, 0), "without a ref a line is known by its content"


def test_bad_lines_of_a_history(shell: Shell) -> None:
    """Each with its field and cure; the good ones land."""
    org = shell.organization()
    person = {"ref": "p-1", "name": "Ann"}
    bad: list[tuple[dict[str, Any], str, str]] = [
        ({"type": "letter", "ref": 1}, "BAD_USER_INPUT", "type"),
        ({"type": "note", "body": "x"}, "BAD_USER_INPUT", "contactRef"),
        ({"type": "note", "body": "x", "contactRef": "p-1", "contactId": "contact_1"}, "BAD_USER_INPUT", "contactRef"),
        ({"type": "note", "body": "x", "contactRef": "nobody"}, "NOT_FOUND", "contactRef"),
        ({"type": "note", "body": "x", "contactId": "nonsense"}, "BAD_USER_INPUT", "contactId"),
        ({"type": "note", "contactRef": "p-1"}, "BAD_USER_INPUT", "body"),
        ({"type": "note", "contactRef": "p-1", "body": "x", "colour": "red"}, "BAD_USER_INPUT", "colour"),
        ({"type": "note", "contactRef": {}, "body": "x"}, "BAD_USER_INPUT", "contactRef"),
        ({"type": "note", "contactRef": "p-1", "body": 7}, "BAD_USER_INPUT", "body"),
        ({"type": "message", "conversationRef": "c-9", "body": "x", "author": "BOT"}, "NOT_FOUND", "conversationRef"),
        (
            {"type": "call", "contactRef": "p-1", "direction": "UP", "startedAt": AT.format(1)},
            "BAD_USER_INPUT",
            "direction",
        ),
        ({"type": "call", "contactRef": "p-1", "direction": "INBOUND"}, "BAD_USER_INPUT", "startedAt"),
        (
            {
                "type": "call",
                "contactRef": "p-1",
                "direction": "INBOUND",
                "startedAt": AT.format(1),
                "durationSeconds": "x",
            },
            "BAD_USER_INPUT",
            "durationSeconds",
        ),
        ({"type": "conversation", "contactRef": "p-1", "tags": "vip"}, "BAD_USER_INPUT", "tags"),
        ({"type": ["note"], "contactRef": "p-1", "body": "x"}, "BAD_USER_INPUT", "type"),
    ]
    done: Imported = import_rows(shell, org, [person, *(row for row, _, _ in bad)])
    assert done.counts == (1, 0, len(bad))
    assert done.errors is not None
    for (row, code, field), told in zip(bad, done.errors, strict=True):
        first = told["errors"][0]
        assert (first["code"], first["field"][0]) == (code, field), json.dumps(row)
        assert first["message"]


def test_a_history_can_be_tried_first(shell: Shell) -> None:
    """A dry run counts the same and changes nothing, also where what a line belongs to stands 2,000 lines before it."""
    org = shell.organization()
    state = shell.state()
    others = [{"ref": f"other-{number}"} for number in range(2_000)]
    late = {"type": "note", "ref": "late", "contactRef": "p-1", "body": "in a later batch"}
    rows = [*HISTORY, *others, late, {**late, "ref": "lost", "contactRef": "nobody"}]
    assert import_rows(shell, org, rows, "--dry-run").counts == (2_009, 0, 1)
    assert shell.state() == state
    assert import_rows(shell, org, rows).counts == (2_009, 0, 1)
