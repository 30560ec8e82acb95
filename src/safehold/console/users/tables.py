"""The tables of users, how they prove who they are, their sessions, and what was tried.

Times are RFC 3339 in UTC. Nothing here lets anybody in who reads it: passwords are argon2id digests, session cookies
and recovery codes are digests, secrets of authenticator apps are sealed with a key that lies outside the database.
"""

import sqlalchemy as sa

from safehold.home.tables import LARGE_INTEGER, metadata

users = sa.Table(
    "console_users",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("roles", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=True, unique=True),
    sa.Column("password", sa.Text, nullable=True),
    sa.Column("one_time_until", sa.Text, nullable=True),
    sa.Column("created_by", sa.Text, nullable=False),
    sa.Column("created_at", sa.Text, nullable=False),
    sa.Column("signed_in_at", sa.Text, nullable=True),
    sa.Column("version", sa.Integer, nullable=False),
)
"""One row a user, never removed: the ledger names its actors by these names. `roles` are words with a space between.

`subject` is the SHA-256 of an identity provider's issuer and its name for the person; null for passwords of ours.
`one_time_until` is until when a password that somebody else set lets in; null once its owner chose one."""

factors = sa.Table(
    "console_factors",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("user", sa.Text, sa.ForeignKey("console_users.name"), nullable=False, index=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("credential", sa.Text, nullable=True, unique=True),
    sa.Column("secret", sa.LargeBinary, nullable=False),
    sa.Column("counter", LARGE_INTEGER, nullable=False),
    sa.Column("created_at", sa.Text, nullable=False),
    sa.Column("used_at", sa.Text, nullable=True),
)
"""One row a second factor: an authenticator app or a security key; removed with it.

`secret` is an app's sealed secret, or a key's public key; `counter` is the last time step of a code that was used, or
the key's own count of signatures; `credential` is what a key is called, in base64url; of an app
that is being set up, in which session."""

recovery_codes = sa.Table(
    "console_recovery_codes",
    metadata,
    sa.Column("digest", sa.Text, primary_key=True),
    sa.Column("user", sa.Text, sa.ForeignKey("console_users.name"), nullable=False, index=True),
    sa.Column("used_at", sa.Text, nullable=True),
)
"""One row a recovery code, as an HMAC-SHA256; each lets in once."""

sessions = sa.Table(
    "console_sessions",
    metadata,
    sa.Column("digest", sa.Text, primary_key=True),
    sa.Column("user", sa.Text, sa.ForeignKey("console_users.name"), nullable=False, index=True),
    sa.Column("stage", sa.Text, nullable=False),
    sa.Column("started_at", sa.Text, nullable=False),
    sa.Column("seen_at", sa.Text, nullable=False),
    sa.Column("expires_at", sa.Text, nullable=False, index=True),
    sa.Column("stepped_up_until", sa.Text, nullable=True),
    sa.Column("challenge", sa.Text, nullable=True),
)
"""One row a session; `digest` is the SHA-256 of its cookie. `challenge` is what a security key must sign next."""

tries = sa.Table(
    "console_tries",
    metadata,
    sa.Column("mark", sa.Text, primary_key=True),
    sa.Column("count", sa.Integer, nullable=False),
    sa.Column("last_at", sa.Text, nullable=False, index=True),
    sa.Column("wait_until", sa.Text, nullable=True),
)
"""One row a name or an address that was tried in vain, as a keyed mark; forgotten after a day."""
