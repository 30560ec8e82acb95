"""Jobs that outlive a process, and the endpoints that they deliver to."""  # noqa: INP001 - Alembic's layout

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_WIDENED = (("events", "seq"), ("checkpoints", "size"), ("evidence", "size"))
"""PostgreSQL's INTEGER ends at 2**31 - 1: 41 days of 600 events a second. SQLite's has 64 bits."""


def upgrade() -> None:
    """Add the tables, and room for numbers."""
    op.create_table(
        "jobs",
        *(sa.Column(name, sa.Text, nullable=False) for name in ("id", "kind")),
        sa.Column("payload", sa.JSON, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("state", "due_at")),
        sa.Column("attempts", sa.Integer, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("lease", "reason", "created_at")),
        sa.PrimaryKeyConstraint("id", name="pk_jobs"),
    )
    op.create_index("ix_jobs_due", "jobs", ["state", "due_at"])
    op.create_table(
        "webhooks",
        *(sa.Column(name, sa.Text, nullable=False) for name in ("name", "url", "created_at", "created_by")),
        sa.Column("revoked_at", sa.Text, nullable=True),
        sa.PrimaryKeyConstraint("name", name="pk_webhooks"),
    )
    _resize(sa.BigInteger())


def downgrade() -> None:
    """Remove the tables; jobs that are not done are lost."""
    _resize(sa.Integer())
    for name in ("webhooks", "jobs"):
        op.drop_table(name)


def _resize(kind: sa.types.TypeEngine[int]) -> None:
    if op.get_bind().dialect.name == "postgresql":
        for table, column in _WIDENED:
            op.alter_column(table, column, type_=kind)
