"""What an organisation names and gives to contacts: labels and segments. One set of statements, built for each pair of
tables: the names, and which contact was given which (taken off by a tombstone, as identifiers are).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import Table, and_, bindparam, delete, func, select, update

from db.base import any_of, by_dialect, none_of
from db.contacts import contact
from db.engine import Transaction
from db.rare import Rare, through_tree


@dataclass(frozen=True, slots=True)
class TagRow:
    """A label or a segment as a client sees it; `name_key` is its name as compared (NFKC, casefolded)."""

    org_id: UUID
    id: UUID
    name: str
    name_key: str
    color: str | None


R = TypeVar("R", bound=TagRow)


class Tags(Generic[R]):
    """The statements of one pair: `names` holds the tags, `link` has one as `key` on a contact. `word`: what one is."""

    def __init__(self, names: Table, link: Table, key: str, row: type[R]) -> None:
        self.word = names.name
        self._row = row
        self._key = key
        columns = [names.c[field.name] for field in fields(row)]
        tag = link.c[key]
        given = and_(link.c.org_id == contact.c.org_id, link.c.contact_id == contact.c.id)
        named = and_(names.c.org_id == link.c.org_id, names.c.id == tag)
        in_force = link.c.removed_via_id.is_(None)
        self._of_organization = select(*columns).where(names.c.org_id == bindparam("org"))
        self._by_ids = select(*columns).where(any_of(names.c.org_id, "orgs"), any_of(names.c.id, "ids"))
        self._lock = self._by_ids.with_for_update(key_share=True)
        self._by_keys = select(names.c.name_key, names.c.id).where(
            names.c.org_id == bindparam("org"), any_of(names.c.name_key, "keys")
        )
        self._of_trees = (
            select(contact.c.canonical_id, *columns)
            .select_from(contact.join(link, given).join(names, named))
            .where(any_of(contact.c.org_id, "orgs"), any_of(contact.c.canonical_id, "roots"), in_force)
            .distinct()
        )
        self._counts = (
            select(tag, func.count(contact.c.canonical_id.distinct()))
            .select_from(link.join(contact, given))
            .where(any_of(link.c.org_id, "orgs"), any_of(tag, "ids"), in_force)
            .group_by(tag)
        )
        self._make = by_dialect(lambda insert: insert(names).on_conflict_do_nothing())
        self._put_on = by_dialect(
            lambda insert: insert(link).on_conflict_do_update(
                index_elements=["org_id", "contact_id", key], set_={"removed_via_id": None, "removed_at": None}
            )
        )
        self._save = (
            update(names)
            .where(names.c.org_id == bindparam("key_org"), names.c.id == bindparam("key_id"))
            .values({names.c[name]: bindparam(f"new_{name}") for name in _changing(row)})
        )
        self._in_force = (
            select(link.c.contact_id, tag)
            .select_from(contact.join(link, given))
            .where(contact.c.org_id == bindparam("org"), contact.c.canonical_id == bindparam("root"), in_force)
        )
        tree = select(contact.c.id).where(
            contact.c.org_id == bindparam("org"), contact.c.canonical_id == bindparam("root")
        )
        self._take_off_others = (
            update(link)
            .where(link.c.org_id == bindparam("org"), link.c.contact_id.in_(tree), none_of(tag, "kept"), in_force)
            .values(removed_via_id=bindparam("root"), removed_at=bindparam("now"))
        )
        self._lift = lifting(link)
        self._erase = delete(link).where(link.c.org_id == bindparam("org"), any_of(link.c.contact_id, "contacts"))
        self._link, self._tag = link, tag

    async def of_organization(self, tx: Transaction, org_id: UUID) -> list[R]:
        """All of them, by name."""
        return _by_name(self._row(*row) for row in await tx.rows(self._of_organization, {"org": org_id}))

    async def by_id(self, tx: Transaction, orgs: Sequence[UUID], ids: Sequence[UUID]) -> list[R]:
        """Those that exist."""
        return [self._row(*row) for row in await tx.rows(self._by_ids, {"orgs": orgs, "ids": ids})]

    async def of_trees(self, tx: Transaction, orgs: Sequence[UUID], roots: Sequence[UUID]) -> dict[UUID, list[R]]:
        """Those in force on each survivor's tree, each once, by name."""
        found: dict[UUID, list[R]] = {root: [] for root in roots}
        for row in await tx.rows(self._of_trees, {"orgs": orgs, "roots": roots}):
            found[row.canonical_id].append(self._row(*row[1:]))
        return {root: _by_name(rows) for root, rows in found.items()}

    async def counts(self, tx: Transaction, orgs: Sequence[UUID], ids: Sequence[UUID]) -> dict[UUID, int]:
        """How many living contacts carry each, through merges too, each contact once (what is erased carries none)."""
        counted: dict[UUID, int] = dict.fromkeys(ids, 0)
        for tag, number in await tx.rows(self._counts, {"orgs": orgs, "ids": ids}):
            counted[tag] = number
        return counted

    async def own(self, tx: Transaction, org_id: UUID, root: UUID) -> tuple[set[UUID], set[UUID]]:
        """(those in force under the survivor's own id, those in force on its whole tree)."""
        own: set[UUID] = set()
        everywhere: set[UUID] = set()
        for contact_id, tag in await tx.rows(self._in_force, {"org": org_id, "root": root}):
            everywhere.add(tag)
            if contact_id == root:
                own.add(tag)
        return own, everywhere

    async def make(self, tx: Transaction, org_id: UUID, rows: Sequence[dict[str, Any]]) -> list[UUID]:
        """The ids of those with these names, made where missing; `rows` have the columns of the table."""
        if not rows:
            return []
        await tx.run(self._make[tx.dialect], rows)
        keys = [row["name_key"] for row in rows]
        found = await self.named(tx, org_id, keys)
        return [found[key] for key in keys]

    async def named(self, tx: Transaction, org_id: UUID, keys: Sequence[str]) -> dict[str, UUID]:
        """Those with these names, by their names as compared."""
        found = await tx.rows(self._by_keys, {"org": org_id, "keys": keys})
        return {row.name_key: row.id for row in found}

    async def save(self, tx: Transaction, rows: Sequence[R]) -> None:
        """Writes every value of these that may change."""
        changing = _changing(self._row)
        saved = [
            {f"new_{name}": getattr(row, name) for name in changing} | {"key_org": row.org_id, "key_id": row.id}
            for row in rows
        ]
        if saved:
            await tx.run(self._save, saved)

    async def lock(self, tx: Transaction, orgs: Sequence[UUID], tag: UUID) -> R | None:
        """One, locked against others who change it."""
        row = await tx.row(self._lock, {"orgs": orgs, "ids": [tag]})
        return self._row(*row) if row else None

    async def save_alone(self, tx: Transaction, row: R) -> bool:
        """Writes one; False, with nothing written, when another has its name."""
        return await tx.is_unique(lambda: self.save(tx, [row]))

    async def add(self, tx: Transaction, org_id: UUID, given: Sequence[tuple[UUID, UUID]], now: datetime) -> None:
        """Gives contacts these, each pair (contact, tag) once; one that was taken off this very contact is back."""
        rows = [
            {"org_id": org_id, "contact_id": contact_id, self._key: tag, "created_at": now} for contact_id, tag in given
        ]
        if rows:
            await tx.run(self._put_on[tx.dialect], rows)

    async def put(self, tx: Transaction, org_id: UUID, root: UUID, tags: Sequence[UUID], now: datetime) -> None:
        """Makes these the survivor's: its own rows are in force, all others of its tree are taken off."""
        await tx.run(self._take_off_others, {"org": org_id, "root": root, "kept": tags, "now": now})
        await self.add(tx, org_id, [(root, tag) for tag in tags], now)

    async def bring_back(self, tx: Transaction, org_id: UUID, trees: Sequence[Sequence[UUID]]) -> None:
        """What was taken off these trees through a survivor that they no longer belong to is in force again."""
        await tx.run(self._lift, [{"key_org": org_id, "members": tree} for tree in trees])

    async def erase(self, tx: Transaction, org_id: UUID, contact_ids: Sequence[UUID]) -> None:
        """Takes all of them off these contacts, tombstones too."""
        await tx.run(self._erase, {"org": org_id, "contacts": contact_ids})

    def carried(self, org_id: UUID, tag: UUID) -> Rare:
        """A condition on `contact`: the survivor whose tree carries this one."""
        return through_tree(self._link, org_id, self._tag == tag, self._link.c.removed_via_id.is_(None))


def lifting(link: Table) -> Any:
    """The statement of an undo: what a survivor outside of a departing tree (`members`) took off it is in force again.

    `link` has contact_id, removed_via_id and removed_at.
    """
    return (
        update(link)
        .where(
            link.c.org_id == bindparam("key_org"),
            any_of(link.c.contact_id, "members"),
            link.c.removed_via_id.is_not(None),
            none_of(link.c.removed_via_id, "members"),
        )
        .values(removed_via_id=None, removed_at=None)
    )


def _changing(row: type[TagRow]) -> list[str]:
    return [field.name for field in fields(row) if field.name not in ("org_id", "id", "created_at")]


def _by_name(rows: Iterable[R]) -> list[R]:
    # In Python: the databases' collations differ.
    return sorted(rows, key=lambda row: (row.name_key, row.id))
