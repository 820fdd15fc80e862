"""Alembic's environment, the same for all services; the connection and its transaction come from `migrations`."""

from alembic import context

attributes = context.config.attributes
context.configure(
    connection=attributes["connection"],
    target_metadata=attributes.get("metadata"),
    transactional_ddl=True,
    compare_type=True,
    compare_server_default=True,
    # SQLite changes a table only by rebuilding it; a first revision has nothing to rebuild.
    render_as_batch=attributes.get("rebuild", True),
    render_item=attributes.get("render"),
)
with context.begin_transaction():
    context.run_migrations()
