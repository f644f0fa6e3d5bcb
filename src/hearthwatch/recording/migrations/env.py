"""Runs the migrations of `index.db` on the connection that `kit.db.migrate` hands over."""

from alembic import context

from hearthwatch.recording.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
