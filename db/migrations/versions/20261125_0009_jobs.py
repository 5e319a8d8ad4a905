"""Jobs, their items and errors, and the queue that workers claim from; merges are found by their job.

Revises: 0008
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
KINDS = "'MERGE_CONVERSATIONS', 'MERGE_CONTACTS', 'UNDO'"
STATUSES = "'QUEUED', 'RUNNING', 'SUCCEEDED', 'FAILED', 'CANCELLED'"
OF_JOB = sa.text("job_id IS NOT NULL")


def upgrade() -> None:
    _job()
    _parts_of_a_job()
    _queue()
    # Few merges are of a job: the others are not in it.
    op.create_index(
        "ix_merge_event_job", "merge_event", ["org_id", "job_id"], postgresql_where=OF_JOB, sqlite_where=OF_JOB
    )


def _job() -> None:
    op.create_table(
        "job",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("total", "pending", "position", "done", "failed")),
        sa.Column("terms", JSON, nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("actor_key_id", sa.Uuid(), nullable=True),
        sa.Column("request_id", sa.String(), nullable=True),
        sa.Column("problem", sa.String(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        *(sa.Column(name, MOMENT, nullable=True) for name in ("started_at", "finished_at", "paced_at")),
        sa.Column("paced_done", sa.Integer(), nullable=False),
        sa.Column("progressed_at", MOMENT, nullable=True),
        sa.CheckConstraint(f"kind IN ({KINDS})", name=op.f("ck_job_kind")),
        sa.CheckConstraint(f"status IN ({STATUSES})", name=op.f("ck_job_status")),
        sa.ForeignKeyConstraint(["org_id"], ["organization_lock.org_id"], name="fk_job_org_id"),
        sa.PrimaryKeyConstraint("org_id", "id", name="pk_job"),
    )
    op.create_index("ix_job_status", "job", ["org_id", "status", "id"])


def _parts_of_a_job() -> None:
    op.create_table(
        "job_chunk",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("todo", JSON, nullable=False),
        sa.ForeignKeyConstraint(["org_id", "job_id"], ["job.org_id", "job.id"], name="fk_job_chunk_org_id_job_id"),
        sa.PrimaryKeyConstraint("org_id", "job_id", "place", name="pk_job_chunk"),
    )
    op.create_table(
        "job_error",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("item", sa.Integer(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("message", sa.String(), nullable=False),
        sa.Column("field", JSON, nullable=True),
        sa.Column("contact_id", sa.Uuid(), nullable=True),
        sa.Column("conversation_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["org_id", "job_id"], ["job.org_id", "job.id"], name="fk_job_error_org_id_job_id"),
        sa.PrimaryKeyConstraint("org_id", "job_id", "item", "place", name="pk_job_error"),
    )


def _queue() -> None:
    op.create_table(
        "job_queue",
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("ready_at", MOMENT, nullable=False),
        sa.Column("served_at", MOMENT, nullable=False),
        sa.Column("leased_until", MOMENT, nullable=True),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["org_id"], ["organization.id"], name="fk_job_queue_org_id"),
        sa.PrimaryKeyConstraint("job_id", name="pk_job_queue"),
    )
    op.create_index("ix_job_queue_served", "job_queue", ["served_at", "job_id"])
    op.create_index("ix_job_queue_org_id", "job_queue", ["org_id"])


def downgrade() -> None:
    op.drop_index("ix_merge_event_job", "merge_event")
    for table in ("job_queue", "job_error", "job_chunk", "job"):
        op.drop_table(table)
