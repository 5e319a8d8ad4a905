"""setLabels: the whole set of a contact's labels, by name."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from db import contact_writes, labels
from db.contacts import ContactRow
from db.engine import Database, Transaction
from resolvers.access import Act, Scope, require
from resolvers.contacts.identifiers import landed
from resolvers.contacts.landing import Landed, lock_landing, read_contact_id
from resolvers.contacts.values import BadValue, folded, text
from resolvers.errors import ErrorCode, Refused, UserError, refuse

MAXIMUM = 100
NAME_LENGTH = 100


async def set_labels(db: Database, act: Act, contact: str, names: Sequence[str]) -> Landed[ContactRow]:
    """Makes these the labels of the survivor; those of the whole tree that are not named are taken off."""
    require(act.actor, Scope.CONTACTS_WRITE)
    contact_id = read_contact_id(contact)
    wanted = _read_names(names)
    return await db.write(lambda tx: _set(tx, act, contact_id, wanted))


async def _set(tx: Transaction, act: Act, contact_id: UUID, wanted: dict[str, str]) -> Landed[ContactRow]:
    row = await lock_landing(tx, act, contact_id)
    new = [
        {
            "org_id": row.org_id,
            "id": act.new_id(),
            "name": name,
            "name_key": key,
            "color": None,
            "created_at": act.now,
        }
        for key, name in sorted(wanted.items())  # one order for everybody: two writers cannot deadlock
    ]
    label_ids = await labels.make_labels(tx, row.org_id, new)
    own, everywhere = await labels.own_labels(tx, row.org_id, row.id)
    if own == everywhere == set(label_ids):
        return landed(row, contact_id)
    await labels.set_labels(tx, row.org_id, row.id, label_ids, act.now)
    row = replace(row, updated_at=max(act.now, row.updated_at), version=row.version + 1)
    await contact_writes.save_contact(tx, row)
    return landed(row, contact_id)


def _read_names(names: Sequence[str]) -> dict[str, str]:
    """Comparison form -> name as first written; names that differ only in case are one label."""
    if len(names) > MAXIMUM:
        raise refuse(ErrorCode.BAD_USER_INPUT, f"{len(names)} labels were sent; at most {MAXIMUM}.", "names")
    errors: list[UserError] = []
    wanted: dict[str, str] = {}
    for index, name in enumerate(names):
        try:
            read = text(name, NAME_LENGTH)
            if read is None:
                raise BadValue("must not be blank")
            wanted.setdefault(folded(read), read)
        except BadValue as error:
            errors.append(UserError(ErrorCode.BAD_USER_INPUT, f"A label {error}.", ("names", str(index))))
    if errors:
        raise Refused(errors)
    return wanted
