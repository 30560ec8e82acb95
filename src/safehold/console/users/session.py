"""A session: somebody who is signed in or on the way, and what stands for their cookie."""

import datetime as dt
import hashlib
import hmac
from dataclasses import dataclass, field
from enum import Enum

import sqlalchemy as sa

from safehold.cases import Person
from safehold.console.users.user import Source, moment, read_roles


class Stage(Enum):
    """How far somebody is on the way in."""

    SECOND_FACTOR = "second_factor"
    """The password was right; the second factor is missing."""
    NEW_PASSWORD = "new_password"  # noqa: S105 - a stage
    """A one-time password was right; they choose their own next."""
    NEW_FACTOR = "new_factor"
    """They have no second factor yet, and must set one up next."""
    SIGNED_IN = "signed_in"
    """All is shown."""


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody who is signed in, or on the way.

    Attributes:
        person: who, with the roles that they have now.
        csrf: what every form of theirs must carry; changes with the cookie.
        stage: how far they are.
        source: who proved who they are.
        started_at: when they showed their password, or came from the identity provider.
        expires_at: when the session ends at the latest.
        stepped_up_until: until when their second factor counts as shown just now; None for not.
        digest: of the cookie; what the session is called in the database.
    """

    person: Person
    csrf: str = field(repr=False)
    stage: Stage
    source: Source
    started_at: dt.datetime
    expires_at: dt.datetime
    stepped_up_until: dt.datetime | None
    digest: str

    @property
    def confined_to(self) -> str:
        """Return the only page that they may use; "": who is signed in may use all that their roles allow."""
        return ""


@dataclass(frozen=True, slots=True)
class Started:
    """A session whose cookie is new.

    Attributes:
        cookie: what the browser is to keep; nobody else ever sees it again.
        session: whose it is.
    """

    cookie: str = field(repr=False)
    session: Session


def digest_of(cookie: str) -> str:
    """Return what the database keeps of a cookie: it is 256 random bits, for which SHA-256 is enough."""
    return hashlib.sha256(cookie.encode("utf-8", "surrogatepass")).hexdigest()


def csrf_of(cookie: str) -> str:
    """Return what forms from a browser with this cookie must carry; whoever can't read the cookie can't make it."""
    return hmac.new(cookie.encode("utf-8", "surrogatepass"), b"safehold csrf", hashlib.sha256).hexdigest()


def to_session(row: sa.RowMapping, cookie: str) -> Session:
    """Return the session of a row that names its user's roles and source."""
    return Session(
        person=Person(row["name"], read_roles(row["roles"])),
        csrf=csrf_of(cookie),
        stage=Stage(row["stage"]),
        source=Source(row["source"]),
        started_at=dt.datetime.fromisoformat(row["started_at"]),
        expires_at=dt.datetime.fromisoformat(row["expires_at"]),
        stepped_up_until=moment(row["stepped_up_until"]),
        digest=row["digest"],
    )
