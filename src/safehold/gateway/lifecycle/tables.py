"""The tables of policies' life."""

import sqlalchemy as sa

from safehold.home.tables import metadata

gateway_policies = sa.Table(
    "gateway_policies",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("version", sa.Text, nullable=False),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("canonical", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("submitted_by", sa.Text, nullable=False),
    sa.Column("submitted_at", sa.Text, nullable=False),
    sa.Column("approved_by", sa.Text, nullable=True),
    sa.Column("approved_at", sa.Text, nullable=True),
    sa.Column("changed_at", sa.Text, nullable=False),
    sa.UniqueConstraint("name", "version"),
)
"""One row a submitted text; `canonical` is its canonical JSON, `digest` the SHA-256 of that in hexadecimal.

`state` is draft, shadow, active or retired; times are RFC 3339 in UTC, in one width."""

gateway_activations = sa.Table(
    "gateway_activations",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("policy", sa.Integer, sa.ForeignKey("gateway_policies.number"), nullable=True),
    sa.Column("previous", sa.Integer, sa.ForeignKey("gateway_activations.number"), nullable=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("at", sa.Text, nullable=False),
)
"""One row a change of the policy in force, numbered from 1; the last one holds.

`policy` is null where the installation's own policy came back; `previous` is the change that a roll-back goes back to,
null for the installation's own; `kind` is activated or rolled_back."""

gateway_policy_revisions = sa.Table(
    "gateway_policy_revisions",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("at", sa.Text, nullable=False),
)
"""One row a change of what is in force or in shadow: the highest number is cheap to read."""
