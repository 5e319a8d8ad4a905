"""`onefold demo`: an organisation of made-up people with known duplicates, loaded by the importer."""

import os
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from db.contact_pages import count_contacts
from db.engine import Database
from gateway.clock import system_clock
from gateway.demo_key import demo_actor, read_demo_key
from gateway.importer import ImportReport, ImportTarget, import_file
from gateway.tokens import new_token, token_hash
from resolvers.access import ALL_SCOPES, Act, Actor
from resolvers.contacts.filters import read_filter
from resolvers.contacts.read import count
from resolvers.demo import FIRST_PAIR, demo_organization_id, demo_pair, empty_demo
from resolvers.ids import ORGANIZATION, IdSource, encode_id
from resolvers.merging.merge import merge_contacts
from resolvers.merging.request import MergeRequest
from resolvers.organizations import KeyRequest, create_key, create_organization

_FOLDER = Path(__file__).parent / "static" / "demo"
CONTACTS = _FOLDER / "contacts.jsonl"
HISTORY = _FOLDER / "history.jsonl"


@dataclass(frozen=True)
class Demo:
    """What was prepared."""

    organization_id: str
    token: str
    contacts: int


async def prepare_demo(db: Database, key_file: Path, *, skip_import: bool = False) -> Demo:
    """Makes what is missing: organisation, key, contacts, one merge to look at. Run again it changes nothing.

    `skip_import`: trust that a demo which has its key and its first pair has its contacts.
    """
    new_id = IdSource(system_clock)
    org_id = await demo_organization_id(db)
    if org_id is None:
        org_id = new_id()
        await create_organization(db, org_id, "onefold demo", system_clock(), is_demo=True)
    token = read_demo_key(key_file)
    actor = await demo_actor(db, token, system_clock())
    if actor is None or token is None:
        token, actor = await _new_key(db, org_id, new_id)
        await _fill(db, Act(actor, system_clock(), new_id), org_id)
        write_private(key_file, token)
    elif not skip_import or await demo_pair(db, Act(actor, system_clock(), new_id), FIRST_PAIR) is None:
        await _fill(db, Act(actor, system_clock(), new_id), org_id)
    contacts = await count(db, Act(actor, system_clock(), new_id), org_id, read_filter({}, None))
    return Demo(encode_id(ORGANIZATION, org_id), token, contacts)


async def reset_demo(db: Database, key_file: Path) -> Demo:
    """The demo as it was when it was made, with new ids; its key goes on working. Stopped in the middle it is
    finished by the next `onefold demo`."""
    await empty_demo(db, system_clock())
    return await prepare_demo(db, key_file)


async def demo_size(db: Database) -> int | None:
    """How many living contacts the demo has; None when there is no demo."""
    org_id = await demo_organization_id(db)
    if org_id is None:
        return None
    return await db.read(lambda tx: count_contacts(tx, org_id, read_filter({}, None)))


def write_private(path: Path, text: str) -> None:
    """A file that only its owner can read, from its first byte on."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        os.fchmod(file.fileno(), 0o600)  # also when the file was there before
        file.write(f"{text}\n")


async def _new_key(db: Database, org_id: UUID, new_id: IdSource) -> tuple[str, Actor]:
    token = new_token()
    hashed = token_hash(token)
    assert hashed is not None, "a token of our own has its own checksum"
    await create_key(db, new_id(), hashed, KeyRequest((org_id,), ALL_SCOPES, "demo"), system_clock())
    actor = await demo_actor(db, token, system_clock())
    assert actor is not None, "the key was just made"
    return token, actor


async def _fill(db: Database, act: Act, org_id: UUID) -> ImportReport:
    target = ImportTarget(db, act, org_id, "demo")
    report = await import_file(target, CONTACTS, errors_file=None)
    history = await import_file(target, HISTORY, errors_file=None)
    if report.failed or history.failed:
        raise RuntimeError(f"the demo's own files have {report.failed + history.failed} bad lines")
    pair = await demo_pair(db, act, FIRST_PAIR)
    if pair is not None and pair[0] != pair[1]:
        request = MergeRequest(pair[0], (pair[1],), reason="The chat visitor turned out to be our customer.")
        await merge_contacts(db, act, request)
    return report
