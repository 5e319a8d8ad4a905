"""Merges of conversations: found by their conversations, those merged away by their contacts, the links of notes.

Revises: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_merge_event_conversation", "merge_event", ["org_id", "primary_conversation_id"])
    op.create_index("ix_merge_source_conversation", "merge_source", ["org_id", "conversation_id"])
    op.add_column("merge_settings", sa.Column("conversation_url_template", sa.String(), nullable=True))
    where = sa.text("merged_into_id IS NOT NULL")
    for name, column in (
        ("ix_conversation_merged_contact", "contact_id"),
        ("ix_conversation_merged_into", "merged_into_id"),
    ):
        op.create_index(name, "conversation", ["org_id", column], postgresql_where=where, sqlite_where=where)
