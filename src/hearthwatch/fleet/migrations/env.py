"""Runs the migrations of the hub's ledger on the connection that `fleet.hub_db` hands over."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
