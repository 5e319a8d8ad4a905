"""What pages of contacts are found by: custom attributes, and indexes that tell more without the row.

Revises: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

LIVING = sa.text("merged_into_id IS NULL AND erased_at IS NULL")
ORDERS = ("id", "created_at", "updated_at", "name_sort", "last_activity_sort")


def upgrade() -> None:
    _index_again(("id", "blocked", "unsubscribed", "role"), ("id",))
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE INDEX ix_contact_attributes ON contact USING gin (org_id, custom_attributes jsonb_path_ops)"
            " WHERE merged_into_id IS NULL AND erased_at IS NULL"
        )
    else:
        _attributes_of_sqlite()


def _index_again(of_living: tuple[str, ...], of_tree: tuple[str, ...]) -> None:
    """The indexes of the five orders and of the trees, with these columns at their end."""
    for order in ORDERS:
        name = f"ix_contact_living_{order}"
        op.drop_index(name, "contact")
        columns = list(dict.fromkeys(("org_id", order, *of_living)))
        op.create_index(name, "contact", columns, postgresql_where=LIVING, sqlite_where=LIVING)
    op.drop_index("ix_contact_canonical", "contact")
    op.create_index("ix_contact_canonical", "contact", ["org_id", "canonical_id", *of_tree])


def _attributes_of_sqlite() -> None:
    """Each living contact's top-level attributes, kept by triggers: what a look-up is proposed by (db/attributes.py).

    Keys and values are cut, and true, false and null stand as words: the row decides. `value` has no type, so that a
    number is a number. A migration that rebuilds `contact` must make its triggers again.
    """
    op.execute(
        "CREATE TABLE contact_attribute (org_id CHAR(32) NOT NULL, key TEXT NOT NULL, value NOT NULL,"
        " contact_id CHAR(32) NOT NULL, PRIMARY KEY (org_id, key, value, contact_id)) WITHOUT ROWID"
    )
    key = "substr(entry.key, 1, 60)"
    value = (
        "CASE WHEN entry.type IN ('integer', 'real') THEN entry.value"
        " WHEN entry.type IN ('true', 'false', 'null') THEN entry.type ELSE substr(entry.value, 1, 60) END"
    )
    living = "{0}.merged_into_id IS NULL AND {0}.erased_at IS NULL"
    add = (
        "INSERT OR IGNORE INTO contact_attribute (org_id, key, value, contact_id)"
        f" SELECT {{0}}.org_id, {key}, {value}, {{0}}.id FROM {{1}}json_each({{0}}.custom_attributes) AS entry"
        f" WHERE {living}"
    )
    take = (
        "DELETE FROM contact_attribute WHERE org_id = old.org_id AND contact_id = old.id AND (key, value) IN"
        f" (SELECT {key}, {value} FROM json_each(old.custom_attributes) AS entry)"
    )
    op.execute(f"CREATE TRIGGER contact_attribute_added AFTER INSERT ON contact BEGIN {add.format('new', '')}; END")
    op.execute(
        "CREATE TRIGGER contact_attribute_changed"
        " AFTER UPDATE OF custom_attributes, merged_into_id, erased_at ON contact"
        " WHEN old.custom_attributes IS NOT new.custom_attributes"
        f" OR ({living.format('old')}) <> ({living.format('new')})"
        f" BEGIN {take}; {add.format('new', '')}; END"
    )
    op.execute(f"CREATE TRIGGER contact_attribute_gone AFTER DELETE ON contact BEGIN {take}; END")
    op.execute(add.format("contact", "contact, "))


def downgrade() -> None:
    _index_again(("id",), ())
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP INDEX ix_contact_attributes")
        return
    for trigger in ("added", "changed", "gone"):
        op.execute(f"DROP TRIGGER contact_attribute_{trigger}")
    op.execute("DROP TABLE contact_attribute")
