"""`onefold import` on good files and on what files are like in earnest."""

from typing import Any
from uuid import UUID

from sqlalchemy import select

from db.channels import channel
from db.contacts import CONTACT_COLUMNS, ContactRow, contact, contact_row
from db.engine import Database
from db.identifiers import identifier
from resolvers.ids import ORGANIZATION, decode_id
from tests.commands.import_files import ADA, as_line, import_bytes, import_rows
from tests.commands.process import Shell


def contacts(shell: Shell) -> list[ContactRow]:
    """All of them, oldest first."""

    async def read(db: Database) -> list[ContactRow]:
        rows = await db.read(lambda tx: tx.rows(select(*CONTACT_COLUMNS).order_by(contact.c.id)))
        return [contact_row(row) for row in rows]

    return shell.ask(read)


def identifiers_of(shell: Shell, contact_id: UUID) -> set[tuple[Any, ...]]:
    """(kind, system, value, normal form, verified)."""
    columns = (identifier.c.kind, identifier.c.system, identifier.c.value, identifier.c.normalized)
    wanted = select(*columns, identifier.c.verified).where(identifier.c.contact_id == contact_id)

    async def read(db: Database) -> set[tuple[Any, ...]]:
        return {tuple(row) for row in await db.read(lambda tx: tx.rows(wanted))}

    return shell.ask(read)


def test_a_file_as_the_readme_shows_it(shell: Shell) -> None:
    """Every field lands in its stored form; the same file again changes nothing; with another ref it is another."""
    org = shell.organization()
    imported = import_rows(shell, org, [ADA, {"ref": 2, "name": "Bo"}])
    assert (imported.code, imported.counts, imported.errors) == (0, (2, 0, 0), None)
    ada, bo = contacts(shell)
    assert (ada.org_id, ada.name, ada.email, ada.phone) == (
        decode_id(ORGANIZATION, org),
        "Ada Lovelace",
        "ada@acme.com",
        "+4930123456",
    )
    assert ada.address == ADA["address"] | {"line2": None, "region": None, "country": "DE"}  # type: ignore[operator]  # a dict
    assert (ada.custom_attributes, ada.role, ada.unsubscribed) == ({"plan": "pro", "seats": 3}, "USER", True)
    assert ada.created_at.isoformat() == "2024-02-29T07:00:00+00:00"
    assert ada.base_at == ada.created_at
    assert (ada.provenance, bo.provenance, bo.name) == ({}, {}, "Bo")
    assert identifiers_of(shell, ada.id) == {
        ("EMAIL", "", "ada@acme.com", "ada@acme.com", False),
        ("PHONE", "", "+4930123456", "+4930123456", False),
        ("EXTERNAL_ID", "crm", "C-1", "C-1", True),
    }

    state = shell.state()
    again = import_rows(shell, org, [ADA, {"ref": 2, "name": "Bo"}])
    assert (again.code, again.counts) == (0, (0, 2, 0))
    assert shell.state() == state
    assert import_rows(shell, org, [ADA | {"ref": "crm-3"}]).counts == (1, 0, 0)


def test_refs_and_sources(shell: Shell) -> None:
    """1 and "1" are one ref; a ref twice in one file counts once; a line without one is known by its content, in any
    order of keys; `--source` tells files apart; no ref can pass for the hash of a content."""
    org = shell.organization()
    rows: list[dict[str, Any]] = [
        {"ref": 1, "name": "One"},
        {"ref": "1", "name": "One again"},
        {"name": "Nameless", "company": "Acme"},
        {"company": "Acme", "name": "Nameless"},
        {"name": "nameless", "company": "Acme"},
        {"ref": "Nameless", "name": "Nameless", "company": "Acme"},
    ]
    assert import_rows(shell, org, rows).counts == (4, 2, 0)
    assert import_rows(shell, org, rows).counts == (0, 6, 0)
    assert import_rows(shell, org, rows, "--source", "helpdesk").counts == (4, 2, 0)
    other = shell.organization("Other")
    assert import_rows(shell, other, rows).counts == (4, 2, 0)
    assert [row.name for row in contacts(shell)].count("One") == 3


