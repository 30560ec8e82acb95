"""The tables of cases: cases, their items, what finds them, and the counts that lists and overviews are made of.

Subjects stand in them as keyed marks or ids, times as RFC 3339 in UTC, in one width; content does not.
"""

import sqlalchemy as sa

from safehold.home.tables import metadata

_FILTERS = ("assignee", "subject_kind", "priority", "origin")
"""What lists may leave out: they lie in the index itself, so that a rare kind is found without reading every case."""

cases = sa.Table(
    "cases",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("subject_kind", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("open_subject", sa.Text, nullable=True, unique=True),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("is_open", sa.Integer, nullable=False),
    sa.Column("is_waiting", sa.Integer, nullable=False),
    sa.Column("priority", sa.Integer, nullable=False),
    sa.Column("turn", sa.Text, nullable=False),
    sa.Column("queue", sa.Text, nullable=False),
    sa.Column("first_queue", sa.Text, nullable=False),
    sa.Column("origin", sa.Text, nullable=False),
    sa.Column("forms", sa.Integer, nullable=False),
    sa.Column("label", sa.Text, nullable=False),
    sa.Column("assignee", sa.Text, nullable=False),
    sa.Column("opened_at", sa.Text, nullable=False),
    sa.Column("changed_at", sa.Text, nullable=False),
    sa.Column("due_at", sa.Text, nullable=True),
    sa.Column("items", sa.Integer, nullable=False),
    sa.Column("undecided", sa.Integer, nullable=False),
    sa.Column("second", sa.Integer, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Index("ix_cases_open", "is_open", "turn", "queue", *_FILTERS),
    sa.Index("ix_cases_state", "state", "turn", "queue", *_FILTERS),
    sa.Index("ix_cases_queue", "queue", "is_waiting", "turn", *_FILTERS),
    sa.Index("ix_cases_assignee", "assignee", "is_open", "turn"),
    sa.Index("ix_cases_waiting", "queue", "is_waiting", "opened_at"),
    sa.Index("ix_cases_subject", "subject"),
)
"""One row a case. `open_subject` is its subject while it is not closed: that it is unique keeps two open cases of one
subject apart. `turn` is what lists are sorted by: priority, when it is due, when it was opened, id. `forms` has one bit
for each form that its items have. `undecided` counts items without a first decision, `second` those that wait for a
second one. `is_open` is 0 once closed, `is_waiting` is 1 while a person has something to decide. `first_queue` is where
it waits for first decisions."""

case_items = sa.Table(
    "case_items",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("case_id", sa.Text, sa.ForeignKey("cases.id"), nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("subject_kind", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("origin", sa.Text, nullable=False),
    sa.Column("reference", sa.Text, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("form", sa.Text, nullable=False),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("at", sa.Text, nullable=False),
    sa.Column("added_at", sa.Text, nullable=False),
    sa.Column("policy", sa.Text, nullable=False),
    sa.Column("findings", sa.JSON, nullable=False),
    sa.Column("gaps", sa.JSON, nullable=False),
    sa.Column("signals", sa.JSON, nullable=False),
    sa.Column("place", sa.Text, nullable=False),
    sa.Column("content", sa.Text, nullable=False),
    sa.UniqueConstraint("origin", "reference", name="uq_case_items_origin"),
    sa.UniqueConstraint("case_id", "number", name="uq_case_items_case_id"),
    sa.Index("ix_case_items_source", "source"),
    sa.Index("ix_case_items_subject", "subject"),
    sa.Index("ix_case_items_content", "content"),
)
"""One row an item. `subject` is whom the item itself came from: a case that equal fingerprints joined holds items of
several. `source` is `reference` up to its first "#": a check, a run, a ticket. `content` is where the bytes lie."""

case_contexts = sa.Table(
    "case_contexts",
    metadata,
    sa.Column("item_id", sa.Text, sa.ForeignKey("case_items.id"), primary_key=True),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
)
"""The circumstances of an item, sealed to the review key; apart, so that lists never read past them."""

case_preservations = sa.Table(
    "case_preservations",
    metadata,
    sa.Column("item_id", sa.Text, sa.ForeignKey("case_items.id"), primary_key=True),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("at", sa.Text, nullable=False),
    sa.Column("content", sa.Text, nullable=True),
    sa.Column("circumstances", sa.Text, nullable=True),
    sa.Index("ix_case_preservations_state", "state"),
    sa.Index("ix_case_preservations_content", "content"),
    sa.Index("ix_case_preservations_circumstances", "circumstances"),
)
"""How far the vault has an item that is evidence (`safehold.cases.awaiting`). `content` and `circumstances` are the ids
of evidence, written before anything is sealed under them; `at` is since when the vault is to have it."""

case_signals = sa.Table(
    "case_signals",
    metadata,
    sa.Column("item_id", sa.Text, sa.ForeignKey("case_items.id"), primary_key=True),
    sa.Column("algorithm", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, primary_key=True),
    sa.Column("case_id", sa.Text, sa.ForeignKey("cases.id"), nullable=False),
    sa.Index("ix_case_signals_case_id", "case_id", "value"),
)
"""Fingerprints of items, hexadecimal, so that equal ones of a case are found."""

case_fingerprints = sa.Table(
    "case_fingerprints",
    metadata,
    sa.Column("value", sa.Text, primary_key=True),
    sa.Column("algorithm", sa.Text, primary_key=True),
    sa.Column("case_id", sa.Text, sa.ForeignKey("cases.id"), primary_key=True),
    sa.Index("ix_case_fingerprints_case_id", "case_id"),
)
"""The fingerprints of a case, each once however many items have it: what joins cases, and what a search asks."""

case_references = sa.Table(
    "case_references",
    metadata,
    sa.Column("reference", sa.Text, primary_key=True),
    sa.Column("case_id", sa.Text, sa.ForeignKey("cases.id"), nullable=False),
    sa.Index("ix_case_references_case_id", "case_id"),
)
"""Other names of a case: what somebody outside was told when it was not known yet which case it would be."""

case_counts = sa.Table(
    "case_counts",
    metadata,
    sa.Column("queue", sa.Text, primary_key=True),
    sa.Column("state", sa.Text, primary_key=True),
    sa.Column("origin", sa.Text, primary_key=True),
    sa.Column("number", sa.Integer, nullable=False),
)
"""How many cases there are of each; kept in the transaction that changes a case."""

case_days = sa.Table(
    "case_days",
    metadata,
    sa.Column("day", sa.Text, primary_key=True),
    sa.Column("origin", sa.Text, primary_key=True),
    sa.Column("opened", sa.Integer, nullable=False),
    sa.Column("items", sa.Integer, nullable=False),
    sa.Column("decided", sa.Integer, nullable=False),
)
"""What came and what was decided on each day (UTC): cases opened, items put in, items decided."""
