"""The vault's tables in the home's database."""

import sqlalchemy as sa

from safehold.home.tables import LARGE_INTEGER, metadata

evidence = sa.Table(
    "evidence",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("sealed_at", sa.Text, nullable=False),
    sa.Column("size", LARGE_INTEGER, nullable=False),
    sa.Column("custodians", sa.JSON, nullable=False),
    sa.Column("threshold", sa.Integer, nullable=False),
    sa.Column("case_ref", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
)
"""One row an object; written when the object and all its shares are on the medium, never before."""

holds = sa.Table(
    "holds",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("evidence_id", sa.Text, sa.ForeignKey("evidence.id"), nullable=False),
    sa.Column("basis", sa.Text, nullable=False),
    sa.Column("starts_at", sa.Text, nullable=False),
    sa.Column("expires_at", sa.Text, nullable=True),
    sa.Column("released_at", sa.Text, nullable=True),
)
"""Legal holds: while one is active, its evidence can't be erased. A missing expiry means until released."""
