"""Substring search over living contacts, with an index behind it on both databases.

`contact.search_text` holds the survivor's folded name and company and every identifier of its tree, a line each.
PostgreSQL searches it with pg_trgm (GIN, with the organisation as its first column). SQLite keeps an FTS5 trigram
index beside it, filled by triggers (see the first migration), with the organisation as a token of each entry.
"""

from uuid import UUID

from sqlalchemy import ColumnElement, and_, column, func, select, table, text

from db.contacts import contact

MINIMUM = 3  # characters: a trigram index cannot answer less

_index = table("contact_search", column("rowid"))
_entry = table("contact_search_doc", column("doc"), column("contact_id", contact.c.id.type))


def search_condition(dialect: str, org_id: UUID, term: str) -> ColumnElement[bool]:
    """A condition on `contact`: its search text contains `term`, which is folded and at least MINIMUM long."""
    if dialect == "postgresql":
        pattern = term.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        return contact.c.search_text.like(f"%{pattern}%")
    quoted = term.replace('"', '""')
    matching = (
        select(_entry.c.contact_id)
        .select_from(_index.join(_entry, _entry.c.doc == _index.c.rowid))
        .where(
            text("contact_search MATCH :search_match").bindparams(
                search_match=f'org_id:"{org_id.hex}" AND body:"{quoted}"'
            )
        )
    )
    # The index folds a little more than we do: the text itself decides, so that both databases agree.
    return and_(contact.c.id.in_(matching), func.instr(contact.c.search_text, term) > 0)
