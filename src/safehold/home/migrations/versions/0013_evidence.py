"""Openings of evidence and destroy requests, and what holds and erasures rest on."""  # noqa: INP001 - Alembic's layout

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

_ADDED = (
    ("evidence", "place"),
    ("evidence", "erasure"),
    ("holds", "rule"),
    ("holds", "reference"),
    ("holds", "extends"),
)


def upgrade() -> None:
    """Add the columns and tables; what there is says nothing in them."""
    for table, name in _ADDED:
        op.add_column(table, sa.Column(name, sa.Text, nullable=True))
    for name in ("evidence_id", "expires_at"):
        op.create_index(f"ix_holds_{name}", "holds", [name])
    _openings()
    _destructions()


def downgrade() -> None:
    """Remove the tables, those that point to others first, and the columns."""
    for name in ("opening_grants", "openings", "destructions"):
        op.drop_table(name)
    for name in ("evidence_id", "expires_at"):
        op.drop_index(f"ix_holds_{name}", "holds")
    for table, name in reversed(_ADDED):
        op.drop_column(table, name)


def _openings() -> None:
    op.create_table(
        "openings",
        sa.Column("id", sa.Text, nullable=False),
        *(_text(name) for name in ("evidence_id", "case_ref", "purpose", "requester", "requested_at")),
        sa.Column("seconds", sa.Integer, nullable=False),
        _text("lapses_at"),
        sa.Column("needed", sa.Integer, nullable=False),
        sa.Column("is_single", sa.Integer, nullable=False),
        *(_text(name) for name in ("review_key", "state")),
        *(sa.Column(name, sa.Text, nullable=True) for name in ("expires_at", "ended_at", "ended_by")),
        sa.PrimaryKeyConstraint("id", name="pk_openings"),
        sa.ForeignKeyConstraint(["evidence_id"], ["evidence.id"], name="fk_openings_evidence_id_evidence"),
    )
    for name in ("state", "case_ref", "evidence_id"):
        op.create_index(f"ix_openings_{name}", "openings", [name])
    op.create_table(
        "opening_grants",
        *(_text(name) for name in ("opening_id", "custodian", "person", "at")),
        sa.Column("sealed", sa.LargeBinary, nullable=True),
        sa.PrimaryKeyConstraint("opening_id", "custodian", name="pk_opening_grants"),
        sa.ForeignKeyConstraint(["opening_id"], ["openings.id"], name="fk_opening_grants_opening_id_openings"),
    )


def _destructions() -> None:
    op.create_table(
        "destructions",
        *(_text(name) for name in ("id", "evidence_id", "ground", "reference", "asked_by", "asked_at", "state")),
        *(sa.Column(name, sa.Text, nullable=True) for name in ("decided_by", "decided_at", "done_at")),
        sa.PrimaryKeyConstraint("id", name="pk_destructions"),
        sa.ForeignKeyConstraint(["evidence_id"], ["evidence.id"], name="fk_destructions_evidence_id_evidence"),
    )
    for name in ("state", "evidence_id"):
        op.create_index(f"ix_destructions_{name}", "destructions", [name])


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)
