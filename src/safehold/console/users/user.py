"""A user of the console: a person with roles, and where it is proved that they are that person."""

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

import sqlalchemy as sa

from safehold.cases import Person, Role
from safehold.console.users.errors import NoRoleError, UserNameError
from safehold.ledger import is_fit

_NAME = re.compile(r"[a-z][a-z0-9_-]{1,31}")
"""Small letters only, so that no two names look or count as one."""

_RESERVED = frozenset(
    {"system", "anonymous", "anybody", "nobody", "safehold", "policy", "worker", "console", "provider"}
)
"""What the ledger calls those who are no person, and what could be taken for one."""


class UserState(Enum):
    """Whether a user is let in."""

    ACTIVE = "active"
    DISABLED = "disabled"


class Source(Enum):
    """Who proves who a user is."""

    LOCAL = "local"
    """A password and a second factor of ours."""
    OIDC = "oidc"
    """An identity provider, by OpenID Connect."""


@dataclass(frozen=True, slots=True)
class User:
    """A user, without anything that proves them.

    Attributes:
        name: as the ledger names them.
        roles: what they are there for.
        state: whether they are let in.
        source: who proves who they are.
        one_time_until: until when a password that somebody else set lets in; None once they chose their own.
        created_by: who made them.
        created_at: when.
        signed_in_at: when they last did; None for never.
        version: goes up by one with every change.
    """

    name: str
    roles: frozenset[Role]
    state: UserState
    source: Source
    one_time_until: dt.datetime | None
    created_by: str
    created_at: dt.datetime
    signed_in_at: dt.datetime | None
    version: int

    @property
    def person(self) -> Person:
        """Return them as who acts on cases."""
        return Person(self.name, self.roles)

    @property
    def is_active(self) -> bool:
        """Return whether they are let in."""
        return self.state is UserState.ACTIVE

    @property
    def must_choose_password(self) -> bool:
        """Return whether they still have the password that somebody else set."""
        return self.one_time_until is not None

    @classmethod
    def of(cls, row: sa.RowMapping) -> "User":
        """Return the user of a row."""
        return cls(
            name=row["name"],
            roles=read_roles(row["roles"]),
            state=UserState(row["state"]),
            source=Source(row["source"]),
            one_time_until=moment(row["one_time_until"]),
            created_by=row["created_by"],
            created_at=dt.datetime.fromisoformat(row["created_at"]),
            signed_in_at=moment(row["signed_in_at"]),
            version=row["version"],
        )


def fit_name(name: str) -> str:
    """Return a new user's name if it may be one.

    Raises:
        UserNameError: it may not.
    """
    if not _NAME.fullmatch(name) or name in _RESERVED or not is_fit(name):
        raise UserNameError(
            "a user's name has 2 to 32 small letters, digits, hyphens and underscores, and begins with a letter",
            advice="Use a short name or staff number, no mail address: the ledger keeps it for ever.",
        )
    return name


def is_name(name: str) -> bool:
    """Return whether a text may be the name of a user."""
    return _NAME.fullmatch(name) is not None


def read_roles(text: str) -> frozenset[Role]:
    """Return the roles that a row holds."""
    return frozenset(Role(word) for word in text.split())


def write_roles(roles: Iterable[Role]) -> str:
    """Return roles as a row holds them.

    Raises:
        NoRoleError: there are none.
    """
    words = sorted({role.value for role in roles})
    if not words:
        raise NoRoleError("a user needs at least one role", advice="Name one or more of the roles.")
    return " ".join(words)


def moment(text: str | None) -> dt.datetime | None:
    """Return the time of a column that may be empty."""
    return None if text is None else dt.datetime.fromisoformat(text)
