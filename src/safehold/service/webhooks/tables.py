"""The webhooks' table."""

import sqlalchemy as sa

from safehold.home.tables import metadata

webhooks = sa.Table(
    "webhooks",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("created_at", sa.Text, nullable=False),
    sa.Column("created_by", sa.Text, nullable=False),
    sa.Column("revoked_at", sa.Text, nullable=True),
)
"""One row an endpoint, for good: a name that was revoked is not given again. Times are RFC 3339 in UTC."""
