"""An organisation with generated contacts, in this process."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from sqlalchemy import select

from db.contacts import contact
from db.engine import Database
from gateway.importer import ImportTarget, import_file
from resolvers.access import ALL_SCOPES, Act, Actor
from resolvers.ids import IdSource
from resolvers.merging.merge import merge_contacts
from resolvers.merging.request import MergeRequest
from resolvers.organizations import create_organization
from tests.benchmarks.people import write_people


@dataclass
class Organisation:
    """A caller who may do everything in it, and the ids of its contacts, oldest first."""

    db: Database
    act: Act
    org_id: UUID
    ids: list[UUID]

    async def merge(self, primary: UUID, sources: list[UUID]) -> UUID:
        """One merge; its id."""
        done = await merge_contacts(self.db, self.act, MergeRequest(primary, tuple(sources)))
        assert done.merge is not None
        return done.merge.id


async def fill(db: Database, folder: Path, count: int) -> Organisation:
    """So many contacts, imported."""

    def clock() -> datetime:
        return datetime.now(UTC)

    new_id = IdSource(clock)
    org_id = new_id()
    await create_organization(db, org_id, f"{count} contacts", clock())
    act = Act(Actor(new_id(), "benchmark", (org_id,), ALL_SCOPES), clock(), new_id)
    file = write_people(folder / f"fill-{count}.jsonl", count)
    await import_file(ImportTarget(db, act, org_id, "benchmark"), file, errors_file=None)
    file.unlink()
    wanted = select(contact.c.id).where(contact.c.org_id == org_id).order_by(contact.c.id)
    ids = [row.id for row in await db.read(lambda tx: tx.rows(wanted))]
    return Organisation(db, act, org_id, ids)
