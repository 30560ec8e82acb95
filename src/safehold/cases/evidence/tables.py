"""The tables of openings and destructions in the home's database."""

import sqlalchemy as sa

from safehold.home.tables import metadata

openings = sa.Table(
    "openings",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("evidence_id", sa.Text, sa.ForeignKey("evidence.id"), nullable=False),
    *(sa.Column(name, sa.Text, nullable=False) for name in ("case_ref", "purpose", "requester", "requested_at")),
    sa.Column("seconds", sa.Integer, nullable=False),
    sa.Column("lapses_at", sa.Text, nullable=False),
    sa.Column("needed", sa.Integer, nullable=False),
    sa.Column("is_single", sa.Integer, nullable=False),
    sa.Column("review_key", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False, index=True),
    sa.Column("expires_at", sa.Text, nullable=True),
    sa.Column("ended_at", sa.Text, nullable=True),
    sa.Column("ended_by", sa.Text, nullable=True),
    sa.Index("ix_openings_case_ref", "case_ref"),
    sa.Index("ix_openings_evidence_id", "evidence_id"),
)
"""What somebody asked custodians to open; `expires_at` is set when enough of them have granted it."""

opening_grants = sa.Table(
    "opening_grants",
    metadata,
    sa.Column("opening_id", sa.Text, sa.ForeignKey("openings.id"), nullable=False),
    sa.Column("custodian", sa.Text, nullable=False),
    sa.Column("person", sa.Text, nullable=False),
    sa.Column("at", sa.Text, nullable=False),
    sa.Column("sealed", sa.LargeBinary, nullable=True),
    sa.PrimaryKeyConstraint("opening_id", "custodian"),
)
"""A custodian's share, sealed to the review key; `sealed` is gone when the opening is over."""

destructions = sa.Table(
    "destructions",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("evidence_id", sa.Text, sa.ForeignKey("evidence.id"), nullable=False),
    *(sa.Column(name, sa.Text, nullable=False) for name in ("ground", "reference", "asked_by", "asked_at", "state")),
    sa.Column("decided_by", sa.Text, nullable=True),
    sa.Column("decided_at", sa.Text, nullable=True),
    sa.Column("done_at", sa.Text, nullable=True),
    sa.Index("ix_destructions_state", "state"),
    sa.Index("ix_destructions_evidence_id", "evidence_id"),
)
"""Why evidence is to be destroyed, who asked, who approved, and when it was done."""
