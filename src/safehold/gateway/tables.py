"""The tables of the checks: decisions, what is remembered of accounts and sessions, proposals, held items.

Accounts and sessions stand in them as keyed marks (`safehold.gateway.marks`), times as RFC 3339 in UTC.
"""

import sqlalchemy as sa

from safehold.home.tables import LARGE_INTEGER, metadata

decisions = sa.Table(
    "gateway_decisions",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("at", sa.Text, nullable=False, index=True),
    sa.Column("caller", sa.Text, nullable=False),
    sa.Column("policy", sa.Text, nullable=False),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("would", sa.Text, nullable=True),
    sa.Column("refusal", sa.Text, nullable=True),
    sa.Column("case_id", sa.Text, nullable=True),
    sa.Column("account", sa.Text, nullable=True),
    sa.Column("session", sa.Text, nullable=True),
    sa.Column("features", sa.JSON, nullable=False),
    sa.Column("shadow_policy", sa.Text, nullable=True),
    sa.Column("shadow_action", sa.Text, nullable=True),
)
"""One row a check; `features` is what `safehold.gateway.features` writes. `shadow_*` is what a policy that is tried in
shadow made of the same features."""

subjects = sa.Table(
    "gateway_subjects",
    metadata,
    sa.Column("mark", sa.Text, primary_key=True),
    sa.Column("owner", sa.Text, nullable=False),
    sa.Column("state", sa.JSON, nullable=False),
    sa.Column("expires_at", sa.Text, nullable=False, index=True),
)
"""One row an account or session of which something is remembered: concepts, incidents, a limit."""

proposals = sa.Table(
    "gateway_proposals",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("at", sa.Text, nullable=False),
    sa.Column("decision", sa.Text, nullable=False),
    sa.Column("mark", sa.Text, nullable=False),
    sa.Column("rule", sa.Text, nullable=False),
    sa.Column("proposes", sa.Text, nullable=False),
)
"""Actions on accounts that conduct rules propose; people decide."""

held = sa.Table(
    "gateway_held",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("decision", sa.Text, nullable=False, index=True),
    sa.Column("item", sa.Integer, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("size", LARGE_INTEGER, nullable=False),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    sa.Column("share", sa.LargeBinary, nullable=False),
    sa.Column("review_key", sa.Text, nullable=False),
    sa.Column("expires_at", sa.Text, nullable=False, index=True),
    sa.Column("content", sa.Text, nullable=True, index=True),
)
"""Items that were held or denied, sealed to the review key; nothing here opens them. `content` is where the words and
bytes lie; `sealed` is then what is the item's own, a box. Without it `sealed` is all of the item, with its `share`."""

contents = sa.Table(
    "gateway_contents",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    sa.Column("share", sa.LargeBinary, nullable=False),
)
"""Words and bytes of held items, each once however many items hold them, gone with the last of these. `id` is a digest
under a key of the home, so that nobody compares it with a list."""
