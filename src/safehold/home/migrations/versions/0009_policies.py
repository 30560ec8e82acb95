"""Policies of the gateway and their life."""  # noqa: INP001 - Alembic's layout

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "gateway_policies",
        sa.Column("number", sa.Integer, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("name", "version", "digest", "canonical", "state")),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("submitted_by", "submitted_at")),
        *(sa.Column(name, sa.Text, nullable=True) for name in ("approved_by", "approved_at")),
        sa.Column("changed_at", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_gateway_policies"),
        sa.UniqueConstraint("name", "version", name="uq_gateway_policies_name"),
    )
    op.create_table(
        "gateway_activations",
        sa.Column("number", sa.Integer, nullable=False),
        *(sa.Column(name, sa.Integer, nullable=True) for name in ("policy", "previous")),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("kind", "actor", "at")),
        sa.PrimaryKeyConstraint("number", name="pk_gateway_activations"),
        sa.ForeignKeyConstraint(
            ["policy"], ["gateway_policies.number"], name="fk_gateway_activations_policy_gateway_policies"
        ),
        sa.ForeignKeyConstraint(
            ["previous"], ["gateway_activations.number"], name="fk_gateway_activations_previous_gateway_activations"
        ),
    )
    op.create_table(
        "gateway_policy_revisions",
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_gateway_policy_revisions"),
    )


def downgrade() -> None:
    """Remove the tables; the shipped policy, or the one that the settings name, is in force again."""
    for name in ("gateway_policy_revisions", "gateway_activations", "gateway_policies"):
        op.drop_table(name)
