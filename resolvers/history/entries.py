"""What calls and notes have in common: entries of their own under a contact, made, changed, deleted and read alike."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from operator import attrgetter
from typing import Any, Generic, TypeVar
from uuid import UUID

from db.calls import CallRow
from db.contacts import ContactRow
from db.engine import Database, Transaction
from db.notes import NoteRow
from resolvers.access import Act, Scope, require
from resolvers.contacts.landing import Landed, landed_on, lock_landing, made_before, read_contact_id
from resolvers.errors import ErrorCode, Refused, refuse
from resolvers.history.paging import Listing, count_under, cursor_at, pages_under
from resolvers.ids import decode_id, encode_id
from resolvers.paging import Page, PageArguments, cut_page

E = TypeVar("E", CallRow, NoteRow)


@dataclass(frozen=True, eq=False)
class Entries(Generic[E]):
    """One kind. `word` is the prefix of its ids and its name for people; `operation` the mutation that makes one; the
    rest are its statements and its list."""

    word: str
    operation: str
    row: type[E]
    listing: Listing
    by_ids: Callable[[Transaction, Sequence[UUID], Sequence[UUID]], Awaitable[dict[UUID, E]]]
    write: Callable[[Transaction, ContactRow, E], Awaitable[None]]  # a new one, under its locked survivor
    save: Callable[[Transaction, E], Awaitable[None]]
    delete: Callable[[Transaction, UUID, UUID], Awaitable[int]]

    async def add(self, db: Database, act: Act, raw: Mapping[str, Any], values: Mapping[str, Any]) -> Landed[E]:
        """A new one for the contact named, or the one that the idempotency key stands for. Raises Refused."""
        contact_id, entry_id = read_contact_id(raw["contactId"]), act.new_id()

        async def work(tx: Transaction) -> Landed[E]:
            root = await lock_landing(tx, act, contact_id)
            before = await made_before(tx, act, root.org_id, self.operation, raw, entry_id)
            if before is not None:
                return Landed(await self._find(tx, act, before, "idempotencyKey"), landed_on(root, contact_id))
            row = self.row(**values, org_id=root.org_id, id=entry_id, contact_id=contact_id)
            await self.write(tx, root, row)
            return Landed(row, landed_on(root, contact_id))

        return await db.write(work)

    async def change(self, db: Database, act: Act, entry: str, values: Mapping[str, Any]) -> Landed[E]:
        """Writes these columns. Raises Refused."""
        entry_id = self._read_id(entry)

        async def work(tx: Transaction) -> Landed[E]:
            root, row = await self._lock(tx, act, entry_id)
            row = replace(row, **values)
            await self.save(tx, row)
            return Landed(row, landed_on(root, row.contact_id))

        return await db.write(work)

    async def remove(self, db: Database, act: Act, entry: str) -> UUID:
        """Deletes one; its id. Raises Refused."""
        require(act.actor, Scope.CONTACTS_WRITE)
        entry_id = self._read_id(entry)

        async def work(tx: Transaction) -> UUID:
            _, row = await self._lock(tx, act, entry_id)
            await self.delete(tx, row.org_id, entry_id)
            return entry_id

        return await db.write(work)

    async def of_contacts(self, db: Database, act: Act, roots: Sequence[UUID], page: PageArguments) -> list[Page[E]]:
        """For each survivor one page of its tree's, newest first."""
        found = await pages_under(db, act, self.listing, roots, page)
        cursor = partial(cursor_at, self.listing.order, attrgetter(self.listing.hanging.at))
        return [cut_page([self.row(*row[1:-1]) for row in rows], page, cursor) for rows in found]

    async def count(self, db: Database, act: Act, roots: Sequence[UUID]) -> list[int]:
        """For each survivor how many those are."""
        return await count_under(db, act, self.listing, roots)

    async def by_id(self, db: Database, act: Act, entry: str) -> E | None:
        """One that the key may see."""
        require(act.actor, Scope.CONTACTS_READ)
        entry_id = decode_id(self.word, entry)
        if entry_id is None:
            return None
        return (await db.read(lambda tx: self.by_ids(tx, act.actor.organizations, [entry_id]))).get(entry_id)

    async def _lock(self, tx: Transaction, act: Act, entry_id: UUID) -> tuple[ContactRow, E]:
        """The survivor, locked, and the entry as it stands then. Raises NOT_FOUND."""
        row = await self._find(tx, act, entry_id, "id")
        root = await lock_landing(tx, act, row.contact_id, "id")
        return root, await self._find(tx, act, entry_id, "id")

    async def _find(self, tx: Transaction, act: Act, entry_id: UUID, field: str) -> E:
        found = (await self.by_ids(tx, act.actor.organizations, [entry_id])).get(entry_id)
        if found is None:
            raise self._gone(entry_id, field)
        return found

    def _read_id(self, value: str) -> UUID:
        entry_id = decode_id(self.word, value)
        if entry_id is None:
            message = f"Not a {self.word} id: they look like {self.word}_01j…."
            raise refuse(ErrorCode.BAD_USER_INPUT, message, "id")
        return entry_id

    def _gone(self, entry_id: UUID, field: str) -> Refused:
        shown = encode_id(self.word, entry_id)
        return refuse(ErrorCode.NOT_FOUND, f"{self.word.capitalize()} not found: {shown}.", field)
