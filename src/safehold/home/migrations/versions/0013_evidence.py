"""Openings of evidence and destroy requests."""  # noqa: INP001 - Alembic's layout

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Add the tables."""


def downgrade() -> None:
    """Remove the tables."""
