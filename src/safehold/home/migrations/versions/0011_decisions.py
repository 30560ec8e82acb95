"""Decisions of people on items."""  # noqa: INP001 - Alembic's layout

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Add the tables."""


def downgrade() -> None:
    """Remove the tables."""
