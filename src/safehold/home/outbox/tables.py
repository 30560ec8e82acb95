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
    sa.Column("acknowledged_at", sa.Text, nullable=True),
    sa.Column("acknowledged_by", sa.Text, nullable=True),
    sa.Column("acknowledged_reason", sa.Text, nullable=True),
    sa.Index("ix_jobs_due", "state", "due_at"),
)
"""One row a job that is not done; `state` is waiting or dead; times are RFC 3339 in UTC, in one width.

Of a dead job that somebody has taken note of it says since when, who, and why that is well; null otherwise.
A leased job is a waiting one whose `due_at` lies where its lease ends: an expired lease needs nobody to notice it."""
