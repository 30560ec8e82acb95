"""The tables of decisions; ids, words, marks and fingerprints alone."""

import sqlalchemy as sa

from safehold.home.tables import metadata

case_decisions = sa.Table(
    "case_decisions",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("case_id", sa.Text, sa.ForeignKey("cases.id"), nullable=False, index=True),
    sa.Column("person", sa.Text, nullable=False),
    sa.Column("at", sa.Text, nullable=False, index=True),
    sa.Column("queue", sa.Text, nullable=False),
    sa.Column("rules", sa.Text, nullable=False),
    sa.Column("is_automatic", sa.Integer, nullable=False),
    sa.Column("is_single", sa.Integer, nullable=False),
    sa.Column("reversed_at", sa.Text, nullable=True),
    sa.Column("reversed_by", sa.Text, nullable=False),
    sa.Column("reversed_reason", sa.Text, nullable=False),
)
"""One row a decision; `reversed_at` is null while it was not reversed."""

case_item_decisions = sa.Table(
    "case_item_decisions",
    metadata,
    sa.Column("decision", sa.Text, sa.ForeignKey("case_decisions.id"), primary_key=True),
    sa.Column("item", sa.Text, sa.ForeignKey("case_items.id"), primary_key=True),
    sa.Column("person", sa.Text, nullable=False),
    sa.Column("round", sa.Integer, nullable=False),
    sa.Column("verdict", sa.Text, nullable=False),
    sa.Column("harm", sa.Text, nullable=False),
    sa.Column("axes", sa.JSON, nullable=False),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("standing", sa.Text, nullable=False),
    sa.Column("is_alike", sa.Integer, nullable=False),
    sa.Column("rests_on", sa.Text, nullable=False),
    sa.Index("ix_case_item_decisions_item", "item", "standing"),
    sa.Index("ix_case_item_decisions_rests_on", "rests_on"),
    sa.Index("ix_case_item_decisions_verdict", "verdict", "standing"),
)
"""One row for each item that a decision says something of; `harm` stands in `axes` too, and is "" for none."""

case_listings = sa.Table(
    "case_listings",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("decision", sa.Text, sa.ForeignKey("case_decisions.id"), nullable=False, index=True),
    sa.Column("item", sa.Text, sa.ForeignKey("case_items.id"), nullable=False),
    sa.Column("case_id", sa.Text, sa.ForeignKey("cases.id"), nullable=False),
    sa.Column("list", sa.Text, nullable=False),
    sa.Column("harm_class", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("proposed_by", sa.Text, nullable=False),
    sa.Column("proposed_at", sa.Text, nullable=False),
    sa.Column("settled_by", sa.Text, nullable=False),
    sa.Column("changed_at", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Index("ix_case_listings_state", "state", "proposed_at"),
)
"""Fingerprints of one decided item on their way to the own bank or the allow list, and back."""

case_listing_signals = sa.Table(
    "case_listing_signals",
    metadata,
    sa.Column("listing", sa.Text, sa.ForeignKey("case_listings.id"), primary_key=True),
    sa.Column("algorithm", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, primary_key=True),
    sa.Column("flavour", sa.Text, primary_key=True),
    sa.Column("note", sa.Text, nullable=False),
    sa.Index("ix_case_listing_signals_value", "value", "algorithm"),
)
"""`flavour` is "" for all but PDQ; `note` is what the bank's entry says of a frame."""

case_undoings = sa.Table(
    "case_undoings",
    metadata,
    sa.Column("decision", sa.Text, sa.ForeignKey("case_decisions.id"), primary_key=True),
    sa.Column("party", sa.Text, primary_key=True),
    sa.Column("reference", sa.Text, primary_key=True),
    sa.Column("outcome", sa.Text, nullable=False),
    sa.Column("why", sa.Text, nullable=False),
    sa.Column("at", sa.Text, nullable=False),
)
"""What became of everything that followed from a reversed decision; `reference` is "" while a party has yet to say."""

case_goldens = sa.Table(
    "case_goldens",
    metadata,
    sa.Column("item", sa.Text, sa.ForeignKey("case_items.id"), primary_key=True),
    sa.Column("verdict", sa.Text, nullable=False),
    sa.Column("harm", sa.Text, nullable=False),
    sa.Column("placed_by", sa.Text, nullable=False),
    sa.Column("placed_at", sa.Text, nullable=False),
    sa.Column("golden", sa.Text, nullable=True, index=True),
)
"""Items whose answer is known. Nothing that a reviewer sees is made from this table. `golden` is which of those that
are kept; null for one that was placed otherwise."""

golden_items = sa.Table(
    "golden_items",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("source", sa.Text, nullable=False, index=True),
    sa.Column("queue", sa.Text, nullable=False),
    sa.Column("verdict", sa.Text, nullable=False),
    sa.Column("harm", sa.Text, nullable=False),
    sa.Column("told", sa.JSON, nullable=False),
    sa.Column("label", sa.Text, nullable=False),
    sa.Column("priority", sa.Text, nullable=False),
    sa.Column("due_seconds", sa.Integer, nullable=True),
    sa.Column("context", sa.LargeBinary, nullable=True),
    sa.Column("content", sa.LargeBinary, nullable=True),
    sa.Column("added_by", sa.Text, nullable=False),
    sa.Column("added_at", sa.Text, nullable=False),
    sa.Column("retired_at", sa.Text, nullable=True),
)
"""Golden items that are kept, to be placed again and again. `source` is the item that each was made of, which may be
forgotten since; `told` is its row; `context` and `content` are sealed to the review key."""
