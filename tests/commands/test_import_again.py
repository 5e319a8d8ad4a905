"""A file imported again after its contacts went on to live: merged, edited, erased. Nothing comes back."""

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import select

from db.contacts import contact
from db.engine import Database
from resolvers.access import ALL_SCOPES, Act, Actor
from resolvers.contacts.erase import erase_contact
from resolvers.contacts.update import update_contact
from resolvers.ids import CONTACT, ORGANIZATION, IdSource, decode_id, encode_id
from resolvers.merging.merge import merge_contacts
from resolvers.merging.request import MergeRequest
from tests.commands.import_files import import_rows
from tests.commands.process import Shell

NAMES = ("Merged", "Primary", "Edited", "Erased")


async def _live_on(db: Database, org_id: UUID) -> None:
    """One is merged into another, one is renamed, one is erased."""

    def clock() -> datetime:
        return datetime.now(UTC)

    new_id = IdSource(clock)
    act = Act(Actor(new_id(), "tests", (org_id,), ALL_SCOPES), clock(), new_id)
    found = await db.read(lambda tx: tx.rows(select(contact.c.name, contact.c.id)))
    ids: dict[str, UUID] = {row.name: row.id for row in found}
    await merge_contacts(db, act, MergeRequest(ids["Primary"], (ids["Merged"],)))
    await update_contact(db, act, {"id": encode_id(CONTACT, ids["Edited"]), "name": "Renamed"})
    await erase_contact(db, act, encode_id(CONTACT, ids["Erased"]), "asked to")


def test_a_known_ref_is_skipped_whatever_became_of_its_contact(shell: Shell) -> None:
    """With refs and without: four lines, none of them makes or changes anything the second time."""
    org = shell.organization()
    org_id = decode_id(ORGANIZATION, org)
    assert org_id is not None
    rows = [{"ref": number, "name": name, "email": f"{name}@acme.com"} for number, name in enumerate(NAMES)]
    assert import_rows(shell, org, rows).counts == (4, 0, 0)
    shell.ask(lambda db: _live_on(db, org_id))
    state = shell.state()
    assert import_rows(shell, org, rows).counts == (0, 4, 0)
    assert shell.state() == state
    assert "erased@acme.com" not in repr(state).casefold(), "an erased address is nowhere, not even as a ref"
