"""What matching keeps: keys, normalised values, the version of the rules; thresholds and guards in the settings.

Revises: 0004
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    _keys()
    _features()
    _model()
    with op.batch_alter_table("merge_settings") as table:
        table.add_column(sa.Column("auto_merge_probability", sa.Float(), nullable=True))
        table.add_column(sa.Column("review_probability", sa.Float(), nullable=True))
        table.add_column(sa.Column("match_guards", JSON, nullable=False, server_default="[]"))
        table.add_column(sa.Column("ignored_fields", JSON, nullable=False, server_default="[]"))
    with op.batch_alter_table("merge_settings") as table:
        table.alter_column("match_guards", server_default=None)
        table.alter_column("ignored_fields", server_default=None)


def _keys() -> None:
    op.create_table(
        "match_key",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("coarse", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("org_id", "key", "contact_id", name="pk_match_key", postgresql_include=["coarse"]),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_match_key_contact", "match_key", ["org_id", "contact_id"])


def _features() -> None:
    op.create_table(
        "match_features",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column("features", JSON, nullable=False),
        sa.Column("model_version", sa.SmallInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id", "contact_id"], ["contact.org_id", "contact.id"], name="fk_match_features_org_id_contact_id"
        ),
        sa.PrimaryKeyConstraint("org_id", "contact_id", name="pk_match_features"),
        sqlite_with_rowid=False,
    )


def _model() -> None:
    op.create_table(
        "match_model",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("version", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_match_model"),
    )
