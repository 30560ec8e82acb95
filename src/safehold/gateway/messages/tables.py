"""The tables of messages: counts alone, and which accounts were refused at all, as keyed digests."""

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

message_accounts = sa.Table(
    "message_accounts",
    metadata,
    sa.Column("account", sa.Text, primary_key=True),
    sa.Column("last_on", sa.Text, nullable=False, index=True),
    sa.Column("refusals", sa.Integer, nullable=False),
)
"""One row an account that was refused: HMAC-SHA-256 of its identifier, the day of its last refusal, how many.

Rows are removed when the account was not refused for as long as accounts' data are kept."""
