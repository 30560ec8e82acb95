"""The policies in force now, for processes that decide: read again within a second of any change.

    live = LivePolicies(home.database, default_gateway_policy())
    judge(features, live.current().active)

Only a number is read, once a second at most and by one thread, unless it has changed. Where it can't be read nothing
is decided: an old policy may be the one that was just rolled back.
"""

import time
from threading import Lock

import sqlalchemy as sa

from safehold.gateway.in_force import InForce
from safehold.gateway.lifecycle.history import last_activation
from safehold.gateway.lifecycle.stored import PolicyState, all_policies, numbered_policy
from safehold.gateway.lifecycle.tables import gateway_policy_revisions
from safehold.gateway.policy import GatewayPolicy
from safehold.home.database import Database

FRESH_SECONDS = 1.0
"""How long what was read is believed. Source: ours: "within seconds", and one tiny query a second and process."""


class LivePolicies:
    """What is in force in a home; threads may share it.

    Args:
        database: of the home.
        own: the installation's own policy, in force as long as no stored one is active.
        fresh_seconds: how long what was read is believed.
    """

    def __init__(self, database: Database, own: GatewayPolicy, *, fresh_seconds: float = FRESH_SECONDS) -> None:
        self._database = database
        self._own = own
        self._fresh_seconds = fresh_seconds
        self._known: InForce | None = None
        self._revision = 0
        self._fresh_until = 0.0
        self._lock = Lock()

    def current(self) -> InForce:
        """Return what is in force.

        Raises:
            SafeholdError: the database can't be read, or what is active can't be understood.
        """
        known = self._known
        if known is not None and time.monotonic() < self._fresh_until:
            return known
        with self._lock:
            if self._known is None or time.monotonic() >= self._fresh_until:
                started = time.monotonic()
                self._known = self._read(self._known)
                self._fresh_until = started + self._fresh_seconds
            return self._known

    def _read(self, known: InForce | None) -> InForce:
        with self._database.reading() as connection:
            newest = sa.select(sa.func.max(gateway_policy_revisions.c.number))
            revision = connection.execute(newest).scalar() or 0
            if known is None or revision != self._revision:
                known = self._read_all(connection)
                self._revision = revision
            return known

    def _read_all(self, connection: sa.Connection) -> InForce:
        current = last_activation(connection)
        held = None if current is None else current.policy
        active = None if held is None else numbered_policy(connection, held)
        shadow = next((one for one in all_policies(connection) if one.state is PolicyState.SHADOW), None)
        return InForce(
            active=self._own if active is None else active.policy(),
            shadow=None if shadow is None else shadow.policy(),
        )
