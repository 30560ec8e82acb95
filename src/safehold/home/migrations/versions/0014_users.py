"""Users of the console, how they prove who they are, their sessions, and what was tried."""  # noqa: INP001 - Alembic's layout

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Add the tables."""
    _users()
    _proofs()
    _sessions()


def downgrade() -> None:
    """Remove the tables, those that point to others first; whoever is to be let in must be made anew."""
    for name in ("tries", "sessions", "recovery_codes", "factors", "users"):
        op.drop_table(f"console_{name}")


def _text(*names: str, nullable: bool = False) -> tuple[sa.Column[str], ...]:
    return tuple(sa.Column(name, sa.Text, nullable=nullable) for name in names)


def _belongs(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["user"], ["console_users.name"], name=f"fk_{table}_user_console_users")


def _users() -> None:
    op.create_table(
        "console_users",
        *_text("name", "roles", "state", "source"),
        *_text("subject", "password", "one_time_until", nullable=True),
        *_text("created_by", "created_at"),
        *_text("signed_in_at", nullable=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_console_users"),
        sa.UniqueConstraint("subject", name="uq_console_users_subject"),
    )


def _proofs() -> None:
    op.create_table(
        "console_factors",
        *_text("id", "user", "kind", "state"),
        *_text("credential", nullable=True),
        sa.Column("secret", sa.LargeBinary, nullable=False),
        sa.Column("counter", sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
        *_text("created_at"),
        *_text("used_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_console_factors"),
        sa.UniqueConstraint("credential", name="uq_console_factors_credential"),
        _belongs("console_factors"),
    )
    op.create_index("ix_console_factors_user", "console_factors", ["user"])
    op.create_table(
        "console_recovery_codes",
        *_text("digest", "user"),
        *_text("used_at", nullable=True),
        sa.PrimaryKeyConstraint("digest", name="pk_console_recovery_codes"),
        _belongs("console_recovery_codes"),
    )
    op.create_index("ix_console_recovery_codes_user", "console_recovery_codes", ["user"])


def _sessions() -> None:
    op.create_table(
        "console_sessions",
        *_text("digest", "user", "stage", "started_at", "seen_at", "expires_at"),
        *_text("stepped_up_until", "challenge", nullable=True),
        sa.PrimaryKeyConstraint("digest", name="pk_console_sessions"),
        _belongs("console_sessions"),
    )
    for name in ("user", "expires_at"):
        op.create_index(f"ix_console_sessions_{name}", "console_sessions", [name])
    op.create_table(
        "console_tries",
        *_text("mark"),
        sa.Column("count", sa.Integer, nullable=False),
        *_text("last_at"),
        *_text("wait_until", nullable=True),
        sa.PrimaryKeyConstraint("mark", name="pk_console_tries"),
    )
    op.create_index("ix_console_tries_last_at", "console_tries", ["last_at"])
