"""Alembic's entry: runs on the connection that db/migrate.py hands over."""

from alembic import context

from db.migrate import is_ours
from db.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    include_object=is_ours,
    render_as_batch=True,
    compare_type=True,
    user_module_prefix="sqlmodel.sql.sqltypes.",
)
with context.begin_transaction():
    context.run_migrations()
