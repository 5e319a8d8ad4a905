"""Segments, channels, inboxes (one a conversation may belong to), and what personas remember.

Revises: 0003
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
CHANNEL_TYPES = (
    "'INTERNAL', 'EMAIL', 'SMS', 'WHATSAPP', 'WEB_CHAT', 'MESSENGER', 'INSTAGRAM', 'TELEGRAM', 'VOICE', 'API', 'OTHER'"
)
HEAD = ("org_id", "contact_id", "persona_key")


def upgrade() -> None:
    _segments()
    _channels()
    _inboxes()
    _memories()


def _segments() -> None:
    op.create_table(
        "segment",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("name_key", sa.String(), nullable=False),
        sa.Column("color", sa.String(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["org_id"], ["organization_lock.org_id"], name="fk_segment_org_id"),
        sa.PrimaryKeyConstraint("org_id", "id", name="pk_segment"),
        sa.UniqueConstraint("org_id", "name_key", name="uq_segment_org_id_name_key"),
    )
    op.create_table(
        "contact_segment",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column("segment_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("removed_via_id", sa.Uuid(), nullable=True),
        sa.Column("removed_at", MOMENT, nullable=True),
        _of_contact("contact_segment"),
        sa.ForeignKeyConstraint(
            ["org_id", "segment_id"], ["segment.org_id", "segment.id"], name="fk_contact_segment_org_id_segment_id"
        ),
        sa.PrimaryKeyConstraint("org_id", "contact_id", "segment_id", name="pk_contact_segment"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_contact_segment_segment", "contact_segment", ["org_id", "segment_id"])


def _channels() -> None:
    op.create_table(
        "channel",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("identity", sa.String(), nullable=True),
        sa.Column("user_id", sa.String(), nullable=True),
        sa.Column("avatar", sa.String(), nullable=True),
        sa.Column("name", sa.String(), nullable=True),
        sa.Column("username", sa.String(), nullable=True),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("phone", sa.String(), nullable=True),
        sa.Column("country", sa.String(), nullable=True),
        sa.Column("agent", sa.String(), nullable=True),
        sa.Column("ip", sa.String(), nullable=True),
        sa.Column("language", sa.String(), nullable=True),
        sa.Column("platform_data", JSON, nullable=False),
        sa.Column("link", sa.String(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.Column("removed_via_id", sa.Uuid(), nullable=True),
        sa.Column("removed_at", MOMENT, nullable=True),
        sa.CheckConstraint(f"type IN ({CHANNEL_TYPES})", name=op.f("ck_channel_type")),
        _of_contact("channel"),
        sa.PrimaryKeyConstraint("org_id", "id", name="pk_channel"),
    )
    op.create_index("ix_channel_contact", "channel", ["org_id", "contact_id", "created_at", "id"])


def _inboxes() -> None:
    op.create_table(
        "inbox",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("name_key", sa.String(), nullable=False),
        sa.Column("channel_id", sa.String(), nullable=False),
        sa.Column("avatar_url", sa.String(), nullable=True),
        sa.Column("channel_type", sa.String(), nullable=True),
        sa.Column("provider", sa.String(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["org_id"], ["organization_lock.org_id"], name="fk_inbox_org_id"),
        sa.PrimaryKeyConstraint("org_id", "id", name="pk_inbox"),
        sa.UniqueConstraint("org_id", "channel_id", "name_key", name="uq_inbox_once"),
    )
    op.create_table(
        "contact_inbox",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column("inbox_id", sa.Uuid(), nullable=False),
        sa.Column("source_id", sa.String(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("removed_via_id", sa.Uuid(), nullable=True),
        sa.Column("removed_at", MOMENT, nullable=True),
        _of_contact("contact_inbox"),
        sa.ForeignKeyConstraint(
            ["org_id", "inbox_id"], ["inbox.org_id", "inbox.id"], name="fk_contact_inbox_org_id_inbox_id"
        ),
        sa.PrimaryKeyConstraint("org_id", "contact_id", "inbox_id", "source_id", name="pk_contact_inbox"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_contact_inbox_inbox", "contact_inbox", ["org_id", "inbox_id"])
    with op.batch_alter_table("conversation") as conversation:
        conversation.add_column(sa.Column("inbox_id", sa.Uuid(), nullable=True))
        conversation.create_foreign_key(
            "fk_conversation_org_id_inbox_id", "inbox", ["org_id", "inbox_id"], ["org_id", "id"]
        )


def _memories() -> None:
    op.create_table(
        "memory",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column("persona_key", sa.String(), nullable=False),
        sa.Column("persona", sa.String(), nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        _of_contact("memory"),
        sa.PrimaryKeyConstraint(*HEAD, name="pk_memory"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "memory_fact",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column("persona_key", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        _of_memory("memory_fact"),
        sa.PrimaryKeyConstraint(*HEAD, "key", name="pk_memory_fact"),
        sqlite_with_rowid=False,
    )
    for name, more in (("memory_message", [sa.Column("role", sa.String(), nullable=False)]), ("memory_summary", [])):
        op.create_table(
            name,
            sa.Column("org_id", sa.Uuid(), nullable=False),
            sa.Column("id", sa.Uuid(), nullable=False),
            sa.Column("contact_id", sa.Uuid(), nullable=False),
            sa.Column("persona_key", sa.String(), nullable=False),
            *more,
            sa.Column("text", sa.String(), nullable=False),
            sa.Column("at", MOMENT, nullable=False),
            _of_memory(name),
            sa.PrimaryKeyConstraint("org_id", "id", name=f"pk_{name}"),
        )
        op.create_index(f"ix_{name}_persona", name, [*HEAD, "at", "id"])


def _of_contact(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["org_id", "contact_id"], ["contact.org_id", "contact.id"], name=f"fk_{table}_org_id_contact_id"
    )


def _of_memory(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        HEAD, [f"memory.{name}" for name in HEAD], name=f"fk_{table}_org_id_contact_id_persona_key"
    )


def downgrade() -> None:
    with op.batch_alter_table("conversation") as conversation:
        conversation.drop_constraint("fk_conversation_org_id_inbox_id", type_="foreignkey")
        conversation.drop_column("inbox_id")
    for table in (
        "memory_summary",
        "memory_message",
        "memory_fact",
        "memory",
        "contact_inbox",
        "inbox",
        "channel",
        "contact_segment",
        "segment",
    ):
        op.drop_table(table)
