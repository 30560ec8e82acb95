"""The outbox's table."""

import sqlalchemy as sa

from safehold.home.tables import metadata

jobs = sa.Table(
    "jobs",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("payload", sa.JSON, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("due_at", sa.Text, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("lease", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("created_at", sa.Text, nullable=False),
    sa.Index("ix_jobs_due", "state", "due_at"),
)
"""One row a job that is not done; `state` is waiting or dead; times are RFC 3339 in UTC, in one width.

A leased job is a waiting one whose `due_at` lies where its lease ends: an expired lease needs nobody to notice it."""
