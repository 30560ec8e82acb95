"""Policies of the gateway and their life."""  # noqa: INP001 - Alembic's layout

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Add the tables."""


def downgrade() -> None:
    """Remove the tables."""
