"""The table of feedback."""

import sqlalchemy as sa

from safehold.home.tables import metadata

feedback = sa.Table(
    "feedback",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("at", sa.Text, nullable=False, index=True),
    sa.Column("reference", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("sealed", sa.LargeBinary, nullable=True),
)
"""One row for each time that somebody said so; `reference` is a check's or a case's id, `sealed` their words."""
