"""The tables of this room: API keys, and the answers kept for whoever asks again."""

import sqlalchemy as sa

from safehold.home.tables import metadata

api_keys = sa.Table(
    "api_keys",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("scopes", sa.Text, nullable=False),
    sa.Column("per_second", sa.Integer, nullable=True),
    sa.Column("created_at", sa.Text, nullable=False),
    sa.Column("expires_at", sa.Text, nullable=True),
    sa.Column("revoked_at", sa.Text, nullable=True),
    sa.Column("last_used_at", sa.Text, nullable=True),
)
"""One row a key, never removed: the ledger names its actors by these names. Times are RFC 3339 in UTC.

`digest` is SHA-256 over the secret, in hexadecimal; `scopes` are words with a space between."""

kept_answers = sa.Table(
    "kept_answers",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("key_id", sa.Text, sa.ForeignKey("api_keys.id"), nullable=False),
    sa.Column("repeat", sa.Text, nullable=True),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("status", sa.Integer, nullable=True),
    sa.Column("answer", sa.Text, nullable=True),
    sa.Column("callback", sa.Text, nullable=True),
    sa.Column("lease_until", sa.Text, nullable=False),
    sa.Column("expires_at", sa.Text, nullable=False, index=True),
    sa.UniqueConstraint("key_id", "repeat"),
)
"""One row a request that has an idempotency key or is answered later; it holds no content.

`repeat` and `body` are HMAC-SHA-256, under the API key's own secret, of the idempotency key and of the request;
`answer` is the outward JSON. Rows are removed after `expires_at`."""
