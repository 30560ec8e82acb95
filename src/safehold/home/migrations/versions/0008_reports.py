"""Reports and feedback from people, and how often messages are shown."""  # noqa: INP001 - Alembic's layout

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add the tables."""
    _reports()
    _feedback()
    _messages()


def downgrade() -> None:
    """Remove the tables, those that point to others first."""
    for name in ("message_counts", "feedback", "report_sources", "report_hashes", "reports"):
        op.drop_table(name)


def _reports() -> None:
    required = ("kind", "category", "target", "reference", "locale", "country", "actor", "status", "status_at")
    op.create_table(
        "reports",
        sa.Column("ticket", sa.Text, nullable=False),
        sa.Column("token", sa.Text, nullable=False),
        sa.Column("received_at", sa.Text, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in required),
        sa.Column("is_trusted", sa.Integer, nullable=False),
        sa.Column("is_representative", sa.Integer, nullable=False),
        sa.Column("due_at", sa.Text, nullable=True),
        sa.Column("overdue_noted", sa.Integer, nullable=False),
        sa.Column("holding", sa.Text, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=True),
        sa.PrimaryKeyConstraint("ticket", name="pk_reports"),
        sa.UniqueConstraint("token", name="uq_reports_token"),
    )
    for name in ("status", "due_at", "holding"):
        op.create_index(f"ix_reports_{name}", "reports", [name])
    op.create_table(
        "report_hashes",
        sa.Column("ticket", sa.Text, nullable=False),
        sa.Column("algorithm", sa.Text, nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("ticket", "algorithm", "value", name="pk_report_hashes"),
        sa.ForeignKeyConstraint(["ticket"], ["reports.ticket"], name="fk_report_hashes_ticket_reports"),
    )
    op.create_table(
        "report_sources",
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("hour", sa.Text, nullable=False),
        sa.Column("sent", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("source", "hour", name="pk_report_sources"),
    )


def _feedback() -> None:
    op.create_table(
        "feedback",
        sa.Column("id", sa.Text, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("at", "reference", "reason", "actor")),
        sa.Column("sealed", sa.LargeBinary, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_feedback"),
    )
    op.create_index("ix_feedback_at", "feedback", ["at"])


def _messages() -> None:
    op.create_table(
        "message_counts",
        *(sa.Column(name, sa.Text, nullable=False) for name in ("day", "key", "country", "language", "audience")),
        sa.Column("shown", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("day", "key", "country", "language", "audience", name="pk_message_counts"),
    )
