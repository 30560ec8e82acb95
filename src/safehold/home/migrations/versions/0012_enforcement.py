"""Enforcement, strikes and appeals."""  # noqa: INP001 - Alembic's layout

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Add the tables."""


def downgrade() -> None:
    """Remove the tables."""
