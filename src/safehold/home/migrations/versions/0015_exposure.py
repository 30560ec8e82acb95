"""Exposure, doses and opting out."""  # noqa: INP001 - Alembic's layout

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Add the tables."""


def downgrade() -> None:
    """Remove the tables."""
