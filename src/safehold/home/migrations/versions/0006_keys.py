"""API keys and the answers kept for repeated requests."""  # noqa: INP001 - Alembic's layout

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "api_keys",
        *(sa.Column(name, sa.Text, nullable=False) for name in ("id", "name", "digest", "scopes")),
        sa.Column("per_second", sa.Integer, nullable=True),
        sa.Column("created_at", sa.Text, nullable=False),
        *(sa.Column(name, sa.Text, nullable=True) for name in ("expires_at", "revoked_at", "last_used_at")),
        sa.PrimaryKeyConstraint("id", name="pk_api_keys"),
        sa.UniqueConstraint("name", name="uq_api_keys_name"),
    )
    op.create_table(
        "kept_answers",
        *(sa.Column(name, sa.Text, nullable=False) for name in ("id", "key_id")),
        sa.Column("repeat", sa.Text, nullable=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("body", "state")),
        sa.Column("status", sa.Integer, nullable=True),
        *(sa.Column(name, sa.Text, nullable=True) for name in ("answer", "callback")),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("lease_until", "expires_at")),
        sa.PrimaryKeyConstraint("id", name="pk_kept_answers"),
        sa.UniqueConstraint("key_id", "repeat", name="uq_kept_answers_key_id"),
        sa.ForeignKeyConstraint(["key_id"], ["api_keys.id"], name="fk_kept_answers_key_id_api_keys"),
    )
    op.create_index("ix_kept_answers_expires_at", "kept_answers", ["expires_at"])


def downgrade() -> None:
    """Remove the tables, the one that points to the other first."""
    op.drop_table("kept_answers")
    op.drop_table("api_keys")
