"""The vault's tables in the home's database."""

import sqlalchemy as sa

from safehold.home.tables import LARGE_INTEGER, metadata

evidence = sa.Table(
    "evidence",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("sealed_at", sa.Text, nullable=False),
    sa.Column("size", LARGE_INTEGER, nullable=False),
    sa.Column("custodians", sa.JSON, nullable=False),
    sa.Column("threshold", sa.Integer, nullable=False),
    sa.Column("case_ref", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("place", sa.Text, nullable=True),
    sa.Column("erasure", sa.Text, nullable=True),
    sa.Column("belongs_to", sa.Text, nullable=True),
    sa.Index("ix_evidence_belongs_to", "belongs_to"),
)
"""One row an object; written when the object and all its shares are on the medium, never before.

`place` is under which name the shelves hold it; missing: under its id. `erasure` is what an erasure rests on, as
canonical JSON, from its beginning on. `belongs_to` is the evidence that it is held and erased with."""

evidence_cases = sa.Table(
    "evidence_cases",
    metadata,
    sa.Column("evidence_id", sa.Text, sa.ForeignKey("evidence.id"), primary_key=True),
    sa.Column("case_ref", sa.Text, primary_key=True),
)
"""Every case or run that had these bytes sealed, while they are: the same bytes are kept once for all of them."""

holds = sa.Table(
    "holds",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("evidence_id", sa.Text, sa.ForeignKey("evidence.id"), nullable=False),
    sa.Column("basis", sa.Text, nullable=False),
    sa.Column("starts_at", sa.Text, nullable=False),
    sa.Column("expires_at", sa.Text, nullable=True),
    sa.Column("released_at", sa.Text, nullable=True),
    sa.Column("rule", sa.Text, nullable=True),
    sa.Column("reference", sa.Text, nullable=True),
    sa.Column("extends", sa.Text, nullable=True),
    sa.Index("ix_holds_evidence_id", "evidence_id"),
    sa.Index("ix_holds_expires_at", "expires_at"),
)
"""Legal holds: while one is active, its evidence can't be erased. A missing expiry means until released.

`rule` names what the law makes of it (`safehold.cases.evidence`), `reference` the receipt or request that it rests on,
`extends` the hold that it prolongs; all three are missing where nobody said."""
