"""The ledger's tables."""

import sqlalchemy as sa

from safehold.home.tables import LARGE_INTEGER, metadata


class Octets(sa.LargeBinary):
    """Bytes; what else somebody put into such a column is read as it is, to be refused by name."""

    cache_ok = True

    def result_processor(self, dialect: sa.Dialect, coltype: object) -> None:
        """Convert nothing: SQLAlchemy's own conversion fails on text, and makes bytes of a number."""
        del dialect, coltype


events = sa.Table(
    "events",
    metadata,
    sa.Column("seq", LARGE_INTEGER, primary_key=True),
    sa.Column("at", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("policy", sa.Text, nullable=False),
    sa.Column("details", sa.Text, nullable=False),
    sa.Column("leaf", Octets, nullable=False),
    sa.Index("ix_events_kind", "kind", "seq"),
    sa.Index("ix_events_actor", "actor", "seq"),
)
"""`details` is canonical JSON; `leaf` the 32 bytes that :mod:`safehold.ledger.entry` computes from the rest.

The indexes find the changes of key, and a page of one kind or actor, among any number of events."""

checkpoints = sa.Table(
    "checkpoints",
    metadata,
    sa.Column("size", LARGE_INTEGER, primary_key=True),
    sa.Column("root", Octets, nullable=False),
    sa.Column("issued_at", sa.Text, nullable=False),
    sa.Column("signature", Octets, nullable=False),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("frontier", Octets, nullable=False),
)
"""Signed tree heads. `frontier` lets the next one be made from the events since; the signed root vouches for it."""
