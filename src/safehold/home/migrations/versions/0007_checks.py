"""Checks, sessions, conduct and held items of the gateway."""  # noqa: INP001 - Alembic's layout

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add the tables."""
    _decisions()
    _subjects()
    _held()


def downgrade() -> None:
    """Remove the tables; held items, which are sealed, are lost."""
    for name in ("gateway_held", "gateway_proposals", "gateway_subjects", "gateway_decisions"):
        op.drop_table(name)


def _decisions() -> None:
    op.create_table(
        "gateway_decisions",
        *(sa.Column(name, sa.Text, nullable=False) for name in ("id", "at", "caller", "policy", "action")),
        *(sa.Column(name, sa.Text, nullable=True) for name in ("would", "refusal", "case_id", "account", "session")),
        sa.Column("features", sa.JSON, nullable=False),
        *(sa.Column(name, sa.Text, nullable=True) for name in ("shadow_policy", "shadow_action")),
        sa.PrimaryKeyConstraint("id", name="pk_gateway_decisions"),
    )
    op.create_index("ix_gateway_decisions_at", "gateway_decisions", ["at"])


def _subjects() -> None:
    op.create_table(
        "gateway_subjects",
        *(sa.Column(name, sa.Text, nullable=False) for name in ("mark", "owner")),
        sa.Column("state", sa.JSON, nullable=False),
        sa.Column("expires_at", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("mark", name="pk_gateway_subjects"),
    )
    op.create_index("ix_gateway_subjects_expires_at", "gateway_subjects", ["expires_at"])
    op.create_table(
        "gateway_proposals",
        *(sa.Column(name, sa.Text, nullable=False) for name in ("id", "at", "decision", "mark", "rule", "proposes")),
        sa.PrimaryKeyConstraint("id", name="pk_gateway_proposals"),
    )


def _held() -> None:
    op.create_table(
        "gateway_held",
        *(sa.Column(name, sa.Text, nullable=False) for name in ("id", "decision")),
        sa.Column("item", sa.Integer, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("size", sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
        *(sa.Column(name, sa.LargeBinary, nullable=False) for name in ("sealed", "share")),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("review_key", "expires_at")),
        sa.PrimaryKeyConstraint("id", name="pk_gateway_held"),
    )
    op.create_index("ix_gateway_held_decision", "gateway_held", ["decision"])
    op.create_index("ix_gateway_held_expires_at", "gateway_held", ["expires_at"])
