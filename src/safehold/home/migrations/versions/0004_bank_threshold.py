"""Let a bank say how near a PDQ value must be to count."""  # noqa: INP001 - Alembic's layout

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the column; banks that exist say nothing."""
    op.add_column("banks", sa.Column("pdq_threshold", sa.Integer, nullable=True))


def downgrade() -> None:
    """Remove the column."""
    op.drop_column("banks", "pdq_threshold")
