"""Alembic's entry for `house.db`: kit.db.migrate hands over the connection and its transaction."""

from __future__ import annotations

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
