"""The tables of enforcement: measures, their steps, and appeals against them."""

import sqlalchemy as sa

from safehold.home.tables import LARGE_INTEGER, metadata

enforcements = sa.Table(
    "enforcements",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("measure", sa.Text, nullable=False),
    sa.Column("subject_kind", sa.Text, nullable=False),
    sa.Column("mark", sa.Text, nullable=False),
    sa.Column("case_id", sa.Text, nullable=False, index=True),
    sa.Column("ground", sa.Text, nullable=False),
    sa.Column("days", sa.Integer, nullable=True),
    sa.Column("reference_list", sa.JSON, nullable=False),
    sa.Column("cause", sa.Text, nullable=False),
    sa.Column("people", sa.JSON, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("proposed_at", sa.Text, nullable=False),
    sa.Column("proposed_by", sa.Text, nullable=False),
    sa.Column("applied_at", sa.Text, nullable=True),
    sa.Column("applied_by", sa.Text, nullable=False),
    sa.Column("ends_at", sa.Text, nullable=True),
    sa.Column("ended_at", sa.Text, nullable=True),
    sa.Column("lift_asked_by", sa.Text, nullable=False),
    sa.Column("carried_out_at", sa.Text, nullable=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.UniqueConstraint("cause", "measure", "subject_kind", "mark", name="uq_enforcements_cause"),
    sa.Index("ix_enforcements_mark", "mark", "subject_kind", "state"),
    sa.Index("ix_enforcements_state", "state", "proposed_at", "id"),
    sa.Index("ix_enforcements_ends_at", "state", "ends_at"),
    sa.Index("ix_enforcements_proposed_at", "proposed_at", "id"),
)
"""One row a measure; `mark` is keyed, `reference_list` a list of the operator's references,
`people` one of names. What follows from one cause
follows once. Times are RFC 3339 in UTC; "" is nobody."""

enforcement_steps = sa.Table(
    "enforcement_steps",
    metadata,
    sa.Column("number", LARGE_INTEGER, primary_key=True, autoincrement=False),
    sa.Column("enforcement", sa.Text, sa.ForeignKey("enforcements.id"), nullable=False, index=True),
    sa.Column("at", sa.Text, nullable=False),
    sa.Column("step", sa.Text, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
)
"""One row a step, numbered from 1 without gaps in the order in which they were committed: what is polled by number."""

appeals = sa.Table(
    "appeals",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("enforcement", sa.Text, sa.ForeignKey("enforcements.id"), nullable=False, index=True),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("received_at", sa.Text, nullable=False),
    sa.Column("received_from", sa.Text, nullable=False),
    sa.Column("due_at", sa.Text, nullable=False),
    sa.Column("locale", sa.Text, nullable=False),
    sa.Column("taken_by", sa.Text, nullable=False),
    sa.Column("taken_until", sa.Text, nullable=True),
    sa.Column("decided_at", sa.Text, nullable=True),
    sa.Column("decided_by", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("statement", sa.LargeBinary, nullable=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Index("ix_appeals_state", "state", "due_at", "id"),
)
"""One row an appeal; `statement` is sealed to the review key, and removed a while after the decision."""

dangers = sa.Table(
    "dangers",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("case_id", sa.Text, nullable=False, index=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("country", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False, index=True),
    sa.Column("raised_at", sa.Text, nullable=False),
    sa.Column("raised_by", sa.Text, nullable=False),
    sa.Column("closed_at", sa.Text, nullable=True),
    sa.Column("closed_by", sa.Text, nullable=False),
    sa.Column("outcome", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
)
"""One row a danger to somebody's life that was raised; `state` is open or closed."""

danger_steps = sa.Table(
    "danger_steps",
    metadata,
    sa.Column("danger", sa.Text, sa.ForeignKey("dangers.id"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("at", sa.Text, nullable=False),
    sa.Column("step", sa.Text, nullable=False),
    sa.Column("contact", sa.Text, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
)
"""What was done about a danger, in order; `contact` is the id of an entry in the contacts, or ""."""
