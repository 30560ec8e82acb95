"""Drop a table that no version ever wrote to: a waiver is kept with its run, and its event in the ledger."""  # noqa: INP001 - Alembic's layout

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Drop the table."""
    op.drop_table("waivers")


def downgrade() -> None:
    """Make the table as 0001 did; empty, as it always was."""
    op.create_table(
        "waivers",
        sa.Column("id", sa.Integer, primary_key=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("entry", "reason", "name", "at", "source")),
        sa.PrimaryKeyConstraint("id", name="pk_waivers"),
    )
