"""The first tables: organisations, keys, settings, contacts and their history.

contact.merge_id and merge_event.primary_contact_id refer to each other: PostgreSQL gets the first of the two by
ALTER, SQLite, which cannot alter, takes a reference to a table that comes later.

Revises:
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

MOMENT = sa.DateTime(timezone=True)
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
LIVING = sa.text("merged_into_id IS NULL AND erased_at IS NULL")

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "api_key",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=True),
        sa.Column("scopes", JSON, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=True),
        sa.Column("revoked_at", MOMENT, nullable=True),
        sa.Column("last_used_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_api_key"),
        sa.UniqueConstraint("token_hash", name="uq_api_key_token_hash"),
    )
    op.create_table(
        "organization",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("ref_key", sa.LargeBinary(), nullable=False),
        sa.Column("is_demo", sa.Boolean(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_organization"),
    )
    op.create_table(
        "api_key_organization",
        sa.Column("key_id", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["key_id"], ["api_key.id"], name="fk_api_key_organization_key_id"),
        sa.ForeignKeyConstraint(["org_id"], ["organization.id"], name="fk_api_key_organization_org_id"),
        sa.PrimaryKeyConstraint("key_id", "org_id", name="pk_api_key_organization"),
    )
    op.create_index("ix_api_key_organization_org_id", "api_key_organization", ["org_id"], unique=False)

    op.create_table(
        "organization_lock",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["org_id"], ["organization.id"], name="fk_organization_lock_org_id"),
        sa.PrimaryKeyConstraint("org_id", name="pk_organization_lock"),
    )
    op.create_table(
        "contact",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(), nullable=True),
        sa.Column("name", sa.String(), nullable=True),
        sa.Column("avatar_url", sa.String(), nullable=True),
        sa.Column("company", sa.String(), nullable=True),
        sa.Column("title", sa.String(), nullable=True),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("phone", sa.String(), nullable=True),
        sa.Column("address", JSON, nullable=True),
        sa.Column("language", sa.String(), nullable=True),
        sa.Column("timezone", sa.String(), nullable=True),
        sa.Column("birthdate", sa.Date(), nullable=True),
        sa.Column("blocked", sa.Boolean(), nullable=False),
        sa.Column("blocked_at", MOMENT, nullable=True),
        sa.Column("unsubscribed", sa.Boolean(), nullable=False),
        sa.Column("unsubscribed_at", MOMENT, nullable=True),
        sa.Column("unsubscribe_reason", sa.String(), nullable=True),
        sa.Column("unsubscribe_feedback", sa.String(), nullable=True),
        sa.Column("is_admin", sa.Boolean(), nullable=False),
        sa.Column("availability_status", sa.String(), nullable=True),
        sa.Column("custom_attributes", JSON, nullable=False),
        sa.Column("metadata", JSON, nullable=False),
        sa.Column("additional_attributes", JSON, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.Column("first_seen_at", MOMENT, nullable=True),
        sa.Column("canonical_id", sa.Uuid(), nullable=False),
        sa.Column("merged_into_id", sa.Uuid(), nullable=True),
        sa.Column("merge_id", sa.Uuid(), nullable=True),
        sa.Column("base_at", MOMENT, nullable=False),
        sa.Column("provenance", JSON, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name_sort", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("last_activity_sort", MOMENT, nullable=False),
        sa.Column("search_text", sa.Text(), nullable=False),
        sa.Column("erased_at", MOMENT, nullable=True),
        sa.CheckConstraint(
            "availability_status IN ('ONLINE', 'BUSY', 'OFFLINE')", name=op.f("ck_contact_availability_status")
        ),
        sa.CheckConstraint("role IN ('LEAD', 'USER')", name=op.f("ck_contact_role")),
        sa.CheckConstraint("(merged_into_id IS NULL) = (canonical_id = id)", name=op.f("ck_contact_root_is_canonical")),
        sa.CheckConstraint("(merged_into_id IS NULL) = (merge_id IS NULL)", name=op.f("ck_contact_merged_by_an_event")),
        sa.ForeignKeyConstraint(
            ["org_id", "canonical_id"], ["contact.org_id", "contact.id"], name="fk_contact_canonical"
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "merge_id"], ["merge_event.org_id", "merge_event.id"], name="fk_contact_merge", use_alter=True
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "merged_into_id"], ["contact.org_id", "contact.id"], name="fk_contact_merged_into"
        ),
        sa.ForeignKeyConstraint(["org_id"], ["organization_lock.org_id"], name="fk_contact_org_id"),
        sa.PrimaryKeyConstraint("org_id", "id", name="pk_contact"),
    )
    op.create_index("ix_contact_canonical", "contact", ["org_id", "canonical_id"], unique=False)
    op.create_index(
        "ix_contact_living_created_at",
        "contact",
        ["org_id", "created_at", "id"],
        unique=False,
        postgresql_where=LIVING,
        sqlite_where=LIVING,
    )
    op.create_index(
        "ix_contact_living_id", "contact", ["org_id", "id"], unique=False, postgresql_where=LIVING, sqlite_where=LIVING
    )
    op.create_index(
        "ix_contact_living_last_activity_sort",
        "contact",
        ["org_id", "last_activity_sort", "id"],
        unique=False,
        postgresql_where=LIVING,
        sqlite_where=LIVING,
    )
    op.create_index(
        "ix_contact_living_name_sort",
        "contact",
        ["org_id", "name_sort", "id"],
        unique=False,
        postgresql_where=LIVING,
        sqlite_where=LIVING,
    )
    op.create_index(
        "ix_contact_living_updated_at",
        "contact",
        ["org_id", "updated_at", "id"],
        unique=False,
        postgresql_where=LIVING,
        sqlite_where=LIVING,
    )

    op.create_table(
        "idempotency",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("operation", sa.String(), nullable=False),
        sa.Column("request_hash", sa.String(), nullable=False),
        sa.Column("result", JSON, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["org_id"], ["organization_lock.org_id"], name="fk_idempotency_org_id"),
        sa.PrimaryKeyConstraint("org_id", "key", name="pk_idempotency"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "import_ref",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("target_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["org_id"], ["organization_lock.org_id"], name="fk_import_ref_org_id"),
        sa.PrimaryKeyConstraint("org_id", "source", "kind", "ref", name="pk_import_ref"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "label",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("name_key", sa.String(), nullable=False),
        sa.Column("color", sa.String(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["org_id"], ["organization_lock.org_id"], name="fk_label_org_id"),
        sa.PrimaryKeyConstraint("org_id", "id", name="pk_label"),
        sa.UniqueConstraint("org_id", "name_key", name="uq_label_org_id_name_key"),
    )
    op.create_table(
        "merge_settings",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("role_rule", sa.String(), nullable=False),
        sa.Column("identifier_rule", sa.String(), nullable=False),
        sa.Column("default_region", sa.String(), nullable=True),
        sa.Column("survivorship", JSON, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.CheckConstraint(
            "identifier_rule IN ('SHARED', 'UNIQUE_EXTERNAL_IDS', 'UNIQUE')",
            name=op.f("ck_merge_settings_identifier_rule"),
        ),
        sa.CheckConstraint("role_rule IN ('ANY', 'LEAD_INTO_USER')", name=op.f("ck_merge_settings_role_rule")),
        sa.ForeignKeyConstraint(["org_id"], ["organization_lock.org_id"], name="fk_merge_settings_org_id"),
        sa.PrimaryKeyConstraint("org_id", name="pk_merge_settings"),
    )
    op.create_table(
        "contact_activity",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column("last_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id", "contact_id"], ["contact.org_id", "contact.id"], name="fk_contact_activity_org_id_contact_id"
        ),
        sa.PrimaryKeyConstraint("org_id", "contact_id", name="pk_contact_activity"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "contact_label",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column("label_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("removed_via_id", sa.Uuid(), nullable=True),
        sa.Column("removed_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["org_id", "contact_id"], ["contact.org_id", "contact.id"], name="fk_contact_label_org_id_contact_id"
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "label_id"], ["label.org_id", "label.id"], name="fk_contact_label_org_id_label_id"
        ),
        sa.PrimaryKeyConstraint("org_id", "contact_id", "label_id", name="pk_contact_label"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_contact_label_label", "contact_label", ["org_id", "label_id"], unique=False)

    op.create_table(
        "erasure",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("actor_key_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("request_id", sa.String(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id", "contact_id"], ["contact.org_id", "contact.id"], name="fk_erasure_org_id_contact_id"
        ),
        sa.PrimaryKeyConstraint("org_id", "contact_id", name="pk_erasure"),
    )
    op.create_table(
        "identifier",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("system", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("normalized", sa.String(), nullable=False),
        sa.Column("verified", sa.Boolean(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("removed_via_id", sa.Uuid(), nullable=True),
        sa.Column("removed_at", MOMENT, nullable=True),
        sa.CheckConstraint("kind IN ('EMAIL', 'PHONE', 'EXTERNAL_ID', 'USERNAME')", name=op.f("ck_identifier_kind")),
        sa.ForeignKeyConstraint(
            ["org_id", "contact_id"], ["contact.org_id", "contact.id"], name="fk_identifier_org_id_contact_id"
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name="pk_identifier"),
        sa.UniqueConstraint("org_id", "contact_id", "kind", "system", "normalized", name="uq_identifier_once"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_identifier_value", "identifier", ["org_id", "kind", "normalized"], unique=False)

    op.create_table(
        "merge_event",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("primary_contact_id", sa.Uuid(), nullable=True),
        sa.Column("primary_conversation_id", sa.Uuid(), nullable=True),
        sa.Column("primary_version", sa.Integer(), nullable=True),
        sa.Column("detected", sa.Boolean(), nullable=False),
        sa.Column("policy", JSON, nullable=False),
        sa.Column("overrides", JSON, nullable=False),
        sa.Column("min_probability", sa.Float(), nullable=True),
        sa.Column("before", JSON, nullable=False),
        sa.Column("after", JSON, nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("actor_key_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("model_version", sa.String(), nullable=True),
        sa.Column("job_id", sa.Uuid(), nullable=True),
        sa.Column("request_id", sa.String(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("undone_at", MOMENT, nullable=True),
        sa.Column("undone_by", sa.String(), nullable=True),
        sa.CheckConstraint(
            "(kind = 'CONTACTS') = (primary_contact_id IS NOT NULL)"
            " AND (kind = 'CONVERSATIONS') = (primary_conversation_id IS NOT NULL)",
            name=op.f("ck_merge_event_one_primary"),
        ),
        sa.CheckConstraint("kind IN ('CONTACTS', 'CONVERSATIONS')", name=op.f("ck_merge_event_kind")),
        sa.ForeignKeyConstraint(
            ["org_id", "primary_contact_id"],
            ["contact.org_id", "contact.id"],
            name="fk_merge_event_org_id_primary_contact_id",
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name="pk_merge_event"),
    )
    op.create_index("ix_merge_event_primary", "merge_event", ["org_id", "primary_contact_id"], unique=False)

    op.create_table(
        "merge_source",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("merge_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=True),
        sa.Column("conversation_id", sa.Uuid(), nullable=True),
        sa.Column("evidence", JSON, nullable=False),
        sa.Column("probability", sa.Float(), nullable=True),
        sa.Column("undone_at", MOMENT, nullable=True),
        sa.Column("undone_by", sa.String(), nullable=True),
        sa.CheckConstraint(
            "(contact_id IS NULL) <> (conversation_id IS NULL)", name=op.f("ck_merge_source_one_source")
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "contact_id"], ["contact.org_id", "contact.id"], name="fk_merge_source_org_id_contact_id"
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "merge_id"], ["merge_event.org_id", "merge_event.id"], name="fk_merge_source_org_id_merge_id"
        ),
        sa.PrimaryKeyConstraint("org_id", "merge_id", "position", name="pk_merge_source"),
    )
    op.create_index("ix_merge_source_contact", "merge_source", ["org_id", "contact_id"], unique=False)
    if op.get_bind().dialect.name == "postgresql":
        _finish_postgresql()
    else:
        _finish_sqlite()


def _finish_postgresql() -> None:
    op.create_foreign_key("fk_contact_merge", "contact", "merge_event", ["org_id", "merge_id"], ["org_id", "id"])
    op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    op.execute("CREATE EXTENSION IF NOT EXISTS btree_gin")
    op.execute(
        "CREATE INDEX ix_contact_search ON contact USING gin (org_id, search_text gin_trgm_ops)"
        " WHERE merged_into_id IS NULL AND erased_at IS NULL"
    )


def _finish_sqlite() -> None:
    """The search index: each living contact's text as FTS5 trigrams, kept in step by triggers.

    The text itself stays in `contact`: the index is contentless, and `contact_search_doc` says whose entry is whose.
    `detail='none'` makes it half as dear to write; a search asks for all trigrams of its term, and the text decides.
    A migration that rebuilds `contact` must make its triggers again.
    """
    token = (
        "char(57344 + 256 * instr('0123456789abcdef', substr({0}.org_id, -3, 1))"
        " + 16 * instr('0123456789abcdef', substr({0}.org_id, -2, 1))"
        " + instr('0123456789abcdef', substr({0}.org_id, -1, 1)))"
    )
    new, old = token.format("new"), token.format("old")
    op.execute(
        "CREATE TABLE contact_search_doc (doc INTEGER PRIMARY KEY, org_id CHAR(32) NOT NULL,"
        " contact_id CHAR(32) NOT NULL, UNIQUE (org_id, contact_id))"
    )
    op.execute("CREATE VIRTUAL TABLE contact_search USING fts5(body, content='', tokenize='trigram', detail='none')")
    add = (
        " INSERT INTO contact_search_doc (org_id, contact_id) SELECT new.org_id, new.id WHERE new.search_text <> '';"
        f" INSERT INTO contact_search (rowid, body) SELECT doc, {new} || {new} || {new} || new.search_text"
        " FROM contact_search_doc WHERE org_id = new.org_id AND contact_id = new.id;"
    )
    op.execute(f"CREATE TRIGGER contact_search_added AFTER INSERT ON contact BEGIN {add} END")
    op.execute(
        "CREATE TRIGGER contact_search_changed AFTER UPDATE OF search_text ON contact"
        " WHEN old.search_text IS NOT new.search_text BEGIN"
        f" INSERT INTO contact_search (contact_search, rowid, body)"
        f" SELECT 'delete', doc, {old} || {old} || {old} || old.search_text"
        " FROM contact_search_doc WHERE org_id = old.org_id AND contact_id = old.id;"
        " DELETE FROM contact_search_doc WHERE org_id = old.org_id AND contact_id = old.id;"
        f"{add} END"
    )


def downgrade() -> None:
    """There is nothing before the first migration."""
    raise NotImplementedError("drop the database instead")
