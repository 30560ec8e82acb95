"""Exposure, doses and opting out."""  # noqa: INP001 - Alembic's layout

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Add the tables."""
    words = ("item", "case_id", "person", "purpose", "form", "shown", "extent", "began_at")
    op.create_table(
        "exposures",
        sa.Column("id", sa.Text, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in words),
        sa.Column("ended_at", sa.Text, nullable=True),
        sa.Column("milliseconds", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_exposures"),
    )
    for name in ("item", "case_id", "began_at"):
        op.create_index(f"ix_exposures_{name}", "exposures", [name])
    op.create_index("ix_exposures_person_began_at", "exposures", ["person", "began_at"])
    op.create_table(
        "exposure_doses",
        *(sa.Column(name, sa.Text, nullable=False) for name in ("person", "day", "form")),
        *(sa.Column(name, sa.Integer, nullable=False) for name in ("items", "milliseconds")),
        sa.PrimaryKeyConstraint("person", "day", "form", name="pk_exposure_doses"),
    )
    op.create_index("ix_exposure_doses_day", "exposure_doses", ["day"])
    op.create_table(
        "exposure_opt_outs",
        *(sa.Column(name, sa.Text, nullable=False) for name in ("person", "form", "queue")),
        sa.PrimaryKeyConstraint("person", "form", "queue", name="pk_exposure_opt_outs"),
    )


def downgrade() -> None:
    """Remove the tables."""
    op.drop_table("exposure_opt_outs")
    op.drop_table("exposure_doses")
    op.drop_table("exposures")
