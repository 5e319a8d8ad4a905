"""Substring search over living contacts, with an index behind it on both databases.

`contact.search_text` holds the survivor's folded name and company and every identifier of its tree, a line each.
PostgreSQL searches it with pg_trgm (GIN, with the organisation as its first column). SQLite keeps an FTS5 trigram
index beside it, filled by triggers (see the first migration), with the organisation as one more token of each entry.
Both indexes only propose: the text itself decides, so that both databases agree to the letter.
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
    matching = (
        select(_entry.c.contact_id)
        .select_from(_index.join(_entry, _entry.c.doc == _index.c.rowid))
        .where(text("contact_search MATCH :search_match").bindparams(search_match=_trigrams(org_id, term)))
    )
    return and_(contact.c.id.in_(matching), func.instr(contact.c.search_text, term) > 0)


def _trigrams(org_id: UUID, term: str) -> str:
    """The organisation's token and every trigram of the term, all of which an entry must have."""
    # Three hexadecimal digits as one private-use character (see the trigger): at most 4,096 shares of the index.
    digits = ["0123456789abcdef".index(digit) + 1 for digit in org_id.hex[-3:]]
    token = chr(0xE000 + 256 * digits[0] + 16 * digits[1] + digits[2]) * MINIMUM
    parts = [token, *(term[start : start + MINIMUM] for start in range(len(term) - MINIMUM + 1))]
    return " AND ".join('"' + part.replace('"', '""') + '"' for part in dict.fromkeys(parts))
