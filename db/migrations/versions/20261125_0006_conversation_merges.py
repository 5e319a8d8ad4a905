"""Merges of conversations: found by their conversations, and the links that their notes give.

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
