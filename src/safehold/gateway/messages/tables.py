"""The table of messages: counts alone."""

import sqlalchemy as sa

from safehold.home.tables import metadata

message_counts = sa.Table(
    "message_counts",
    metadata,
    sa.Column("day", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("country", sa.Text, primary_key=True),
    sa.Column("language", sa.Text, primary_key=True),
    sa.Column("audience", sa.Text, primary_key=True),
    sa.Column("shown", sa.Integer, nullable=False),
)
"""How often a message was shown on a day; `country` is "" for the international one, `audience` for an unknown one."""
