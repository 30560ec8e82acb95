"""Decisions of people on items."""  # noqa: INP001 - Alembic's layout

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

_TABLES = (
    *("case_goldens", "case_undoings", "case_listing_signals"),
    *("case_listings", "case_item_decisions", "case_decisions"),
)


def upgrade() -> None:
    """Add the tables."""
    _decisions()
    _listings()
    op.create_table(
        "case_undoings",
        *_texts("decision", "party", "reference", "outcome", "why", "at"),
        sa.PrimaryKeyConstraint("decision", "party", "reference", name="pk_case_undoings"),
        _to("case_undoings", "decision", "case_decisions"),
    )
    op.create_table(
        "case_goldens",
        *_texts("item", "verdict", "harm", "placed_by", "placed_at"),
        sa.PrimaryKeyConstraint("item", name="pk_case_goldens"),
        _to("case_goldens", "item", "case_items"),
    )


def downgrade() -> None:
    """Remove the tables, those that point to others first; what was listed stays in its bank."""
    for name in _TABLES:
        op.drop_table(name)


def _decisions() -> None:
    op.create_table(
        "case_decisions",
        *_texts("id", "case_id", "person", "at", "queue", "rules"),
        *_numbers("is_automatic", "is_single"),
        sa.Column("reversed_at", sa.Text, nullable=True),
        *_texts("reversed_by", "reversed_reason"),
        sa.PrimaryKeyConstraint("id", name="pk_case_decisions"),
        _to("case_decisions", "case_id", "cases"),
    )
    op.create_index("ix_case_decisions_case_id", "case_decisions", ["case_id"])
    op.create_index("ix_case_decisions_at", "case_decisions", ["at"])
    op.create_table(
        "case_item_decisions",
        *_texts("decision", "item", "person"),
        *_numbers("round"),
        *_texts("verdict", "harm"),
        sa.Column("axes", sa.JSON, nullable=False),
        *_texts("note", "standing"),
        *_numbers("is_alike"),
        *_texts("rests_on"),
        sa.PrimaryKeyConstraint("decision", "item", name="pk_case_item_decisions"),
        _to("case_item_decisions", "decision", "case_decisions"),
        _to("case_item_decisions", "item", "case_items"),
    )
    op.create_index("ix_case_item_decisions_item", "case_item_decisions", ["item", "standing"])
    op.create_index("ix_case_item_decisions_rests_on", "case_item_decisions", ["rests_on"])


def _listings() -> None:
    op.create_table(
        "case_listings",
        *_texts("id", "decision", "item", "case_id", "list", "harm_class", "state"),
        *_texts("proposed_by", "proposed_at", "settled_by", "changed_at", "reason"),
        sa.PrimaryKeyConstraint("id", name="pk_case_listings"),
        _to("case_listings", "decision", "case_decisions"),
        _to("case_listings", "item", "case_items"),
        _to("case_listings", "case_id", "cases"),
    )
    op.create_index("ix_case_listings_decision", "case_listings", ["decision"])
    op.create_index("ix_case_listings_state", "case_listings", ["state", "proposed_at"])
    op.create_table(
        "case_listing_signals",
        *_texts("listing", "algorithm", "value", "flavour", "note"),
        sa.PrimaryKeyConstraint("listing", "algorithm", "value", "flavour", name="pk_case_listing_signals"),
        _to("case_listing_signals", "listing", "case_listings"),
    )
    op.create_index("ix_case_listing_signals_value", "case_listing_signals", ["value", "algorithm"])


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names]


def _numbers(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.Integer, nullable=False) for name in names]


def _to(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=f"fk_{table}_{column}_{other}")
