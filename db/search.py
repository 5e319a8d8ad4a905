"""Substring search over living contacts, with an index behind it on both databases.

`contact.search_text` holds the survivor's folded name and company and every identifier of its tree, a line each.
PostgreSQL searches it with pg_trgm (GIN, with the organisation as its first column). SQLite keeps an FTS5 trigram
index beside it, filled by triggers (see the first migration), with the organisation as one more token of each entry.
Both indexes only propose: the text itself decides, so that both databases agree to the letter.
"""

from uuid import UUID

from sqlalchemy import ColumnElement, FromClause, and_, column, func, select, table, text

from db.contacts import contact
from db.rare import Rare, surely

MINIMUM = 3  # characters: a trigram index cannot answer less
_DIGITS = 7  # of a number that tell

_index = table("contact_search", column("rowid"))
_entry = table("contact_search_doc", column("doc"), column("contact_id", contact.c.id.type))


def search_on_postgresql(term: str) -> ColumnElement[bool]:
    """A condition on `contact`: its search text contains `term`, which is folded and at least MINIMUM long."""
    pattern = telling_part(term).replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    # strpos and not the pattern: an index condition on all of it reads the longest lists of the index too.
    return and_(contact.c.search_text.like(f"%{pattern}%"), surely(func.strpos(contact.c.search_text, term) > 0))


def search_on_sqlite(org_id: UUID, term: str) -> Rare:
    """The same. Its entries are the texts themselves: a term's trigrams may be in many more."""
    match = text("contact_search MATCH :search_match").bindparams(search_match=_trigrams(org_id, telling_part(term)))
    proposed = _index.join(_entry, _entry.c.doc == _index.c.rowid)

    def holds(row: FromClause) -> ColumnElement[bool]:
        return func.instr(row.c.search_text, term) > 0

    entries = (
        select(contact.c.id.label("id"))
        .select_from(proposed.join(contact, contact.c.id == _entry.c.contact_id))
        .where(match, contact.c.org_id == org_id, holds(contact))
    )
    matching = select(_entry.c.contact_id).select_from(proposed).where(match)
    looked_up = and_(contact.c.id.in_(matching), holds(contact))
    return Rare(entries, looked_up, holds, reads=("search_text",), finds_ids=True)


def telling_part(term: str) -> str:
    """What an index is asked for: of an address what stands before `@`, of a long number its last digits.

    Domains and dialling codes are in nearly every text, and their lists are the longest of the index.
    """
    local = term.partition("@")[0]
    if MINIMUM <= len(local) < len(term):
        term = local
    return term[-_DIGITS:] if term.removeprefix("+").isdigit() else term


def _trigrams(org_id: UUID, term: str) -> str:
    """The organisation's token and trigrams that cover the term, all of which an entry must have.

    One behind the other: those between tell little more, and each is a list to be read.
    """
    # Three hexadecimal digits as one private-use character (see the trigger): at most 4,096 shares of the index.
    digits = ["0123456789abcdef".index(digit) + 1 for digit in org_id.hex[-3:]]
    token = chr(0xE000 + 256 * digits[0] + 16 * digits[1] + digits[2]) * MINIMUM
    starts = (*range(0, len(term) - MINIMUM, MINIMUM), len(term) - MINIMUM)
    parts = [token, *(term[start : start + MINIMUM] for start in starts)]
    return " AND ".join('"' + part.replace('"', '""') + '"' for part in dict.fromkeys(parts))
