"""Webhooks, their leases and their deliveries.

Revises: 0010
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
PENDING = sa.text("status = 'PENDING'")


def upgrade() -> None:
    op.create_table(
        "webhook",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("topics", sa.String(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("inactive_reason", sa.String(), nullable=True),
        sa.Column("secret", sa.String(), nullable=False),
        sa.Column("old_secret", sa.String(), nullable=True),
        sa.Column("old_secret_until", MOMENT, nullable=True),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failing_since", MOMENT, nullable=True),
        sa.Column("try_at", MOMENT, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["org_id"], ["organization_lock.org_id"], name="fk_webhook_org_id"),
        sa.PrimaryKeyConstraint("org_id", "id", name="pk_webhook"),
    )
    op.create_table(
        "webhook_lease",
        sa.Column("webhook_id", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.Column("leased_until", sa.Float(), nullable=False),
        sa.Column("due_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("webhook_id", name="pk_webhook_lease"),
    )
    op.create_index("ix_webhook_lease_due_at", "webhook_lease", ["due_at"])
    _deliveries()


def _deliveries() -> None:
    op.create_table(
        "webhook_delivery",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("webhook_id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("topic", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("response_status", sa.Integer(), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("next_at", MOMENT, nullable=False),
        sa.CheckConstraint("status IN ('PENDING', 'DELIVERED', 'DEAD')", name=op.f("ck_webhook_delivery_status")),
        sa.ForeignKeyConstraint(
            ["org_id", "webhook_id"], ["webhook.org_id", "webhook.id"], name="fk_webhook_delivery_org_id_webhook_id"
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name="pk_webhook_delivery"),
    )
    op.create_index("ix_webhook_delivery_webhook", "webhook_delivery", ["org_id", "webhook_id", "id"])
    op.create_index("ix_webhook_delivery_event", "webhook_delivery", ["org_id", "event_id"])
    op.create_index(
        "ix_webhook_delivery_pending",
        "webhook_delivery",
        ["org_id", "webhook_id", "number"],
        postgresql_where=PENDING,
        sqlite_where=PENDING,
    )
    op.create_index("ix_webhook_delivery_since", "webhook_delivery", ["org_id", "since"])
    op.create_index("ix_outbox_created_at", "outbox", ["org_id", "created_at"])


def downgrade() -> None:
    op.drop_index("ix_outbox_created_at", "outbox")
    for table in ("webhook_delivery", "webhook_lease", "webhook"):
        op.drop_table(table)
