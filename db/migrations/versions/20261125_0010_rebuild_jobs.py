"""A kind of job: what matching keeps, made anew.

Revises: 0009
"""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

BEFORE = "'MERGE_CONVERSATIONS', 'MERGE_CONTACTS', 'UNDO'"


def upgrade() -> None:
    _allow(f"{BEFORE}, 'REBUILD_MATCHING'")


def downgrade() -> None:
    op.execute("DELETE FROM job_queue WHERE job_id IN (SELECT id FROM job WHERE kind = 'REBUILD_MATCHING')")
    for table in ("job_error", "job_chunk"):
        op.execute(f"DELETE FROM {table} WHERE job_id IN (SELECT id FROM job WHERE kind = 'REBUILD_MATCHING')")
    op.execute("DELETE FROM job WHERE kind = 'REBUILD_MATCHING'")
    _allow(BEFORE)


def _allow(kinds: str) -> None:
    with op.batch_alter_table("job") as job:
        job.drop_constraint(op.f("ck_job_kind"), type_="check")
        job.create_check_constraint(op.f("ck_job_kind"), f"kind IN ({kinds})")
