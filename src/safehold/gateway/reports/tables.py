"""The tables of reports: what is kept of each, its fingerprints, and how much a source has sent."""

import sqlalchemy as sa

from safehold.home.tables import metadata

reports = sa.Table(
    "reports",
    metadata,
    sa.Column("ticket", sa.Text, primary_key=True),
    sa.Column("token", sa.Text, nullable=False, unique=True),
    sa.Column("received_at", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("category", sa.Text, nullable=False),
    sa.Column("target", sa.Text, nullable=False),
    sa.Column("reference", sa.Text, nullable=False),
    sa.Column("locale", sa.Text, nullable=False),
    sa.Column("country", sa.Text, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("status", sa.Text, nullable=False, index=True),
    sa.Column("status_at", sa.Text, nullable=False),
    sa.Column("is_trusted", sa.Integer, nullable=False),
    sa.Column("is_representative", sa.Integer, nullable=False),
    sa.Column("due_at", sa.Text, nullable=True, index=True),
    sa.Column("overdue_noted", sa.Integer, nullable=False),
    sa.Column("holding", sa.Text, nullable=False, index=True),
    sa.Column("sealed", sa.LargeBinary, nullable=True),
)
"""`token` is SHA-256 of the status token; `sealed` the note, contact and reference, sealed to the review key, removed a
while after the report is closed. Times are RFC 3339 in UTC; `is_` and `_noted` columns are 0 or 1."""

report_hashes = sa.Table(
    "report_hashes",
    metadata,
    sa.Column("ticket", sa.Text, sa.ForeignKey("reports.ticket"), primary_key=True),
    sa.Column("algorithm", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, primary_key=True),
)
"""Fingerprints that came with a report, hexadecimal."""

report_sources = sa.Table(
    "report_sources",
    metadata,
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("hour", sa.Text, primary_key=True),
    sa.Column("sent", sa.Integer, nullable=False),
)
"""How many reports a source sent in an hour. `source` is an HMAC under a key of the home and the day: it can't be
turned back into an address, and says nothing on the next day. Rows are removed after a day."""
