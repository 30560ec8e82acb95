"""Users of the console and their sessions."""  # noqa: INP001 - Alembic's layout

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Add the tables."""


def downgrade() -> None:
    """Remove the tables."""
