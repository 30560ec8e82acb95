"""People whom the identity provider proves: found by its name for them, with the roles that its groups stand for.

Rules: a person is known by issuer and subject, never by a name or address that the provider lets them choose: nobody
becomes an existing user by calling themselves so. Roles follow the provider's groups with every arrival. Who is in no
group that stands for a role, or was disabled here, is not let in.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from safehold.cases import Role
from safehold.console.users.errors import UserNameError
from safehold.console.users.outside.registration import Registration
from safehold.console.users.signing_in import refused
from safehold.console.users.store import FIRST_ADMIN, insert_user, with_roles
from safehold.console.users.tables import users as users_table
from safehold.console.users.user import Source, User, UserState, fit_name, write_roles
from safehold.home.database import Database
from safehold.ledger import EventLog
from safehold.ledger.entry import timestamp
from safehold.vocabulary import Clock

ACTOR = "provider"
"""Who gives roles, in the ledger, where it is the identity provider."""

_DIGITS = 8
_MOST_GROUPS = 2000


@dataclass(frozen=True, slots=True)
class Identity:
    """What counts of what a provider says of a person.

    Attributes:
        subject: SHA-256 of the issuer and its name for the person, in hexadecimal.
        name: what they might be called here; "" for nothing that fits.
        roles: what their groups stand for.
    """

    subject: str
    name: str
    roles: frozenset[Role]

    @classmethod
    def of(cls, claims: Mapping[str, Any], registration: Registration) -> "Identity":
        """Return what counts of verified claims."""
        text = f"{registration.issuer}\0{claims['sub']}"
        told = claims.get(registration.roles_claim)
        listed = [told] if isinstance(told, str) else told if isinstance(told, list) else []
        groups = {one for one in listed[:_MOST_GROUPS] if isinstance(one, str)}
        roles = frozenset(role for group, role in registration.roles.items() if group in groups)
        return cls(hashlib.sha256(text.encode()).hexdigest(), _suggested(claims.get("preferred_username")), roles)


class OutsidePeople:
    """Users whom the identity provider proves; threads and processes may share them.

    Args:
        database: of the home.
        ledger: where it is recorded who came for the first time, and whose roles changed.
        clock: where the time comes from.
    """

    def __init__(self, database: Database, ledger: EventLog, clock: Clock) -> None:
        self._database = database
        self._ledger = ledger
        self._clock = clock

    def find(self, identity: Identity) -> User:
        """Return the user of an identity, made at their first arrival, with the roles that they have now.

        Raises:
            RefusedError: they have no role, or are disabled.
        """
        if not identity.roles:
            raise refused()
        with self._database.writing() as connection:
            row = self._row(connection, identity)
            if row is None:
                self._make(connection, identity)
            elif User.of(row).roles != identity.roles:
                self._change(connection, User.of(row), identity.roles)
            found = self._row(connection, identity)
        user = None if found is None else User.of(found)
        if user is None or not user.is_active:
            raise refused()
        return user

    def is_of(self, identity: Identity, name: str) -> bool:
        """Return whether an identity is that of a user; nobody is made."""
        with self._database.reading() as connection:
            row = self._row(connection, identity)
        return row is not None and row["name"] == name

    def _row(self, connection: sa.Connection, identity: Identity) -> sa.RowMapping | None:
        query = sa.select(users_table).where(users_table.c.subject == identity.subject)
        return connection.execute(query).mappings().first()

    def _make(self, connection: sa.Connection, identity: Identity) -> None:
        name = self._free_name(connection, identity)
        row = {"name": name, "roles": write_roles(identity.roles), "subject": identity.subject, "created_by": ACTOR}
        told = {"state": UserState.ACTIVE.value, "source": Source.OIDC.value, "version": 1}
        insert_user(connection, {**row, **told, "created_at": timestamp(self._clock.now())})
        self._ledger.append(with_roles("user.created", name, ACTOR, identity.roles), connection)

    def _change(self, connection: sa.Connection, before: User, roles: frozenset[Role]) -> None:
        query = sa.update(users_table).where(users_table.c.name == before.name)
        connection.execute(query.values(roles=write_roles(roles), version=before.version + 1))
        self._ledger.append(with_roles("user.roles_changed", before.name, ACTOR, roles), connection)

    def _free_name(self, connection: sa.Connection, identity: Identity) -> str:
        """Return a name that nobody has or had."""
        digits = identity.subject[:_DIGITS]
        own = [identity.name, f"{identity.name[:22]}-{digits}"] if identity.name else []
        for name in (*own, f"person-{identity.subject[:16]}"):
            query = sa.select(users_table.c.name).where(users_table.c.name == name)
            if connection.execute(query).first() is None:
                return name
        raise UserNameError("no name is free", advice="Ask whoever runs the console.")


def _suggested(told: object) -> str:
    """Return a name from what a provider suggests: the part before "@", in letters that the ledger takes."""
    if not isinstance(told, str):
        return ""
    text = re.sub(r"[^a-z0-9_-]+", "-", told[:128].partition("@")[0].lower()).strip("-")[:32]
    try:
        return "" if text == FIRST_ADMIN else fit_name(text)
    except UserNameError:
        return ""
