"""setLabels and setSegments: the whole set of a contact's labels or segments, by name."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from db.contacts import ContactRow
from db.engine import Database, Transaction
from db.labels import LABELS
from db.segments import SEGMENTS
from db.tags import R, Tags
from resolvers.access import Act, Scope, require
from resolvers.contacts.landing import Landed, landed_on, lock_landing, read_contact_id, save_changed
from resolvers.contacts.values import BadValue, name_key, text
from resolvers.errors import ErrorCode, Refused, UserError, refuse

MAXIMUM = 100
NAME_LENGTH = 100


async def set_labels(db: Database, act: Act, contact: str, names: Sequence[str]) -> Landed[ContactRow]:
    """Makes these the labels of the survivor; those of the whole tree that are not named are taken off."""
    return await _set(db, act, LABELS, contact, names, {})


async def set_segments(db: Database, act: Act, contact: str, names: Sequence[str]) -> Landed[ContactRow]:
    """Puts the survivor into these segments; its whole tree is taken out of those that are not named."""
    return await _set(db, act, SEGMENTS, contact, names, {"updated_at": act.now})


async def _set(
    db: Database, act: Act, tags: Tags[R], contact: str, names: Sequence[str], more: Mapping[str, Any]
) -> Landed[ContactRow]:
    require(act.actor, Scope.CONTACTS_WRITE)
    contact_id = read_contact_id(contact)
    wanted = _read_names(names, tags.word)

    async def work(tx: Transaction) -> Landed[ContactRow]:
        row = await lock_landing(tx, act, contact_id)
        ids = await tags.make(tx, row.org_id, _new_rows(act, row.org_id, wanted, more))
        own, everywhere = await tags.own(tx, row.org_id, row.id)
        if own == everywhere == set(ids):
            return Landed(row, landed_on(row, contact_id))
        await tags.put(tx, row.org_id, row.id, ids, act.now)
        return Landed(await save_changed(tx, act, row), landed_on(row, contact_id))

    return await db.write(work)


def _new_rows(act: Act, org_id: UUID, wanted: Mapping[str, str], more: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "org_id": org_id,
            "id": act.new_id(),
            "name": name,
            "name_key": key,
            "color": None,
            "created_at": act.now,
            **more,
        }
        for key, name in sorted(wanted.items())  # one order for everybody: two writers cannot deadlock
    ]


def _read_names(names: Sequence[str], word: str) -> dict[str, str]:
    """Comparison form -> name as first written; names that differ only in case are one."""
    if len(names) > MAXIMUM:
        raise refuse(ErrorCode.BAD_USER_INPUT, f"{len(names)} {word}s were sent; at most {MAXIMUM}.", "names")
    errors: list[UserError] = []
    wanted: dict[str, str] = {}
    for index, name in enumerate(names):
        try:
            read = text(name, NAME_LENGTH)
            if read is None:
                raise BadValue("must not be blank")
            wanted.setdefault(name_key(read), read)
        except BadValue as error:
            errors.append(UserError(ErrorCode.BAD_USER_INPUT, f"A {word} {error}.", ("names", str(index))))
    if errors:
        raise Refused(errors)
    return wanted
