"""Cases, their items and what finds them; queues' claims; the ledger by kind and by actor."""  # noqa: INP001 - Alembic's layout

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

_TABLES = (
    *("case_withheld", "case_claims", "case_days", "case_counts", "case_references"),
    *("case_fingerprints", "case_signals", "case_contexts", "case_items", "cases"),
)

_FILTERS = ("assignee", "subject_kind", "priority", "origin")


def upgrade() -> None:
    """Add the tables, and the indexes that a page of events is read by."""
    _cases()
    _items()
    _what_finds_them()
    _counts()
    _queues()
    op.drop_index("ix_events_kind", "events")
    op.create_index("ix_events_kind", "events", ["kind", "seq"])
    op.create_index("ix_events_actor", "events", ["actor", "seq"])


def downgrade() -> None:
    """Remove the tables, those that point to others first."""
    op.drop_index("ix_events_actor", "events")
    op.drop_index("ix_events_kind", "events")
    op.create_index("ix_events_kind", "events", ["kind"])
    for name in _TABLES:
        op.drop_table(name)


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names]


def _numbers(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.Integer, nullable=False) for name in names]


def _case_of(table: str, column: str = "case_id", target: str = "cases") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=f"fk_{table}_{column}_{target}")


def _cases() -> None:
    op.create_table(
        "cases",
        *_texts("id", "subject_kind", "subject"),
        sa.Column("open_subject", sa.Text, nullable=True),
        *_texts("state"),
        *_numbers("is_open", "is_waiting", "priority"),
        *_texts("turn", "queue", "first_queue", "origin"),
        *_numbers("forms"),
        *_texts("label", "assignee", "opened_at", "changed_at"),
        sa.Column("due_at", sa.Text, nullable=True),
        *_numbers("items", "undecided", "second", "version"),
        sa.PrimaryKeyConstraint("id", name="pk_cases"),
        sa.UniqueConstraint("open_subject", name="uq_cases_open_subject"),
    )
    for name, columns in {
        "open": ["is_open", "turn", "queue", *_FILTERS],
        "state": ["state", "turn", "queue", *_FILTERS],
        "queue": ["queue", "is_waiting", "turn", *_FILTERS],
        "assignee": ["assignee", "is_open", "turn"],
        "waiting": ["queue", "is_waiting", "opened_at"],
        "subject": ["subject"],
    }.items():
        op.create_index(f"ix_cases_{name}", "cases", columns)


def _items() -> None:
    op.create_table(
        "case_items",
        *_texts("id", "case_id"),
        *_numbers("number"),
        *_texts("state", "subject_kind", "subject", "origin", "reference", "source", "form", "role", "action"),
        *_texts("at", "added_at", "policy"),
        *(sa.Column(name, sa.JSON, nullable=False) for name in ("findings", "gaps", "signals")),
        *_texts("place", "content"),
        sa.PrimaryKeyConstraint("id", name="pk_case_items"),
        sa.UniqueConstraint("origin", "reference", name="uq_case_items_origin"),
        sa.UniqueConstraint("case_id", "number", name="uq_case_items_case_id"),
        _case_of("case_items"),
    )
    for name in ("source", "subject", "content"):
        op.create_index(f"ix_case_items_{name}", "case_items", [name])
    op.create_table(
        "case_contexts",
        *_texts("item_id"),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("item_id", name="pk_case_contexts"),
        _case_of("case_contexts", "item_id", "case_items"),
    )


def _what_finds_them() -> None:
    op.create_table(
        "case_signals",
        *_texts("item_id", "algorithm", "value", "case_id"),
        sa.PrimaryKeyConstraint("item_id", "algorithm", "value", name="pk_case_signals"),
        _case_of("case_signals", "item_id", "case_items"),
        _case_of("case_signals"),
    )
    op.create_index("ix_case_signals_case_id", "case_signals", ["case_id", "value"])
    op.create_table(
        "case_fingerprints",
        *_texts("value", "algorithm", "case_id"),
        sa.PrimaryKeyConstraint("value", "algorithm", "case_id", name="pk_case_fingerprints"),
        _case_of("case_fingerprints"),
    )
    op.create_index("ix_case_fingerprints_case_id", "case_fingerprints", ["case_id"])
    op.create_table(
        "case_references",
        *_texts("reference", "case_id"),
        sa.PrimaryKeyConstraint("reference", name="pk_case_references"),
        _case_of("case_references"),
    )
    op.create_index("ix_case_references_case_id", "case_references", ["case_id"])


def _counts() -> None:
    op.create_table(
        "case_counts",
        *_texts("queue", "state", "origin"),
        *_numbers("number"),
        sa.PrimaryKeyConstraint("queue", "state", "origin", name="pk_case_counts"),
    )
    op.create_table(
        "case_days",
        *_texts("day", "origin"),
        *_numbers("opened", "items", "decided"),
        sa.PrimaryKeyConstraint("day", "origin", name="pk_case_days"),
    )


def _queues() -> None:
    op.create_table(
        "case_claims",
        *_texts("case_id", "person", "lease", "queue", "claimed_at", "expires_at"),
        sa.PrimaryKeyConstraint("case_id", name="pk_case_claims"),
        _case_of("case_claims"),
    )
    op.create_index("ix_case_claims_person", "case_claims", ["person"])
    op.create_table(
        "case_withheld",
        *_texts("case_id", "person", "reason"),
        sa.Column("until", sa.Text, nullable=True),
        sa.PrimaryKeyConstraint("case_id", "person", "reason", name="pk_case_withheld"),
        _case_of("case_withheld"),
    )
