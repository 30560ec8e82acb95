"""The tables of queues: who holds which case until when, and from whom a case is kept."""

import sqlalchemy as sa

from safehold.home.tables import metadata

case_claims = sa.Table(
    "case_claims",
    metadata,
    sa.Column("case_id", sa.Text, sa.ForeignKey("cases.id"), primary_key=True),
    sa.Column("person", sa.Text, nullable=False),
    sa.Column("lease", sa.Text, nullable=False),
    sa.Column("queue", sa.Text, nullable=False),
    sa.Column("claimed_at", sa.Text, nullable=False),
    sa.Column("expires_at", sa.Text, nullable=False),
    sa.Index("ix_case_claims_person", "person"),
)
"""One row a case that somebody holds: that the case is its key keeps two people apart. An expired one holds nothing."""

case_withheld = sa.Table(
    "case_withheld",
    metadata,
    sa.Column("case_id", sa.Text, sa.ForeignKey("cases.id"), primary_key=True),
    sa.Column("person", sa.Text, primary_key=True),
    sa.Column("reason", sa.Text, primary_key=True),
    sa.Column("until", sa.Text, nullable=True),
)
"""Cases that a person is not given: `reason` is first_decision (nobody decides twice alone; `until` is null) or
given_back (not at once again)."""
