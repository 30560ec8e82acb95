"""Evidence that belongs to other evidence, what each item's preservation has come to, and held bytes kept once."""  # noqa: INP001 - Alembic's layout

import sqlalchemy as sa
from alembic import op

from safehold.home.errors import DowngradeRefusedError

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Add the columns and tables; what is held already stays as it is, each with bytes of its own."""
    op.add_column("evidence", sa.Column("belongs_to", sa.Text, nullable=True))
    op.create_index("ix_evidence_belongs_to", "evidence", ["belongs_to"])
    op.create_table(
        "evidence_cases",
        *(sa.Column(name, sa.Text, nullable=False) for name in ("evidence_id", "case_ref")),
        sa.PrimaryKeyConstraint("evidence_id", "case_ref", name="pk_evidence_cases"),
        sa.ForeignKeyConstraint(["evidence_id"], ["evidence.id"], name="fk_evidence_cases_evidence_id_evidence"),
    )
    sealed = "SELECT id, case_ref FROM evidence WHERE state <> 'erased'"  # whose erasure has ended, nobody has
    op.execute(f"INSERT INTO evidence_cases (evidence_id, case_ref) {sealed}")
    _preservations()
    op.create_index("ix_case_item_decisions_verdict", "case_item_decisions", ["verdict", "standing"])
    op.create_table(
        "gateway_contents",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("share", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_gateway_contents"),
    )
    op.add_column("gateway_held", sa.Column("content", sa.Text, nullable=True))
    op.create_index("ix_gateway_held_content", "gateway_held", ["content"])


def downgrade() -> None:
    """Remove what an earlier version knows nothing of, with held items whose bytes lie apart.

    Raises:
        DowngradeRefusedError: the vault does not have yet what was confirmed; nothing is changed.
    """
    _refuse_awaited()
    op.execute("DELETE FROM gateway_held WHERE content IS NOT NULL")
    op.drop_index("ix_gateway_held_content", "gateway_held")
    op.drop_column("gateway_held", "content")
    op.drop_table("gateway_contents")
    op.drop_index("ix_case_item_decisions_verdict", "case_item_decisions")
    op.drop_table("case_preservations")
    op.drop_table("evidence_cases")
    op.drop_index("ix_evidence_belongs_to", "evidence")
    op.drop_column("evidence", "belongs_to")


def _refuse_awaited() -> None:
    count = "SELECT count(*) FROM case_preservations WHERE state IN ('wanted', 'sealing')"
    awaited = op.get_bind().execute(sa.text(count)).scalar()
    if awaited:
        raise DowngradeRefusedError(
            f"{awaited} confirmed item(s) wait for the vault, and going back would remove what is held of them",
            advice="Run a console with the review key and two custodians until Health names none, then go back.",
        )


def _preservations() -> None:
    op.create_table(
        "case_preservations",
        *(sa.Column(name, sa.Text, nullable=False) for name in ("item_id", "state", "at")),
        *(sa.Column(name, sa.Text, nullable=True) for name in ("content", "circumstances")),
        sa.PrimaryKeyConstraint("item_id", name="pk_case_preservations"),
        sa.ForeignKeyConstraint(["item_id"], ["case_items.id"], name="fk_case_preservations_item_id_case_items"),
    )
    for name in ("state", "content", "circumstances"):
        op.create_index(f"ix_case_preservations_{name}", "case_preservations", [name])
