"""`onefold demo`: an organisation to try things on, made once, whatever is run again."""

import stat

import pytest
from sqlalchemy import select

from db.contacts import contact
from db.engine import Database, Transaction
from db.identifiers import identifier
from db.organizations import change_settings, demo_organization, merge_settings
from db.tables import metadata
from gateway.clock import system_clock
from gateway.demo import CONTACTS
from resolvers.access import ALL_SCOPES, Act, Actor
from resolvers.contacts.erase import erase_contact
from resolvers.contacts.tags import set_labels
from resolvers.demo import demo_organization_id, demo_pair, empty_demo
from resolvers.ids import CONTACT, ORGANIZATION, IdSource, decode_id, encode_id
from resolvers.merging.merge import merge_contacts
from resolvers.merging.request import MergeRequest
from tests.commands.process import Shell


def mode(shell: Shell) -> int:
    """Of the file that keeps the key."""
    return stat.S_IMODE((shell.folder / "data" / "demo.key").stat().st_mode)


def test_the_demo_is_made_once(bare_shell: Shell) -> None:
    """From nothing on each database: the token alone on stdout, kept in a file for its owner alone; run again, with
    and without --if-missing and with --json, it changes nothing and says the same."""
    first = bare_shell.by_script.done("demo", "--port", "9123")
    token = first.last
    assert first.out == f"{token}\n"
    assert "http://127.0.0.1:9123/graphiql/" in first.err
    key_file = bare_shell.folder / "data" / "demo.key"
    assert key_file.read_text() == f"{token}\n"
    assert mode(bare_shell) == 0o600
    state = bare_shell.state()
    assert len(state["contact"]) == len(CONTACTS.read_text().splitlines())
    assert len(state["merge_event"]) == 1

    key_file.chmod(0o644)
    assert bare_shell.done("demo").out == f"{token}\n"
    assert bare_shell.done("demo", "--if-missing").out == f"{token}\n"
    said = bare_shell.done("demo", "--json").json
    assert (said["token"], said["contacts"]) == (token, len(state["contact"]) - 1)
    assert bare_shell.state() == state


def test_a_lost_key_is_made_anew(shell: Shell) -> None:
    """Without its file the demo gets another key, and keeps its organisation and its contacts."""
    one = shell.done("demo", "--json").json
    (shell.folder / "data" / "demo.key").unlink()
    two = shell.done("demo", "--if-missing", "--json").json
    assert one["token"] != two["token"]
    assert (two["organization"], two["contacts"]) == (one["organization"], one["contacts"])
    assert mode(shell) == 0o600


@pytest.mark.parametrize("text", ["", "nonsense\n", "ofk_" + "0" * 59])
def test_a_spoilt_key_file_is_written_anew(sqlite_shell: Shell, text: str) -> None:
    """Whatever stood in it: the new key works, and nobody but the owner can read it."""
    folder = sqlite_shell.folder / "data"
    folder.mkdir()
    (folder / "demo.key").write_text(text)
    (folder / "demo.key").chmod(0o666)
    token = sqlite_shell.done("demo").last
    assert (folder / "demo.key").read_text() == f"{token}\n"
    assert mode(sqlite_shell) == 0o600


def contents(shell: Shell) -> dict[str, list[object]]:
    """What the demo holds beside ids and times: contacts, identifiers, settings, and how many rows of the rest."""
    state = shell.ask(demo_rows)
    return {table: sorted(rows, key=repr) for table, rows in state.items()}


async def demo_rows(db: Database) -> dict[str, list[object]]:
    """The demo organisation's rows, told apart by what a person would see."""

    async def read(tx: Transaction) -> dict[str, list[object]]:
        org = (await demo_organization(tx)).id
        shown = {
            contact: [c for c in contact.c if c.type.python_type in (str, bool, dict) and c.name != "provenance"],
            identifier: [identifier.c.kind, identifier.c.normalized, identifier.c.verified],
            merge_settings: [merge_settings.c.role_rule, merge_settings.c.identifier_rule],
        }
        found: dict[str, list[object]] = {}
        for table in metadata.sorted_tables:
            if "org_id" in table.c:
                rows = await tx.rows(select(*shown.get(table, [table.c.org_id])).where(table.c.org_id == org))
                found[table.name] = [tuple(row) for row in rows]
        return found

    return await db.read(read)


def test_reset_brings_the_first_state_back(bare_shell: Shell) -> None:
    """After merges, edits, labels, an erasure and other settings: the same people, the same key; another organisation's
    rows stay to the byte; without --yes nothing happens."""
    token = bare_shell.done("demo").last
    first = contents(bare_shell)
    other = bare_shell.organization("Other")
    file = bare_shell.folder / "people.jsonl"
    file.write_text('{"ref": "1", "name": "Juliette", "email": "juliette@other.example"}\n')
    bare_shell.done("import", file, "--org", other)
    bare_shell.ask(spoil)
    spoilt = bare_shell.state()
    assert contents(bare_shell) != first
    assert "Add --yes" in bare_shell.failed("demo", "--reset")
    assert bare_shell.state() == spoilt

    assert bare_shell.done("demo", "--reset", "--yes").last == token
    assert contents(bare_shell) == first
    now, other_id = bare_shell.state(), decode_id(ORGANIZATION, other)
    for table, rows in spoilt.items():
        kept = [row for row in rows if other_id in row]
        assert [row for row in now[table] if other_id in row] == kept
    assert len(now["organization"]) == 2
    assert bare_shell.done("demo", "--if-missing").last == token
    assert bare_shell.state() == now


async def spoil(db: Database) -> None:
    """What a visitor does to the demo."""
    org_id = await demo_organization_id(db)
    assert org_id is not None
    new_id = IdSource(system_clock)
    act = Act(Actor(new_id(), "visitor", (org_id,), ALL_SCOPES), system_clock(), new_id)
    for number in (1, 2):
        pair = await demo_pair(db, act, number)
        assert pair is not None
        await merge_contacts(db, act, MergeRequest(pair[0], (pair[1],)))
        if number == 1:
            await set_labels(db, act, encode_id(CONTACT, pair[0]), ["vip"])
        else:
            await erase_contact(db, act, encode_id(CONTACT, pair[0]), None)
    await db.write(lambda tx: change_settings(tx, org_id, {"identifier_rule": "UNIQUE"}))


def test_a_reset_that_was_cut_short_is_finished(sqlite_shell: Shell) -> None:
    """Emptied and not yet filled: `onefold demo --if-missing`, which `make run` calls, fills it."""
    token = sqlite_shell.done("demo").last
    first = contents(sqlite_shell)
    sqlite_shell.ask(lambda db: empty_demo(db, system_clock()))
    assert contents(sqlite_shell)["contact"] == []
    assert sqlite_shell.done("demo", "--if-missing").last == token
    assert contents(sqlite_shell) == first


def test_reset_without_a_demo_makes_one(bare_shell: Shell) -> None:
    """There is nothing to ask about."""
    assert bare_shell.done("demo", "--reset", "--json").json["contacts"] > 300
