"""API keys and the answers kept for repeated requests."""  # noqa: INP001 - Alembic's layout

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the tables."""


def downgrade() -> None:
    """Remove the tables."""
