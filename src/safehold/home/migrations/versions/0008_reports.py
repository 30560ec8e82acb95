"""Reports and feedback from people."""  # noqa: INP001 - Alembic's layout

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add the tables."""


def downgrade() -> None:
    """Remove the tables."""
