"""Alembic's entry: runs on the connection that db/migrate.py hands over."""

from alembic import context

from db.migrate import ours
from db.tables import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    include_object=ours(connection.dialect.name),
    render_as_batch=True,
    compare_type=True,
    user_module_prefix="sqlmodel.sql.sqltypes.",
)
with context.begin_transaction():
    context.run_migrations()
