"""Make the first tables: ledger, banks, vault, waivers. A migration is never edited once released."""  # noqa: INP001 - Alembic's layout

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    _ledger()
    _banks()
    _vault()
    op.create_table(
        "waivers",
        sa.Column("id", sa.Integer, primary_key=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("entry", "reason", "name", "at", "source")),
        sa.PrimaryKeyConstraint("id", name="pk_waivers"),
    )


def downgrade() -> None:
    """Remove the tables, those that point to others first."""
    for name in ("waivers", "holds", "evidence", "bank_parts", "banks", "checkpoints", "events"):
        op.drop_table(name)


def _ledger() -> None:
    op.create_table(
        "events",
        sa.Column("seq", sa.Integer, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("at", "kind", "actor", "policy", "details")),
        sa.Column("leaf", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_events"),
    )
    op.create_index("ix_events_kind", "events", ["kind"])
    op.create_table(
        "checkpoints",
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("root", sa.LargeBinary, nullable=False),
        sa.Column("issued_at", sa.Text, nullable=False),
        sa.Column("signature", sa.LargeBinary, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("frontier", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("size", name="pk_checkpoints"),
    )


def _banks() -> None:
    op.create_table(
        "banks",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("legal_basis", sa.Text, nullable=False),
        sa.Column("terms", sa.JSON, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("harm_class", "tier", "flavour")),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("created_at", sa.Text, nullable=False),
        sa.Column("withdrawn_at", sa.Text, nullable=True),
        sa.PrimaryKeyConstraint("name", name="pk_banks"),
    )
    op.create_table(
        "bank_parts",
        sa.Column("bank", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("kind", "file", "sha256")),
        sa.Column("counts", sa.JSON, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("bank", "version", name="pk_bank_parts"),
        sa.ForeignKeyConstraint(["bank"], ["banks.name"], name="fk_bank_parts_bank_banks"),
    )


def _vault() -> None:
    op.create_table(
        "evidence",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("sealed_at", sa.Text, nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("custodians", sa.JSON, nullable=False),
        sa.Column("threshold", sa.Integer, nullable=False),
        sa.Column("case_ref", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_evidence"),
    )
    op.create_table(
        "holds",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("evidence_id", sa.Text, nullable=False),
        sa.Column("basis", sa.Text, nullable=False),
        sa.Column("starts_at", sa.Text, nullable=False),
        sa.Column("expires_at", sa.Text, nullable=True),
        sa.Column("released_at", sa.Text, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_holds"),
        sa.ForeignKeyConstraint(["evidence_id"], ["evidence.id"], name="fk_holds_evidence_id_evidence"),
    )
