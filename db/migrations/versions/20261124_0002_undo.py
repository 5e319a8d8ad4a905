"""Undo keeps its reason; pairs of contacts that are not the same person.

Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("merge_source", sa.Column("undo_reason", sa.String(), nullable=True))
    op.create_table(
        "distinct_pair",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("low_id", sa.Uuid(), nullable=False),
        sa.Column("high_id", sa.Uuid(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("actor_key_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id", "low_id"], ["contact.org_id", "contact.id"], name="fk_distinct_pair_org_id_low_id"
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "high_id"], ["contact.org_id", "contact.id"], name="fk_distinct_pair_org_id_high_id"
        ),
        sa.PrimaryKeyConstraint("org_id", "low_id", "high_id", name="pk_distinct_pair"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_distinct_pair_high", "distinct_pair", ["org_id", "high_id"], unique=False)


def downgrade() -> None:
    op.drop_table("distinct_pair")
    op.drop_column("merge_source", "undo_reason")
