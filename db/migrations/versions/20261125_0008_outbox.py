"""The outbox: events, and the last number of each organisation's.

Revises: 0007
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    by_sequence = op.get_bind().dialect.name == "postgresql"
    if by_sequence:
        op.execute("CREATE SEQUENCE outbox_written")
    op.create_table(
        "outbox",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=True),
        sa.Column(
            "written",
            sa.BigInteger(),
            server_default=sa.text("nextval('outbox_written')") if by_sequence else None,
            nullable=True,
        ),
        sa.Column("topic", sa.String(), nullable=False),
        sa.Column("payload", JSON, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("org_id", "id", name="pk_outbox"),
    )
    op.create_index("ix_outbox_number", "outbox", ["org_id", "number"], unique=True)
    new = sa.text("number IS NULL")
    op.create_index("ix_outbox_new", "outbox", ["org_id", "written"], postgresql_where=new, sqlite_where=new)
    op.create_table(
        "outbox_position",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("last_number", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["org_id"], ["organization_lock.org_id"], name="fk_outbox_position_org_id"),
        sa.PrimaryKeyConstraint("org_id", name="pk_outbox_position"),
    )


def downgrade() -> None:
    op.drop_table("outbox_position")
    op.drop_table("outbox")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP SEQUENCE outbox_written")
