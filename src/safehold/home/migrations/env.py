"""Alembic's entry: run the migrations inside the transaction that the caller opened."""  # noqa: INP001 - Alembic's layout

from alembic import context

context.configure(connection=context.config.attributes["connection"], render_as_batch=True)
context.run_migrations()
