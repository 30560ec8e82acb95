"""Let a bank say why it was taken out of use."""  # noqa: INP001 - Alembic's layout

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the column."""
    op.add_column("banks", sa.Column("withdrawn_reason", sa.Text, nullable=True))


def downgrade() -> None:
    """Remove the column."""
    op.drop_column("banks", "withdrawn_reason")
