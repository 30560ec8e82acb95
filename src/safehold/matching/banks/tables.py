"""The tables of this room: banks, and the immutable parts that each of their versions adds."""

import sqlalchemy as sa

from safehold.home.tables import metadata

banks = sa.Table(
    "banks",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("legal_basis", sa.Text, nullable=False),
    sa.Column("terms", sa.JSON, nullable=False),
    sa.Column("harm_class", sa.Text, nullable=False),
    sa.Column("tier", sa.Text, nullable=False),
    sa.Column("flavour", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("created_at", sa.Text, nullable=False),
    sa.Column("withdrawn_at", sa.Text, nullable=True),
    sa.Column("withdrawn_reason", sa.Text, nullable=True),
    sa.Column("pdq_threshold", sa.Integer, nullable=True),
)
"""One row a bank; `version` is that of its latest part, 0 while it is empty; times are RFC 3339 in UTC."""

bank_parts = sa.Table(
    "bank_parts",
    metadata,
    sa.Column("bank", sa.Text, sa.ForeignKey("banks.name"), primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("file", sa.Text, nullable=False),
    sa.Column("sha256", sa.Text, nullable=False),
    sa.Column("counts", sa.JSON, nullable=False),
    sa.Column("at", sa.Text, nullable=False),
)
"""One row a part, never changed: `kind` is import or withdraw, `counts` says how many rows an algorithm has."""
