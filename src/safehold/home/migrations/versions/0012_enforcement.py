"""Enforcement, strikes and appeals."""  # noqa: INP001 - Alembic's layout

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Add the tables."""
    _enforcements()
    _steps()
    _appeals()
    _dangers()


def downgrade() -> None:
    """Remove the tables, those that point to others first."""
    for name in ("danger_steps", "dangers", "appeals", "enforcement_steps", "enforcements"):
        op.drop_table(name)


def _enforcements() -> None:
    op.create_table(
        "enforcements",
        *_words("id", "measure", "subject_kind", "mark", "case_id", "ground"),
        sa.Column("days", sa.Integer, nullable=True),
        sa.Column("reference_list", sa.JSON, nullable=False),
        *_words("cause"),
        sa.Column("people", sa.JSON, nullable=False),
        *_words("state", "proposed_at", "proposed_by"),
        sa.Column("applied_at", sa.Text, nullable=True),
        *_words("applied_by"),
        sa.Column("ends_at", sa.Text, nullable=True),
        sa.Column("ended_at", sa.Text, nullable=True),
        *_words("lift_asked_by"),
        sa.Column("carried_out_at", sa.Text, nullable=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_enforcements"),
        sa.UniqueConstraint("cause", "measure", "subject_kind", "mark", name="uq_enforcements_cause"),
    )
    op.create_index("ix_enforcements_case_id", "enforcements", ["case_id"])
    op.create_index("ix_enforcements_mark", "enforcements", ["mark", "subject_kind", "state"])
    op.create_index("ix_enforcements_state", "enforcements", ["state", "proposed_at", "id"])
    op.create_index("ix_enforcements_ends_at", "enforcements", ["state", "ends_at"])
    op.create_index("ix_enforcements_proposed_at", "enforcements", ["proposed_at", "id"])


def _steps() -> None:
    number = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.create_table(
        "enforcement_steps",
        sa.Column("number", number, nullable=False, autoincrement=False),
        *_words("enforcement", "at", "step", "actor", "reason"),
        sa.PrimaryKeyConstraint("number", name="pk_enforcement_steps"),
        sa.ForeignKeyConstraint(
            ["enforcement"], ["enforcements.id"], name="fk_enforcement_steps_enforcement_enforcements"
        ),
    )
    op.create_index("ix_enforcement_steps_enforcement", "enforcement_steps", ["enforcement"])


def _appeals() -> None:
    op.create_table(
        "appeals",
        *_words("id", "enforcement", "state", "received_at", "received_from", "due_at", "locale", "taken_by"),
        sa.Column("taken_until", sa.Text, nullable=True),
        sa.Column("decided_at", sa.Text, nullable=True),
        *_words("decided_by", "reason"),
        sa.Column("statement", sa.LargeBinary, nullable=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_appeals"),
        sa.ForeignKeyConstraint(["enforcement"], ["enforcements.id"], name="fk_appeals_enforcement_enforcements"),
    )
    op.create_index("ix_appeals_enforcement", "appeals", ["enforcement"])
    op.create_index("ix_appeals_state", "appeals", ["state", "due_at", "id"])


def _dangers() -> None:
    op.create_table(
        "dangers",
        *_words("id", "case_id", "kind", "country", "state", "raised_at", "raised_by"),
        sa.Column("closed_at", sa.Text, nullable=True),
        *_words("closed_by", "outcome"),
        sa.Column("version", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_dangers"),
    )
    for name in ("case_id", "state"):
        op.create_index(f"ix_dangers_{name}", "dangers", [name])
    op.create_table(
        "danger_steps",
        *_words("danger"),
        sa.Column("number", sa.Integer, nullable=False, autoincrement=False),
        *_words("at", "step", "contact", "actor"),
        sa.PrimaryKeyConstraint("danger", "number", name="pk_danger_steps"),
        sa.ForeignKeyConstraint(["danger"], ["dangers.id"], name="fk_danger_steps_danger_dangers"),
    )


def _words(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names]
