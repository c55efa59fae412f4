"""What Alembic runs for each migration, on the connection that accessctl.hub.migrate gives it."""

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    # One transaction, the caller's, on SQLite too: all of a migration happens, or nothing.
    transactional_ddl=True,
)
context.run_migrations()