def test_odd_but_sound_bytes(sqlite_shell: Shell) -> None:
    """A byte order mark, CRLF, blank lines, white space around, no line break at the end: all of it is read."""
    org = sqlite_shell.organization()
    lines = [as_line({"ref": number, "name": f"N{number}"}).rstrip() for number in range(4)]
    content = b"\xef\xbb\xbf" + lines[0] + b"\r\n\r\n   \n\t" + lines[1] + b" \r\n\n" + lines[2] + b"\n" + lines[3]
    imported = import_bytes(sqlite_shell, org, content)
    assert (imported.code, imported.counts, imported.errors) == (0, (4, 0, 0), None)
    assert [row.name for row in contacts(sqlite_shell)] == ["N0", "N1", "N2", "N3"]


def test_an_empty_file_is_nothing(sqlite_shell: Shell) -> None:
    """No lines, or blank ones: nothing is made and nothing is wrong."""
    org = sqlite_shell.organization()
    state = sqlite_shell.state()
    assert import_bytes(sqlite_shell, org, b"").counts == (0, 0, 0)
    assert import_bytes(sqlite_shell, org, b"\n\r\n \n").counts == (0, 0, 0)
    assert sqlite_shell.state() == state


def test_a_large_file_is_read_by_two_processes(shell: Shell) -> None:
    """Beyond 2 MB rows come out of a second process: none is lost, doubled or mixed up, and ids rise with the file."""
    org = shell.organization()
    filler = {"note": "x" * 700}
    rows = [{"ref": n, "name": f"N{n:05d}", "customAttributes": filler | {"n": n}} for n in range(5_000)]
    rows[2_500] = {"ref": 1, "name": "twice"}
    rows[4_000] = {"ref": 4_000, "email": "nobody"}
    imported = import_rows(shell.by_script, org, rows)
    assert (imported.code, imported.counts) == (1, (4_998, 1, 1))
    assert [entry["line"] for entry in imported.errors or []] == [4_001]
    kept = contacts(shell)
    assert sorted(row.name or "" for row in kept) == [f"N{n:05d}" for n in range(5_000) if n not in (2_500, 4_000)]
    assert all(row.name == f"N{row.custom_attributes['n']:05d}" for row in kept)
    state = shell.state()
    assert import_rows(shell, org, rows).counts == (0, 4_999, 1)
    assert shell.state() == state


def test_channels_of_a_line(shell: Shell) -> None:
    """They land with their contact in their stored form; what is wrong in one is told with its place."""
    org = shell.organization()
    good = {"ref": 1, "channels": [{"type": "SMS", "phone": "+49 30 123456"}, {"type": "EMAIL", "email": "A@x.test"}]}
    bad = {"ref": 2, "channels": [{"type": "FAX"}, {"type": "SMS", "colour": "red"}, {"link": "ftp://x"}]}
    imported = import_rows(shell, org, [good, bad, {"ref": 3, "channels": "x"}])
    assert imported.counts == (1, 0, 2)
    (ada,) = contacts(shell)
    assert identifiers_of(shell, ada.id) == set(), "a channel's address is no identifier"
    wanted = select(channel.c.contact_id, channel.c.type, channel.c.identity).order_by(channel.c.id)

    async def read(db: Database) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in await db.read(lambda tx: tx.rows(wanted))]

    assert shell.ask(read) == [(ada.id, "SMS", "phone:+4930123456"), (ada.id, "EMAIL", "email:a@x.test")]
    fields = [error["field"] for entry in imported.errors or () for error in entry["errors"]]
    assert fields == [
        ["channels", "0", "type"],
        ["channels", "1", "colour"],
        ["channels", "2", "type"],
        ["channels", "2", "link"],
        ["channels"],
    ]
    state = shell.state()
    assert import_rows(shell, org, [good]).counts == (0, 1, 0)
    assert shell.state() == state
