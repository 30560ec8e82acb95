"""Jobs that outlive a process, and what they deliver."""  # noqa: INP001 - Alembic's layout

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add the tables."""


def downgrade() -> None:
    """Remove the tables."""
