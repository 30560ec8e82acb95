"""Golden items that are kept, and jobs that were given up and that somebody has taken note of."""  # noqa: INP001 - Alembic's layout

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"

_NOTED = ("acknowledged_at", "acknowledged_by", "acknowledged_reason")


def upgrade() -> None:
    """Add the table and the columns."""
    words = ("id", "source", "queue", "verdict", "harm", "label", "priority", "added_by", "added_at")
    op.create_table(
        "golden_items",
        *(sa.Column(name, sa.Text, nullable=False) for name in words),
        sa.Column("told", sa.JSON, nullable=False),
        sa.Column("due_seconds", sa.Integer, nullable=True),
        sa.Column("context", sa.LargeBinary, nullable=True),
        sa.Column("content", sa.LargeBinary, nullable=True),
        sa.Column("retired_at", sa.Text, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_golden_items"),
    )
    op.create_index("ix_golden_items_source", "golden_items", ["source"])
    op.add_column("case_goldens", sa.Column("golden", sa.Text, nullable=True))
    op.create_index("ix_case_goldens_golden", "case_goldens", ["golden"])
    for name in _NOTED:
        op.add_column("jobs", sa.Column(name, sa.Text, nullable=True))


def downgrade() -> None:
    """Remove what an earlier version knows nothing of."""
    for name in _NOTED:
        op.drop_column("jobs", name)
    op.drop_index("ix_case_goldens_golden", "case_goldens")
    op.drop_column("case_goldens", "golden")
    op.drop_index("ix_golden_items_source", "golden_items")
    op.drop_table("golden_items")
