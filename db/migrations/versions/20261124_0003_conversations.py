"""Conversations with their messages, calls and notes.

Revises: 0002
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
STATUSES = "'OPEN', 'PENDING', 'SNOOZED', 'CLOSED'"
CHANNEL_TYPES = (
    "'INTERNAL', 'EMAIL', 'SMS', 'WHATSAPP', 'WEB_CHAT', 'MESSENGER', 'INSTAGRAM', 'TELEGRAM', 'VOICE', 'API', 'OTHER'"
)


def upgrade() -> None:
    op.create_table(
        "conversation",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.String(), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("channel_type", sa.String(), nullable=True),
        sa.Column("tags", JSON, nullable=False),
        sa.Column("assignee", sa.String(), nullable=True),
        sa.Column("canonical_id", sa.Uuid(), nullable=False),
        sa.Column("merged_into_id", sa.Uuid(), nullable=True),
        sa.Column("merge_id", sa.Uuid(), nullable=True),
        sa.Column("last_message_at", MOMENT, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.CheckConstraint(
            "(merged_into_id IS NULL) = (canonical_id = id)", name=op.f("ck_conversation_root_is_canonical")
        ),
        sa.CheckConstraint(
            "(merged_into_id IS NULL) = (merge_id IS NULL)", name=op.f("ck_conversation_merged_by_an_event")
        ),
        sa.CheckConstraint(f"status IN ({STATUSES})", name=op.f("ck_conversation_status")),
        sa.CheckConstraint(f"channel_type IN ({CHANNEL_TYPES})", name=op.f("ck_conversation_channel_type")),
        sa.ForeignKeyConstraint(
            ["org_id", "contact_id"], ["contact.org_id", "contact.id"], name="fk_conversation_org_id_contact_id"
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "canonical_id"], ["conversation.org_id", "conversation.id"], name="fk_conversation_canonical"
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "merged_into_id"],
            ["conversation.org_id", "conversation.id"],
            name="fk_conversation_merged_into",
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "merge_id"], ["merge_event.org_id", "merge_event.id"], name="fk_conversation_merge"
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name="pk_conversation"),
    )
    op.create_index("ix_conversation_contact", "conversation", ["org_id", "contact_id", "created_at", "id"])
    op.create_index("ix_conversation_created", "conversation", ["org_id", "created_at", "id"])
    op.create_index("ix_conversation_canonical", "conversation", ["org_id", "canonical_id"])
    op.create_table(
        "message",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("author_name", sa.String(), nullable=True),
        sa.Column("internal", sa.Boolean(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.CheckConstraint("author IN ('CONTACT', 'AGENT', 'BOT', 'SYSTEM')", name=op.f("ck_message_author")),
        sa.ForeignKeyConstraint(
            ["org_id", "conversation_id"],
            ["conversation.org_id", "conversation.id"],
            name="fk_message_org_id_conversation_id",
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name="pk_message"),
    )
    op.create_index("ix_message_conversation", "message", ["org_id", "conversation_id", "created_at", "id"])
    op.create_table(
        "call",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column("direction", sa.String(), nullable=False),
        sa.Column("from_number", sa.String(), nullable=True),
        sa.Column("to_number", sa.String(), nullable=True),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("duration_seconds", sa.Integer(), nullable=True),
        sa.Column("status", sa.String(), nullable=True),
        sa.Column("summary", sa.String(), nullable=True),
        sa.Column("recording_url", sa.String(), nullable=True),
        sa.Column("transcript", sa.String(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.CheckConstraint("direction IN ('INBOUND', 'OUTBOUND')", name=op.f("ck_call_direction")),
        sa.ForeignKeyConstraint(
            ["org_id", "contact_id"], ["contact.org_id", "contact.id"], name="fk_call_org_id_contact_id"
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name="pk_call"),
    )
    op.create_index("ix_call_contact", "call", ["org_id", "contact_id", "started_at", "id"])
    op.create_table(
        "note",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("author", sa.String(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id", "contact_id"], ["contact.org_id", "contact.id"], name="fk_note_org_id_contact_id"
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name="pk_note"),
    )
    op.create_index("ix_note_contact", "note", ["org_id", "contact_id", "created_at", "id"])


def downgrade() -> None:
    for table in ("note", "call", "message", "conversation"):
        op.drop_table(table)
